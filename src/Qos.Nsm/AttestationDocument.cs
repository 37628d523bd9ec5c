using Qos.Serialization;

namespace Qos.Nsm;

/// <summary>
/// An attestation document, read strictly and within its limits but not verified: nothing in it may be believed before
/// <see cref="AttestationVerifier"/> has accepted it. Format: docs/protocol/nsm.md, Attestation document.
/// </summary>
public sealed partial class AttestationDocument
{
    /// <summary>The longest document that is read; the module's answer could not hold a longer one.</summary>
    public const int MaxSize = NsmResponse.MaxSize;

    private AttestationDocument(byte[] protectedHeader, byte[] payload, byte[] signature, PayloadFields fields)
    {
        ProtectedHeader = protectedHeader;
        Payload = payload;
        Signature = signature;
        ModuleId = fields.ModuleId!;
        Timestamp = fields.Timestamp;
        Pcrs = fields.Pcrs!;
        Certificate = fields.Certificate!;
        CaBundle = fields.CaBundle!;
        PublicKey = fields.PublicKey.AsOptional();
        UserData = fields.UserData.AsOptional();
        Nonce = fields.Nonce.AsOptional();
        UnknownMembers = fields.Unknown ?? [];
    }

    /// <summary>The module that signed.</summary>
    public string ModuleId { get; }

    /// <summary>When it signed, in milliseconds since 1970, by the module's clock.</summary>
    public ulong Timestamp { get; }

    /// <summary><see cref="Timestamp"/> as a time.</summary>
    public DateTimeOffset Time => DateTimeOffset.FromUnixTimeMilliseconds((long)Timestamp);

    /// <summary>The PCRs that were locked, by index.</summary>
    public IReadOnlyDictionary<int, ReadOnlyMemory<byte>> Pcrs { get; }

    /// <summary>DER of the certificate whose key signed.</summary>
    public ReadOnlyMemory<byte> Certificate { get; }

    /// <summary>DER of the authorities above it, the root first. The root is not used: the verifier has its own.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> CaBundle { get; }

    /// <summary>The public key that was given with the request, 1 to 1,024 bytes, or null.</summary>
    public ReadOnlyMemory<byte>? PublicKey { get; }

    /// <summary>The user data of the request, up to 1,024 bytes, or null.</summary>
    public ReadOnlyMemory<byte>? UserData { get; }

    /// <summary>The nonce of the request, up to 1,024 bytes, or null.</summary>
    public ReadOnlyMemory<byte>? Nonce { get; }

    /// <summary>Names of the payload's members that are not known; empty unless they were allowed.</summary>
    public IReadOnlyList<string> UnknownMembers { get; }

    /// <summary>The protected header as it was received.</summary>
    public ReadOnlyMemory<byte> ProtectedHeader { get; }

    /// <summary>The payload as it was received.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The signature, r || s, 96 bytes.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>A PCR's value, or null if the document does not have that PCR.</summary>
    /// <param name="index">The PCR's index.</param>
    public byte[]? PcrOf(int index) => Pcrs.TryGetValue(index, out ReadOnlyMemory<byte> value) ? value.ToArray() : null;
}
