using System.Buffers;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Text = System.Text.Encoding;

namespace Qos.Serialization.Tests;

public class QosJsonWriterTests
{
    [Fact]
    public void Canonical_form_writes_integers_as_strings()
    {
        using var writer = new QosJsonWriter(JsonForm.Canonical);
        WriteAll(writer);
        Assert.Equal("""{"a":"-9223372036854775808","b":["18446744073709551615","x",null,true,{}],"c":"deadbeef","d":{"x":[],"y":""}}""", Text.UTF8.GetString(writer.Written));
        Assert.Equal(writer.ToArray(), CanonicalJson.Canonicalize(writer.Written));
    }

    [Fact]
    public void Plain_form_writes_integers_as_numbers()
    {
        using var writer = new QosJsonWriter(JsonForm.Plain);
        WriteAll(writer);
        Assert.Equal("""{"a":-9223372036854775808,"b":[18446744073709551615,"x",null,true,{}],"c":"deadbeef","d":{"x":[],"y":""}}""", Text.UTF8.GetString(writer.Written));
    }

    [Fact]
    public void Plain_form_keeps_the_order_of_writing()
    {
        using var writer = new QosJsonWriter(JsonForm.Plain);
        writer.BeginObject();
        writer.WritePropertyName("z");
        writer.WriteNull();
        writer.WritePropertyName("a"u8);
        writer.WriteInteger(0L);
        writer.EndObject();
        Assert.Equal("""{"z":null,"a":0}""", Text.UTF8.GetString(writer.Written));
    }

    [Fact]
    public void Every_character_is_escaped_as_it_must_be_and_no_other()
    {
        using var writer = new QosJsonWriter(JsonForm.Canonical);
        writer.WriteString(string.Concat(Enumerable.Range(0, 0x80).Select(static character => (char)character)) + "é€😀");
        string controls = "\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f"
            + "\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f";
        Assert.Equal("\"" + controls + " !\\\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\u007fé€😀\"",
            Text.UTF8.GetString(writer.Written));
    }

    [Fact]
    public void Any_string_comes_back()
    {
        Prop.ForAll<string>(value =>
        {
            if (value is null || value.EnumerateRunes().Any(static rune => rune == System.Text.Rune.ReplacementChar))
                return true;
            using var writer = new QosJsonWriter(JsonForm.Plain);
            writer.BeginArray();
            writer.WriteString(value);
            writer.WriteUtf8String(Text.UTF8.GetBytes(value));
            writer.EndArray();
            var reader = new QosJsonReader(writer.Written);
            reader.BeginArray();
            bool same = reader.NextElement() && reader.ReadString(1000) == value && reader.NextElement() && reader.ReadString(1000) == value && !reader.NextElement();
            reader.End();
            using JsonDocument framework = JsonDocument.Parse(writer.ToArray());
            return same && framework.RootElement[0].GetString() == value;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Names_are_ordered_by_utf16_code_units()
    {
        string[] names = ["", "\0", "a", "aa", "b", "\u007f", "\u0080", "é", "\ud7ff", "\ud800\udc00", "😀", "\udbff\udfff", "\ue000", "\ufb33", "\uffff", "\uffff\ue000"];
        for (int i = 0; i < names.Length; i++)
        {
            for (int j = 0; j < names.Length; j++)
            {
                Assert.Equal(Math.Sign(string.CompareOrdinal(names[i], names[j])), Math.Sign(i.CompareTo(j)));
                using var writer = new QosJsonWriter(JsonForm.Canonical);
                writer.BeginObject();
                writer.WritePropertyName(names[i]);
                writer.WriteBool(false);
                if (i < j)
                    writer.WritePropertyName(names[j]);
                else
                    Assert.Throws<InvalidOperationException>(() => writer.WritePropertyName(names[j]));
            }
        }
    }

    [Fact]
    public void Each_object_has_an_order_of_its_own()
    {
        using var writer = new QosJsonWriter(JsonForm.Canonical);
        writer.BeginObject();
        writer.WritePropertyName("m");
        writer.BeginObject();
        writer.WritePropertyName("z");
        writer.BeginArray();
        writer.BeginObject();
        writer.WritePropertyName("a");
        writer.WriteBool(true);
        writer.EndObject();
        writer.EndArray();
        writer.EndObject();
        Assert.Throws<InvalidOperationException>(() => writer.WritePropertyName("l"));
        writer.WritePropertyName("n");
        writer.WriteRaw("[1]"u8);
        writer.EndObject();
        Assert.Equal("""{"m":{"z":[{"a":true}]},"n":[1]}""", Text.UTF8.GetString(writer.Written));
    }

    [Fact]
    public void Calls_that_would_make_the_text_malformed_are_refused()
    {
        Action<QosJsonWriter>[] wrong =
        [
            static writer => _ = writer.Written.Length,
            static writer => writer.EndArray(),
            static writer => writer.EndObject(),
            static writer => writer.WritePropertyName("a"),
            static writer => { writer.WriteNull(); writer.WriteNull(); },
            static writer => { writer.BeginObject(); writer.WriteNull(); },
            static writer => { writer.BeginObject(); writer.EndArray(); },
            static writer => { writer.BeginObject(); writer.WritePropertyName("a"); writer.EndObject(); },
            static writer => { writer.BeginObject(); writer.WritePropertyName("a"); writer.WritePropertyName("b"); },
            static writer => { writer.BeginObject(); writer.WritePropertyName("a"); writer.WriteNull(); },
            static writer => { writer.BeginArray(); writer.WritePropertyName("a"); },
            static writer => { writer.BeginArray(); writer.EndObject(); },
            static writer => { writer.BeginArray(); _ = writer.Written.Length; },
            static writer => { for (int depth = 0; depth < 65; depth++) writer.BeginArray(); },
        ];
        foreach (Action<QosJsonWriter> calls in wrong)
        {
            using var writer = new QosJsonWriter(JsonForm.Canonical);
            Assert.Throws<InvalidOperationException>(() => calls(writer));
        }
    }

    [Fact]
    public void Text_that_is_no_unicode_is_refused()
    {
        using var writer = new QosJsonWriter(JsonForm.Plain);
        Assert.Throws<EncodingException>(() => writer.WriteString("a\ud800"));
        Assert.Throws<EncodingException>(() => writer.WriteString(new string('a', 300) + "\udc00"));
        Assert.Throws<EncodingException>(() => writer.WriteUtf8String([0xff]));
        writer.BeginObject();
        Assert.Throws<EncodingException>(() => writer.WritePropertyName([0xc3]));
        Assert.Throws<EncodingException>(() => writer.WritePropertyName("\ud800"));
    }

    [Fact]
    public void Long_values_cross_the_pieces_in_which_they_are_written()
    {
        byte[] bytes = new byte[100_003];
        new Random(5).NextBytes(bytes);
        var output = new ArrayBufferWriter<byte>();
        using var toOutput = new QosJsonWriter(JsonForm.Plain, output);
        using var toMemory = new QosJsonWriter(JsonForm.Plain);
        foreach (QosJsonWriter writer in new[] { toOutput, toMemory })
        {
            writer.BeginArray();
            writer.WriteHex(bytes);
            writer.WriteString(new string('é', 5000) + "\n");
            writer.EndArray();
        }

        Assert.Equal(toMemory.ToArray(), output.WrittenSpan.ToArray());
        Assert.Throws<InvalidOperationException>(() => toOutput.ToArray());
        var reader = new QosJsonReader(output.WrittenSpan);
        reader.BeginArray();
        Assert.True(reader.NextElement());
        Assert.Equal(bytes, reader.ReadHex(bytes.Length));
        Assert.True(reader.NextElement());
        Assert.Equal(10_001, reader.ReadString(10_001).Length * 2 - 1);
    }

    private static void WriteAll(QosJsonWriter writer)
    {
        writer.BeginObject();
        writer.WritePropertyName("a"u8);
        writer.WriteInteger(long.MinValue);
        writer.WritePropertyName("b");
        writer.BeginArray();
        writer.WriteInteger(ulong.MaxValue);
        writer.WriteString("x");
        writer.WriteNull();
        writer.WriteBool(true);
        writer.BeginObject();
        writer.EndObject();
        writer.EndArray();
        writer.WritePropertyName("c");
        writer.WriteHex([0xde, 0xad, 0xbe, 0xef]);
        writer.WritePropertyName("d");
        writer.BeginObject();
        writer.WritePropertyName("x");
        writer.BeginArray();
        writer.EndArray();
        writer.WritePropertyName("y");
        writer.WriteHex([]);
        writer.EndObject();
        writer.EndObject();
    }
}
