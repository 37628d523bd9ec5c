using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>What an operator believes before a document is believed: whose root, at which time, which measurements.</summary>
public sealed record AttestationPolicy
{
    /// <summary>The trust anchor in DER; AWS's by default.</summary>
    public ReadOnlyMemory<byte> Root { get; init; } = AwsRoot.Der.ToArray();

    /// <summary>When the certificates must be valid; null for the document's own time, which is meant for archived documents.</summary>
    public required DateTimeOffset? Time { get; init; }

    /// <summary>The PCRs that a document must have, by index; none is compared when empty.</summary>
    public IReadOnlyDictionary<int, byte[]> Pcrs { get; init; } = new Dictionary<int, byte[]>();

    /// <summary>Verifies a document's chain, signature and measurements.</summary>
    /// <exception cref="CeremonyException">It is refused; the message says at which check.</exception>
    public AttestationDocument Verify(ReadOnlyMemory<byte> coseSign1)
    {
        AttestationDocument document;
        try
        {
            document = AttestationDocument.Parse(coseSign1.Span);
            new AttestationVerifier(Root.Span).Verify(document, Time ?? document.Time);
        }
        catch (AttestationException e)
        {
            throw new CeremonyException($"The attestation document is refused: {e.Message}", e);
        }

        foreach ((int index, byte[] expected) in Pcrs)
            RequirePcr(document, index, expected, "the release");
        return document;
    }

    /// <summary>Verifies that a document is a booted node's, for this manifest, with its setup key. Specification: nsm, Verification, 4.</summary>
    /// <exception cref="CeremonyException">It is refused; the message says at which check.</exception>
    public AttestationDocument VerifySetup(ReadOnlyMemory<byte> coseSign1, Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        AttestationDocument document = Verify(coseSign1);
        byte[] hash = manifest.Hash();
        RequireEqual("its user data", document.UserData, hash, "the manifest's hash");
        if (document.Nonce is not null)
            throw new CeremonyException("The attestation document is refused: it has a nonce, and nobody asked for one.");
        RequirePcr(document, 0, manifest.Enclave.Pcr0, "the manifest");
        RequirePcr(document, 1, manifest.Enclave.Pcr1, "the manifest");
        RequirePcr(document, 2, manifest.Enclave.Pcr2, "the manifest");
        RequirePcr(document, 3, manifest.Enclave.Pcr3, "the manifest");
        for (int index = 0; index < Pcr.Count; index++)
        {
            if (!document.Pcrs.ContainsKey(index))
                throw new CeremonyException($"The attestation document is refused: PCR{index} is missing.");
        }

        if (document.PublicKey is not { } key || !Keys.PublicKey.TryParse(key.Span, out _))
            throw new CeremonyException("The attestation document is refused: its public key is not two points on P-256.");
        ManifestCommitment commitment = ManifestCommitment.Setup(key.Span, hash);
        RequirePcr(document, commitment.PcrIndex, commitment.Pcr.ToArray(), "the setup commitment");
        return document;
    }

    internal static void RequireEqual(string what, ReadOnlyMemory<byte>? actual, ReadOnlyMemory<byte> expected, string whose)
    {
        if (actual is not { } present || !present.Span.SequenceEqual(expected.Span))
        {
            throw new CeremonyException(
                $"The attestation document is refused: {what} is {(actual is { } a ? Convert.ToHexStringLower(a.Span) : "absent")}, "
                + $"and {whose} is {Convert.ToHexStringLower(expected.Span)}.");
        }
    }

    private static void RequirePcr(AttestationDocument document, int index, ReadOnlyMemory<byte> expected, string whose) =>
        RequireEqual($"PCR{index}", document.Pcrs.TryGetValue(index, out ReadOnlyMemory<byte> actual) ? actual : null, expected, $"that of {whose}");
}
