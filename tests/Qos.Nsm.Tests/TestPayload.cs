using System.Formats.Cbor;

namespace Qos.Nsm.Tests;

/// <summary>The members of a document's payload, each as something that writes it, so that a test can put anything in its place.</summary>
internal sealed class TestPayload(TestChain chain)
{
    public List<(string Name, Action<CborWriter> Write)> Members { get; } =
    [
        ("module_id", w => w.WriteTextString("i-test-enc1")),
        ("digest", w => w.WriteTextString("SHA384")),
        ("timestamp", w => w.WriteInt64(TestChain.Time.ToUnixTimeMilliseconds())),
        ("pcrs", w => WritePcrs(w, 16)),
        ("certificate", w => w.WriteByteString(chain.Leaf)),
        ("cabundle", w => WriteBundle(w, chain.Bundle)),
        ("public_key", w => w.WriteNull()),
        ("user_data", w => w.WriteNull()),
        ("nonce", w => w.WriteNull()),
    ];

    public void Set(string name, Action<CborWriter> write) => Members[Members.FindIndex(member => member.Name == name)] = (name, write);

    public void Remove(string name) => Members.RemoveAll(member => member.Name == name);

    public void Add(string name, Action<CborWriter> write) => Members.Add((name, write));

    public byte[] Encode()
    {
        var writer = new CborWriter(CborConformanceMode.Lax);
        writer.WriteStartMap(Members.Count);
        foreach ((string name, Action<CborWriter> write) in Members)
        {
            writer.WriteTextString(name);
            write(writer);
        }

        writer.WriteEndMap();
        return writer.Encode();
    }

    public static void WritePcrs(CborWriter writer, int count, int length = 48, int first = 0)
    {
        writer.WriteStartMap(count);
        for (int index = first; index < first + count; index++)
        {
            writer.WriteInt32(index);
            writer.WriteByteString(new byte[length]);
        }

        writer.WriteEndMap();
    }

    public static void WriteBundle(CborWriter writer, IReadOnlyCollection<ReadOnlyMemory<byte>> certificates)
    {
        writer.WriteStartArray(certificates.Count);
        foreach (ReadOnlyMemory<byte> certificate in certificates)
            writer.WriteByteString(certificate.Span);
        writer.WriteEndArray();
    }
}
