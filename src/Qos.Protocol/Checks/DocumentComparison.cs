using Qos.Nsm;

namespace Qos.Protocol;

/// <summary>
/// Compares an attestation document with the manifest that it is said to be about. Pure: the document's signatures and the manifest's
/// approvals are checked elsewhere. Format: docs/protocol/nsm.md, Attestation document, verification step 4.
/// </summary>
public static class DocumentComparison
{
    /// <summary>
    /// Every comparison, in order: user data, nonce, PCR0 to PCR3, PCRs that are missing, the commitment. All of them must hold. The parts
    /// can be had by themselves.
    /// </summary>
    /// <param name="document">A document whose chain and signature were verified.</param>
    /// <param name="manifest">The manifest.</param>
    /// <param name="isLive">Whether the document's key is the live one (PCR17) or the setup one (PCR16).</param>
    public static IEnumerable<DocumentFinding> Compare(AttestationDocument document, Manifest manifest, bool isLive)
    {
        byte[] hash = ManifestFormat.Hash(manifest);
        yield return UserData(document, hash);
        yield return new DocumentFinding("nonce", Expected: null, Bytes(document.Nonce), document.Nonce is null);
        foreach (DocumentFinding finding in Measurements(document, manifest.Enclave))
            yield return finding;
        foreach (int index in MissingPcrs(document))
            yield return new DocumentFinding($"PCR{index}", Expected: null, Actual: null, Holds: false);
        yield return Commitment(document, hash, isLive);
    }

    /// <summary>The document's user data, which must be the manifest's hash.</summary>
    /// <param name="document">The document.</param>
    /// <param name="manifestHash">The hash, 32 bytes.</param>
    public static DocumentFinding UserData(AttestationDocument document, ReadOnlySpan<byte> manifestHash) =>
        Equal("user_data", manifestHash.ToArray(), Bytes(document.UserData));

    /// <summary>PCR0 to PCR3, which must be the manifest's.</summary>
    /// <param name="document">The document.</param>
    /// <param name="enclave">The manifest's measurements.</param>
    public static IReadOnlyList<DocumentFinding> Measurements(AttestationDocument document, EnclaveConfig enclave) =>
    [
        Equal("PCR0", enclave.Pcr0.ToArray(), document.PcrOf(0)),
        Equal("PCR1", enclave.Pcr1.ToArray(), document.PcrOf(1)),
        Equal("PCR2", enclave.Pcr2.ToArray(), document.PcrOf(2)),
        Equal("PCR3", enclave.Pcr3.ToArray(), document.PcrOf(3)),
    ];

    /// <summary>Those of PCR0 to PCR31 that the document does not have: all must be there, or a commitment could be left out.</summary>
    /// <param name="document">The document.</param>
    public static IReadOnlyList<int> MissingPcrs(AttestationDocument document) =>
        [.. Enumerable.Range(0, Nsm.Pcr.Count).Where(index => !document.Pcrs.ContainsKey(index))];

    /// <summary>PCR16 or PCR17, which must commit to the document's own key and the manifest.</summary>
    /// <param name="document">The document.</param>
    /// <param name="manifestHash">The hash, 32 bytes.</param>
    /// <param name="isLive">Whether it is PCR17, of the live key, or PCR16, of the setup key.</param>
    public static DocumentFinding Commitment(AttestationDocument document, ReadOnlySpan<byte> manifestHash, bool isLive)
    {
        if (document.PublicKey is not { } key)
            return new DocumentFinding("public_key", Expected: null, Actual: null, Holds: false) { IsCommitment = true };
        ManifestCommitment expected = isLive
            ? ManifestCommitment.Live(key.Span, manifestHash)
            : ManifestCommitment.Setup(key.Span, manifestHash);
        return Equal($"PCR{expected.PcrIndex}", expected.Pcr.ToArray(), document.PcrOf(expected.PcrIndex)) with { IsCommitment = true };
    }

    /// <summary>
    /// PCR16 or PCR17 of a document that must be of a node before its boot, as a genesis document is: neither may be extended. The app of a node that was booted can ask
    /// its module for a document with any user data, and cannot undo these.
    /// </summary>
    /// <param name="document">The document.</param>
    /// <returns>The first of the two that is extended, or null.</returns>
    public static DocumentFinding? ExtendedCommitment(AttestationDocument document)
    {
        foreach (int index in (int[])[ManifestCommitment.SetupPcrIndex, ManifestCommitment.LivePcrIndex])
        {
            if (document.PcrOf(index) is { } value && value.AsSpan().ContainsAnyExcept((byte)0))
                return new DocumentFinding($"PCR{index}", Expected: null, value, Holds: false);
        }

        return null;
    }

    private static byte[]? Bytes(ReadOnlyMemory<byte>? value) => value?.ToArray();

    internal static DocumentFinding Equal(string what, byte[] expected, byte[]? actual) =>
        new(what, expected, actual, actual is not null && actual.AsSpan().SequenceEqual(expected));
}
