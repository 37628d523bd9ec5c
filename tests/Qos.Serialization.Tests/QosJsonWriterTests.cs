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
        writer.Name("z");
        writer.Null();
        writer.Name("a"u8);
        writer.Integer(0L);
        writer.EndObject();
        Assert.Equal("""{"z":null,"a":0}""", Text.UTF8.GetString(writer.Written));
    }

    [Fact]
    public void Every_character_is_escaped_as_it_must_be_and_no_other()
    {
        using var writer = new QosJsonWriter(JsonForm.Canonical);
        writer.String(string.Concat(Enumerable.Range(0, 0x80).Select(static character => (char)character)) + "é€😀");
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
            writer.String(value);
            writer.Utf8String(Text.UTF8.GetBytes(value));
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
                writer.Name(names[i]);
                writer.Bool(false);
                if (i < j)
                    writer.Name(names[j]);
                else
                    Assert.Throws<InvalidOperationException>(() => writer.Name(names[j]));
            }
        }
    }

    [Fact]
    public void Each_object_has_an_order_of_its_own()
    {
        using var writer = new QosJsonWriter(JsonForm.Canonical);
        writer.BeginObject();
        writer.Name("m");
        writer.BeginObject();
        writer.Name("z");
        writer.BeginArray();
        writer.BeginObject();
        writer.Name("a");
        writer.Bool(true);
        writer.EndObject();
        writer.EndArray();
        writer.EndObject();
        Assert.Throws<InvalidOperationException>(() => writer.Name("l"));
        writer.Name("n");
        writer.Raw("[1]"u8);
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
            static writer => writer.Name("a"),
            static writer => { writer.Null(); writer.Null(); },
            static writer => { writer.BeginObject(); writer.Null(); },
            static writer => { writer.BeginObject(); writer.EndArray(); },
            static writer => { writer.BeginObject(); writer.Name("a"); writer.EndObject(); },
            static writer => { writer.BeginObject(); writer.Name("a"); writer.Name("b"); },
            static writer => { writer.BeginObject(); writer.Name("a"); writer.Null(); },
            static writer => { writer.BeginArray(); writer.Name("a"); },
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
        Assert.Throws<EncodingException>(() => writer.String("a\ud800"));
        Assert.Throws<EncodingException>(() => writer.String(new string('a', 300) + "\udc00"));
        Assert.Throws<EncodingException>(() => writer.Utf8String([0xff]));
        writer.BeginObject();
        Assert.Throws<EncodingException>(() => writer.Name([0xc3]));
        Assert.Throws<EncodingException>(() => writer.Name("\ud800"));
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
            writer.Hex(bytes);
            writer.String(new string('é', 5000) + "\n");
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
        writer.Name("a"u8);
        writer.Integer(long.MinValue);
        writer.Name("b");
        writer.BeginArray();
        writer.Integer(ulong.MaxValue);
        writer.String("x");
        writer.Null();
        writer.Bool(true);
        writer.BeginObject();
        writer.EndObject();
        writer.EndArray();
        writer.Name("c");
        writer.Hex([0xde, 0xad, 0xbe, 0xef]);
        writer.Name("d");
        writer.BeginObject();
        writer.Name("x");
        writer.BeginArray();
        writer.EndArray();
        writer.Name("y");
        writer.Hex([]);
        writer.EndObject();
        writer.EndObject();
    }
}
