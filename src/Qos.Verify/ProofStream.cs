using Qos.Serialization;

namespace Qos.Verify;

/// <summary>
/// Verifies the proofs of a stream on every core and gives the results in the stream's order. Memory stays flat however many proofs there
/// are: objects on lines of their own, behind each other, or in one array.
/// </summary>
public static class ProofStream
{
    /// <summary>The longest single object that is read, in bytes; also the most that is held at once for verification.</summary>
    public const int MaxProofBytes = 64 * 1024 * 1024;

    /// <summary>The objects themselves, to be read by <see cref="PublishedProof.ParseAll"/>.</summary>
    /// <exception cref="EncodingException">Between the objects is something else, one is too long or nested too deeply, or the end is missing.</exception>
    public static IEnumerable<ProofObject> Objects(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var scanner = new ProofScanner(stream);
        while (scanner.Next() is { } found)
            yield return found;
    }

    /// <summary>Verifies every proof; one that is refused or cannot be read does not keep the ones after it from being verified.</summary>
    /// <remarks>
    /// A thread of its own reads the stream ahead, so a result is given as soon as its proof and the ones before it are verified. Where the
    /// caller takes no more results, that thread ends at the next object or at the stream's end.
    /// </remarks>
    /// <param name="stream">Where they are read from.</param>
    /// <param name="verifier">What is held and demanded.</param>
    /// <param name="part">What of each proof is verified.</param>
    /// <param name="boot">The boot proof of those that hold none, such as the answers of one enclave's app.</param>
    /// <exception cref="EncodingException">As <see cref="Objects"/>: where a proof ends cannot be told any more.</exception>
    public static IEnumerable<StreamedProof> Verify(Stream stream, ProofVerifier verifier, ProofPart part = ProofPart.Deployment, BootProof? boot = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(verifier);
        return new ProofPipeline(stream, found => Verify(found, verifier, part, boot)).Run();
    }

    private static StreamedProof[] Verify(ProofObject found, ProofVerifier verifier, ProofPart part, BootProof? boot)
    {
        StreamedProof Streamed(PublishedProof? proof, VerificationResult? result, string? problem) =>
            new(found.Number, found.Line, found.IsInArray, proof, result, problem);
        try
        {
            return
            [
                .. PublishedProof.ParseAll(found.Json.Span).Select(read =>
                {
                    PublishedProof proof = read with { Boot = read.Boot ?? boot };
                    return Missing(proof, part) is { } problem
                        ? Streamed(proof, null, problem)
                        : Streamed(proof, verifier.Verify(Part(proof, part)), null);
                }),
            ];
        }
        catch (EncodingException e)
        {
            return [Streamed(null, null, $"is not a proof: {e.Message.TrimEnd('.')}")];
        }
    }

    private static PublishedProof Part(PublishedProof proof, ProofPart part) => part switch
    {
        ProofPart.BootProof => proof with { App = null },
        ProofPart.AppProof => proof with { Boot = null },
        _ => proof,
    };

    private static string? Missing(PublishedProof proof, ProofPart part) => part switch
    {
        ProofPart.BootProof when proof.Boot is null => "holds no boot proof",
        ProofPart.AppProof when proof.App is null => "holds no app proof",
        ProofPart.Deployment when proof.App is null || proof.Boot is null =>
            "should hold an app proof and a boot proof: {\"appProof\":…,\"bootProof\":…}",
        _ => null,
    };
}
