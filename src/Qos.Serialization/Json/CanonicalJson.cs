using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Qos.Serialization;

/// <summary>Brings any JSON document into the canonical form (format: docs/protocol/encoding.md).</summary>
/// <remarks>
/// What gets hashed and signed is decoded into its schema and written again, never canonicalised as it came; this is for documents without a schema.
/// </remarks>
public static class CanonicalJson
{
    /// <summary>Writes a document again: names sorted, integers as strings, members that are null left out.</summary>
    /// <param name="json">One JSON text in UTF-8.</param>
    /// <exception cref="EncodingException">It is refused by <see cref="QosJsonReader"/>.</exception>
    public static byte[] Canonicalize(ReadOnlySpan<byte> json)
    {
        using var rewriting = new Rewriting();
        var reader = new QosJsonReader(json);
        rewriting.Value(ref reader);
        reader.End();
        return rewriting.Output.Written.ToArray();
    }

    /// <summary>SHA-256 over the canonical form, 32 bytes.</summary>
    /// <param name="json">One JSON text in UTF-8.</param>
    /// <exception cref="EncodingException">It is refused by <see cref="QosJsonReader"/>.</exception>
    public static byte[] Hash(ReadOnlySpan<byte> json) => SHA256.HashData(Canonicalize(json));

    // Members are written in the order in which they come; at the object's end its part of the output is put in order, if it is not.
    private sealed class Rewriting : IDisposable
    {
        private readonly ByteBuffer _names = new();
        private readonly ByteBuffer _ordered = new();
        private readonly List<Member> _members = [];

        public ByteBuffer Output { get; } = new();

        public void Value(ref QosJsonReader reader)
        {
            switch (reader.PeekKind())
            {
                case JsonKind.Object:
                    Object(ref reader);
                    break;
                case JsonKind.Array:
                    Array(ref reader);
                    break;
                case JsonKind.String:
                    String(reader.ReadUtf8(int.MaxValue));
                    break;
                case JsonKind.Number:
                    String(reader.ReadRawValue());
                    break;
                default:
                    Output.Write(reader.ReadRawValue());
                    break;
            }
        }

        public void Dispose()
        {
            Output.Dispose();
            _names.Dispose();
            _ordered.Dispose();
        }

        private void Array(ref QosJsonReader reader)
        {
            Output.WriteByte((byte)'[');
            reader.BeginArray();
            for (bool first = true; reader.NextElement(); first = false)
            {
                if (!first)
                    Output.WriteByte((byte)',');
                Value(ref reader);
            }

            Output.WriteByte((byte)']');
        }

        private void Object(ref QosJsonReader reader)
        {
            int firstMember = _members.Count;
            int firstName = _names.Written.Length;
            Output.WriteByte((byte)'{');
            int start = Output.Written.Length;

            reader.BeginObject();
            while (reader.NextMember(out ReadOnlySpan<byte> name))
            {
                if (reader.TryReadNull())
                    continue;
                if (_members.Count > firstMember)
                    Output.WriteByte((byte)',');
                var member = new Member(_names.Written.Length, name.Length, Output.Written.Length, 0);
                _names.Write(name);
                String(name);
                Output.WriteByte((byte)':');
                Value(ref reader);
                _members.Add(member with { Length = Output.Written.Length - member.Start });
            }

            Sort(CollectionsMarshal.AsSpan(_members)[firstMember..], start);
            Output.WriteByte((byte)'}');
            _members.RemoveRange(firstMember, _members.Count - firstMember);
            _names.Truncate(firstName);
        }

        private void Sort(Span<Member> members, int start)
        {
            bool inOrder = true;
            for (int i = 1; i < members.Length && inOrder; i++)
                inOrder = InOrder(members[i - 1], members[i]) < 0;
            if (inOrder)
                return;

            members.Sort(InOrder);
            _ordered.Truncate(0);
            foreach (Member member in members)
            {
                if (_ordered.Count > 0)
                    _ordered.WriteByte((byte)',');
                _ordered.Write(Output.Written.Slice(member.Start, member.Length));
            }

            _ordered.Written.CopyTo(Output.Written[start..]);
        }

        private int InOrder(Member left, Member right) =>
            Utf16Order.Compare(_names.Written.Slice(left.Name, left.NameLength), _names.Written.Slice(right.Name, right.NameLength));

        private void String(ReadOnlySpan<byte> utf8) => JsonStrings.Write(Output, utf8);
    }

    private readonly record struct Member(int Name, int NameLength, int Start, int Length);
}
