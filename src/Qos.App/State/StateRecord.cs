using System.Security.Cryptography;
using Qos.Serialization;

namespace Qos.App;

/// <summary>
/// One signed record of an application's state, which lies in a store that nobody trusts. Records of one domain and name are a chain: each has the hash
/// of the one before it. Format: docs/verifiable-data.md, Records.
/// </summary>
public sealed record StateRecord
{
    /// <summary>The longest value in bytes.</summary>
    public const int MaxValue = 256 * 1024;

    private const int SignatureSize = 64;

    /// <summary>Keeps records apart, so that no chain can be taken for another's of the same application.</summary>
    public required string Domain { get; init; }

    /// <summary>Which of the domain's chains.</summary>
    public required string Name { get; init; }

    /// <summary>The place in the chain, from 1.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>The hash of the record before, 32 bytes; zeros in the first one.</summary>
    public required ReadOnlyMemory<byte> Previous { get; init; }

    /// <summary>What the application keeps. It is not encrypted.</summary>
    public required ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>The quorum key's signature over <see cref="SignedBytes"/>, 64 bytes.</summary>
    public required ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>What <see cref="SignedBytes"/> begin with: the application signs nothing else that begins so.</summary>
    internal static ReadOnlySpan<byte> Prefix => "qos-state-record-v1\0"u8;

    /// <summary>The head of a chain that ends with this record.</summary>
    public StateHead Head => new(Sequence, SHA256.HashData(SignedBytes()));

    /// <summary>The record for a store.</summary>
    public byte[] ToBytes()
    {
        using var writer = new BorshWriter();
        WriteFields(writer);
        writer.WriteBytes(Value.Span);
        writer.WriteFixed(Signature.Span);
        return writer.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote. It says nothing about the signature: see <see cref="StateChain"/>.</summary>
    /// <exception cref="StateException"><see cref="StateError.Malformed"/>.</exception>
    public static StateRecord Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new BorshReader(bytes);
            var record = new StateRecord
            {
                Domain = reader.ReadString(BoundedName.MaxBytes),
                Name = reader.ReadString(BoundedName.MaxBytes),
                Sequence = reader.ReadUInt64(),
                Previous = reader.ReadFixed(StateHead.HashSize).ToArray(),
                Value = reader.ReadBytes(MaxValue),
                Signature = reader.ReadFixed(SignatureSize).ToArray(),
            };
            reader.End();
            return record.Sequence > 0 ? record : throw new StateException(StateError.Malformed, "a record's sequence begins at 1");
        }
        catch (EncodingException refused)
        {
            throw new StateException(StateError.Malformed, $"these bytes are no record: {refused.Message}", refused);
        }
    }

    /// <summary>What is signed and hashed: the prefix, domain, name, sequence, the hash before, and SHA-256 of the value.</summary>
    public byte[] SignedBytes()
    {
        using var writer = new BorshWriter();
        writer.WriteFixed(Prefix);
        WriteFields(writer);
        writer.WriteFixed(SHA256.HashData(Value.Span));
        return writer.ToArray();
    }

    /// <exception cref="ArgumentException">One of them is empty, too long or no Unicode.</exception>
    internal static void RequireNames(string domain, string name)
    {
        BoundedName.ToBytes(domain, "The domain of a record");
        BoundedName.ToBytes(name, "The name of a record");
    }

    private void WriteFields(BorshWriter writer)
    {
        writer.WriteString(Domain);
        writer.WriteString(Name);
        writer.WriteUInt64(Sequence);
        writer.WriteFixed(Previous.Span);
    }
}
