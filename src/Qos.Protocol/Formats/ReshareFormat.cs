using System.Security.Cryptography;
using System.Text;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>
/// Reshare requests, envelopes and outputs as files, all canonical JSON, and what is hashed and signed of them. Everything that is signed or attested begins
/// with a domain of its own, so none of it can be taken for a manifest's hash or for one another. Format: docs/protocol/reshare.md.
/// </summary>
public static class ReshareFormat
{
    /// <summary>How many PCRs a request names: PCR0 to PCR3.</summary>
    public const int PcrCount = 4;

    /// <summary>Reads a request.</summary>
    /// <exception cref="EncodingException">It is not one.</exception>
    public static ReshareRequest Read(ReadOnlySpan<byte> bytes) => Read(bytes, ReshareJson.Read);

    /// <summary>Reads a request with its approvals.</summary>
    /// <exception cref="EncodingException">It is not one.</exception>
    public static ReshareEnvelope ReadEnvelope(ReadOnlySpan<byte> bytes) => Read(bytes, ReshareJson.ReadEnvelope);

    /// <summary>Reads an output.</summary>
    /// <exception cref="EncodingException">It is not one.</exception>
    public static ReshareOutput ReadOutput(ReadOnlySpan<byte> bytes) => Read(bytes, ReshareJson.ReadOutput);

    /// <summary>Writes a request.</summary>
    public static byte[] Write(ReshareRequest request) => JsonMembers.Canonical(request, ReshareJson.Write);

    /// <summary>Writes a request with its approvals.</summary>
    public static byte[] Write(ReshareEnvelope envelope) => JsonMembers.Canonical(envelope, ReshareJson.WriteEnvelope);

    /// <summary>Writes an output.</summary>
    public static byte[] Write(ReshareOutput output) => JsonMembers.Canonical(output, ReshareJson.WriteOutput);

    /// <summary>SHA-256 of the canonical request, 32 bytes: the user data of the document that shares are given for.</summary>
    public static byte[] Hash(ReshareRequest request) => SHA256.HashData(Write(request));

    /// <summary>What an old member signs to approve a request.</summary>
    /// <param name="requestHash">The request's hash, 32 bytes.</param>
    public static byte[] ApprovalMessage(ReadOnlySpan<byte> requestHash) =>
        // The members are in canonical order and hold only hex, here and below.
        Encoding.ASCII.GetBytes($$"""{"domain":"qos-reshare-approval-v1","requestHash":"{{Convert.ToHexStringLower(requestHash)}}"}""");

    /// <summary>What an old member signs to give a share: to this enclave alone, for this request alone, and no other share.</summary>
    /// <param name="requestHash">The request's hash, 32 bytes.</param>
    /// <param name="setupKey">The enclave's setup key, 130 bytes.</param>
    /// <param name="encryptedShare">The share as it is sent.</param>
    public static byte[] ShareMessage(ReadOnlySpan<byte> requestHash, ReadOnlySpan<byte> setupKey, ReadOnlySpan<byte> encryptedShare) =>
        Encoding.ASCII.GetBytes(
            $$"""{"domain":"qos-reshare-share-v1","encryptedShareHash":"{{Convert.ToHexStringLower(SHA256.HashData(encryptedShare))}}","ephemeralPublicKey":"{{Convert.ToHexStringLower(setupKey)}}","requestHash":"{{Convert.ToHexStringLower(requestHash)}}"}""");

    /// <summary>The user data of the document about an output, 32 bytes.</summary>
    /// <param name="requestHash">The request's hash, 32 bytes.</param>
    /// <param name="output">The output.</param>
    public static byte[] OutputHash(ReadOnlySpan<byte> requestHash, ReshareOutput output) => SHA256.HashData(Encoding.ASCII.GetBytes(
        $$"""{"domain":"qos-reshare-output-v1","outputHash":"{{Convert.ToHexStringLower(SHA256.HashData(Write(output)))}}","requestHash":"{{Convert.ToHexStringLower(requestHash)}}"}"""));

    private static T Read<T>(ReadOnlySpan<byte> bytes, JsonMembers.Reading<T> read)
    {
        FormatChoice.RequireSize(bytes.Length);
        var reader = new QosJsonReader(bytes);
        T value = read(ref reader);
        reader.End();
        return value;
    }
}
