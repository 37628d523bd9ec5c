using Qos.Serialization;

namespace Qos.Verify;

/// <summary>
/// Takes the proofs of a stream one after the other, so that memory stays flat however many there are: objects on lines of their own, behind
/// each other, or in one array. Specification: proofs.
/// </summary>
public static class ProofStream
{
    /// <summary>The longest single proof that is read, in bytes.</summary>
    public const int MaxProofBytes = 64 * 1024 * 1024;

    /// <summary>The objects themselves, to be read by <see cref="PublishedProof.Parse"/>.</summary>
    /// <exception cref="EncodingException">Between the objects is something else, one is too long or nested too deeply, or the end is missing.</exception>
    public static IEnumerable<ProofObject> Objects(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var scanner = new ProofScanner(stream);
        while (scanner.Next() is { } found)
            yield return found;
    }

    /// <summary>Verifies every proof; one that is refused or cannot be read does not keep the ones after it from being verified.</summary>
    /// <param name="stream">Where they are read from, as far as they are asked for.</param>
    /// <param name="verifier">What is trusted and asked for.</param>
    /// <param name="part">What of each proof is verified.</param>
    /// <param name="boot">The boot proof of those that hold none, such as the answers of one enclave's app.</param>
    /// <exception cref="EncodingException">As <see cref="Objects"/>: where a proof ends cannot be told any more.</exception>
    public static IEnumerable<StreamedProof> Verify(Stream stream, ProofVerifier verifier, ProofPart part = ProofPart.Deployment, BootProof? boot = null)
    {
        ArgumentNullException.ThrowIfNull(verifier);
        foreach (ProofObject found in Objects(stream))
            yield return Verify(found, verifier, part, boot);
    }

    private static StreamedProof Verify(ProofObject found, ProofVerifier verifier, ProofPart part, BootProof? boot)
    {
        PublishedProof? proof = null;
        string? problem;
        try
        {
            proof = PublishedProof.Parse(found.Json.Span);
            proof = proof with { Boot = proof.Boot ?? boot };
            problem = Missing(proof, part);
        }
        catch (EncodingException e)
        {
            problem = $"is not a proof: {e.Message.TrimEnd('.')}";
        }

        VerificationResult? result = proof is null || problem is not null ? null : verifier.Verify(part switch
        {
            ProofPart.BootProof => proof with { App = null },
            ProofPart.AppProof => proof with { Boot = null },
            _ => proof,
        });
        return new(found.Number, found.Line, found.IsInArray, proof, result, problem);
    }

    private static string? Missing(PublishedProof proof, ProofPart part) => part switch
    {
        ProofPart.BootProof when proof.Boot is null => "holds no boot proof",
        ProofPart.AppProof when proof.App is null => "holds no app proof",
        ProofPart.Deployment when proof.App is null || proof.Boot is null =>
            "should hold an app proof and a boot proof: {\"appProof\":…,\"bootProof\":…}",
        _ => null,
    };
}
