using System.Security.Cryptography;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Genesis outputs as files: Borsh. Format: docs/protocol/messages.md, Genesis.</summary>
public static class GenesisOutputFormat
{
    /// <summary>Reads a stored output.</summary>
    /// <exception cref="EncodingException">It is not one; outputs of before the request's echo are not read either.</exception>
    public static GenesisOutput Read(ReadOnlySpan<byte> bytes)
    {
        FormatChoice.RequireSize(bytes.Length);
        var reader = new BorshReader(bytes);
        GenesisOutput output = GenesisBorsh.Read(ref reader);
        reader.End();
        return output;
    }

    /// <summary>Writes the stored form.</summary>
    public static byte[] Write(GenesisOutput output) => BorshLists.Encode(output, GenesisBorsh.Write);

    /// <summary>SHA-256 over the stored form: the user_data of the genesis's attestation document, 32 bytes.</summary>
    public static byte[] Hash(GenesisOutput output) => SHA256.HashData(Write(output));

    /// <summary>Canonical JSON, as the answer carries it.</summary>
    public static byte[] WriteJson(GenesisOutput output) => JsonMembers.Canonical(output, GenesisJson.Write);
}
