using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Node;

/// <summary>
/// Whether a verified attestation document is that of a node which was booted with a manifest and waits for a key.
/// Specification: nsm, Attestation document, verification step 4.
/// </summary>
internal static class SetupDocumentCheck
{
    /// <summary>Checks the document against the manifest.</summary>
    /// <returns>The node's setup key, to encrypt to.</returns>
    /// <exception cref="ProtocolException">The document is another manifest's, another image's, or not one of the setup phase.</exception>
    internal static PublicKey Check(AttestationDocument document, Manifest manifest)
    {
        byte[] hash = ManifestFormat.Hash(manifest);
        Require("user_data", hash, document.UserData);
        if (document.Nonce is not null)
            throw NsmConversation.Error("the new node's attestation document has a nonce, none is expected");

        EnclaveConfig enclave = manifest.Enclave;
        Require("PCR0", enclave.Pcr0, PcrOf(document, 0));
        Require("PCR1", enclave.Pcr1, PcrOf(document, 1));
        Require("PCR2", enclave.Pcr2, PcrOf(document, 2));
        Require("PCR3", enclave.Pcr3, PcrOf(document, 3));
        for (int index = 0; index < Pcr.Count; index++)
        {
            if (PcrOf(document, index) is null)
                throw NsmConversation.Error($"the new node's attestation document has no PCR{index}");
        }

        if (document.PublicKey is not { } publicKey)
            throw new ProtocolException(ProtocolErrorCode.MissingEphemeralKey);
        ManifestCommitment commitment = ManifestCommitment.Setup(publicKey.Span, hash);
        Require($"PCR{commitment.PcrIndex}", commitment.Pcr.ToArray(), PcrOf(document, commitment.PcrIndex));
        return PublicKey.TryParse(publicKey.Span, out PublicKey? receiver)
            ? receiver
            : throw new ProtocolException(ProtocolErrorCode.InvalidEphemeralKey);
    }

    private static ReadOnlyMemory<byte>? PcrOf(AttestationDocument document, int index)
    {
        // Not a conditional expression: in one, null would become an empty value, and a missing PCR would look like one that is there.
        if (document.Pcrs.TryGetValue(index, out ReadOnlyMemory<byte> value))
            return value;
        return null;
    }

    private static void Require(string what, ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte>? actual)
    {
        if (actual is { } value && value.Span.SequenceEqual(expected.Span))
            return;
        string shown = actual is { } other ? Hex.Encode(other.Span) : "nothing";
        throw NsmConversation.Error(
            $"{what} of the new node's attestation document: expected {Hex.Encode(expected.Span)}, got {shown}");
    }
}
