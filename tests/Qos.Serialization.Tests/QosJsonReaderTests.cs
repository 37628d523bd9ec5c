using Text = System.Text.Encoding;

namespace Qos.Serialization.Tests;

public class QosJsonReaderTests
{
    [Fact]
    public void Members_come_in_order_and_values_as_their_types()
    {
        byte[] text = """
            { "name" : "t\u00e9st\n", "threshold":"3", "count": 4, "hash":"DEADbeef", "on":true, "off":false, "none":null,
              "list":[1,"2",[]], "raw": {"a" : [1, 2]}, "n\u0061me2": 18446744073709551615 }
            """u8.ToArray();
        var reader = new QosJsonReader(text);
        var names = new List<string>();
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            names.Add(Text.UTF8.GetString(name));
            switch (names[^1])
            {
                case "name":
                    Assert.Equal("tést\n", reader.ReadString(6));
                    break;
                case "threshold":
                    Assert.Equal(3u, reader.ReadUInt32());
                    break;
                case "count":
                    Assert.Equal((ushort)4, reader.ReadUInt16());
                    break;
                case "hash":
                    Assert.Equal([0xde, 0xad, 0xbe, 0xef], reader.ReadHex(4));
                    break;
                case "on":
                    Assert.False(reader.TryReadNull());
                    Assert.True(reader.ReadBool());
                    break;
                case "off":
                    Assert.False(reader.ReadBool());
                    break;
                case "none":
                    Assert.Equal(JsonKind.Null, reader.PeekKind());
                    Assert.True(reader.TryReadNull());
                    break;
                case "list":
                    reader.BeginArray();
                    Assert.True(reader.NextElement());
                    Assert.Equal(1ul, reader.ReadUInt64());
                    Assert.True(reader.NextElement());
                    Assert.Equal(2ul, reader.ReadUInt64());
                    Assert.True(reader.NextElement());
                    Assert.Equal(JsonKind.Array, reader.PeekKind());
                    reader.Skip();
                    Assert.False(reader.NextElement());
                    break;
                case "raw":
                    Assert.Equal("""{"a" : [1, 2]}""", Text.UTF8.GetString(reader.ReadRawValue()));
                    break;
                case "name2":
                    Assert.Equal(ulong.MaxValue, reader.ReadUInt64());
                    break;
                default:
                    Assert.Fail(names[^1]);
                    break;
            }
        }

        reader.End();
        Assert.Equal(["name", "threshold", "count", "hash", "on", "off", "none", "list", "raw", "name2"], names);
    }

    public static TheoryData<string, string, Read> Refused => new()
    {
        { "string too long", "\"aaa\"", static (ref QosJsonReader reader) => reader.ReadString(2) },
        { "string too long in UTF-8", "\"éé\"", static (ref QosJsonReader reader) => reader.ReadString(3) },
        { "escaped string too long", "\"\\u0061\\u0061\\u0061\"", static (ref QosJsonReader reader) => reader.ReadString(2) },
        { "number as string", "1", static (ref QosJsonReader reader) => reader.ReadString(9) },
        { "null as string", "null", static (ref QosJsonReader reader) => reader.ReadString(9) },
        { "hex too long", "\"aabbcc\"", static (ref QosJsonReader reader) => reader.ReadHex(2) },
        { "hex odd", "\"aab\"", static (ref QosJsonReader reader) => reader.ReadHex(2) },
        { "hex no digit", "\"aag0\"", static (ref QosJsonReader reader) => reader.ReadHex(2) },
        { "hex with prefix", "\"0xaa\"", static (ref QosJsonReader reader) => reader.ReadHex(2) },
        { "hex too short for exact", "\"aa\"", static (ref QosJsonReader reader) => reader.ReadHex(new byte[2]) },
        { "hex too long for exact", "\"aabbcc\"", static (ref QosJsonReader reader) => reader.ReadHex(new byte[2]) },
        { "hex as array", "[170]", static (ref QosJsonReader reader) => reader.ReadHex(2) },
        { "u16 too large", "65536", static (ref QosJsonReader reader) => reader.ReadUInt16() },
        { "u16 string too large", "\"65536\"", static (ref QosJsonReader reader) => reader.ReadUInt16() },
        { "u32 too large", "4294967296", static (ref QosJsonReader reader) => reader.ReadUInt32() },
        { "u64 string too large", "\"18446744073709551616\"", static (ref QosJsonReader reader) => reader.ReadUInt64() },
        { "u64 string far too large", $"\"{new string('9', 200)}\"", static (ref QosJsonReader reader) => reader.ReadUInt64() },
        { "negative", "-1", static (ref QosJsonReader reader) => reader.ReadUInt32() },
        { "negative string", "\"-1\"", static (ref QosJsonReader reader) => reader.ReadUInt32() },
        { "plus", "\"+1\"", static (ref QosJsonReader reader) => reader.ReadUInt32() },
        { "leading zero", "\"01\"", static (ref QosJsonReader reader) => reader.ReadUInt32() },
        { "zeros", "\"00\"", static (ref QosJsonReader reader) => reader.ReadUInt32() },
        { "no digits", "\"\"", static (ref QosJsonReader reader) => reader.ReadUInt32() },
        { "space", "\" 1\"", static (ref QosJsonReader reader) => reader.ReadUInt32() },
        { "other digits", "\"\u0661\"", static (ref QosJsonReader reader) => reader.ReadUInt32() },
        { "hexadecimal", "\"0x1\"", static (ref QosJsonReader reader) => reader.ReadUInt32() },
        { "fraction", "1.0", static (ref QosJsonReader reader) => reader.ReadUInt32() },
        { "fraction in a string", "\"1.0\"", static (ref QosJsonReader reader) => reader.ReadUInt32() },
        { "exponent in a string", "\"1e3\"", static (ref QosJsonReader reader) => reader.ReadUInt32() },
        { "bool as integer", "true", static (ref QosJsonReader reader) => reader.ReadUInt32() },
        { "string as bool", "\"true\"", static (ref QosJsonReader reader) => reader.ReadBool() },
        { "cut bool", "tru", static (ref QosJsonReader reader) => reader.ReadBool() },
        { "cut null", "nul", static (ref QosJsonReader reader) => reader.TryReadNull() },
        { "array as object", "[]", static (ref QosJsonReader reader) => reader.BeginObject() },
        { "object as array", "{}", static (ref QosJsonReader reader) => reader.BeginArray() },
        { "nothing", "", static (ref QosJsonReader reader) => reader.PeekKind() },
        { "no value", "?", static (ref QosJsonReader reader) => reader.PeekKind() },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Values_of_another_form_are_refused(string what, string json, Read read)
    {
        var refusal = Assert.Throws<EncodingException>(() =>
        {
            var reader = new QosJsonReader(Text.UTF8.GetBytes(json));
            read(ref reader);
        });
        Assert.True(refusal.Offset >= 0, what);
    }

    public static TheoryData<string, Read> Misused => new()
    {
        { "1", static (ref QosJsonReader reader) => reader.End() },
        { "1", static (ref QosJsonReader reader) => reader.NextElement() },
        { "1 2", static (ref QosJsonReader reader) => { reader.Skip(); reader.Skip(); } },
        { "{\"a\":1}", static (ref QosJsonReader reader) => { reader.BeginObject(); reader.Skip(); } },
        { "{\"a\":1}", static (ref QosJsonReader reader) => { reader.BeginObject(); reader.NextElement(); } },
        { "{\"a\":1}", static (ref QosJsonReader reader) => { reader.BeginObject(); reader.NextMember(out _); reader.NextMember(out _); } },
        { "[1]", static (ref QosJsonReader reader) => { reader.BeginArray(); reader.NextMember(out _); } },
        { "[1]", static (ref QosJsonReader reader) => { reader.BeginArray(); reader.End(); } },
    };

    [Theory]
    [MemberData(nameof(Misused))]
    public void A_wrong_order_of_calls_is_no_matter_of_input(string json, Read read) =>
        Assert.Throws<InvalidOperationException>(() =>
        {
            var reader = new QosJsonReader(Text.UTF8.GetBytes(json));
            read(ref reader);
        });

    [Fact]
    public void Names_may_repeat_between_objects_but_not_in_one()
    {
        Skim("""{"a":{"b":1},"b":{"b":{"a":1}},"c":[{"a":1},{"a":2}]}""");
        foreach (string twice in (string[])["""{"a":1,"b":{"a":2},"a":3}""", """{"a":{"b":1,"b":2}}""", """{"c":[{"a":1},{"a":2,"a":3}]}"""])
            Assert.Throws<EncodingException>(() => Skim(twice));

        static void Skim(string text)
        {
            var reader = new QosJsonReader(System.Text.Encoding.UTF8.GetBytes(text));
            reader.Skip();
            reader.End();
        }
    }

    [Fact]
    public void An_error_says_what_and_where_but_not_what_was_there()
    {
        var reader = new QosJsonReader("  \"secret\""u8);
        Assert.Equal(JsonKind.String, reader.PeekKind());
        EncodingException error = reader.Error("expected a phase");
        Assert.Equal("expected a phase, at byte 2.", error.Message);
        Assert.Equal(2, error.Offset);
    }

    public delegate void Read(ref QosJsonReader reader);
}
