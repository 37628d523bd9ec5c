using System.Text.Json;
using Text = System.Text.Encoding;

namespace Qos.Serialization.Tests;

public class StreamedMemberTests
{
    private static readonly StreamedMemberPath[] s_paths = [new("bootStandardRequest", "pivot"), new("bootKeyForwardRequest", "pivot")];

    [Theory]
    [InlineData("""{"bootStandardRequest":{"pivot":"00ff"}}""", """{"bootStandardRequest":{"pivot":""}}""", "00ff")]
    [InlineData("""{ "bootKeyForwardRequest" : { "x" : [1,{"pivot":"11"}] , "pivot" : "ABcd" , "y":"pivot"} }""",
        """{ "bootKeyForwardRequest" : { "x" : [1,{"pivot":"11"}] , "pivot" : "" , "y":"pivot"} }""", "abcd")]
    [InlineData("""{"bootStandardRequest":{"pivot":""}}""", """{"bootStandardRequest":{"pivot":""}}""", "")]
    [InlineData("""{"a":{"pivot":"00"},"bootStandardRequest":{"pivot":"22"}}""", """{"a":{"pivot":"00"},"bootStandardRequest":{"pivot":""}}""", "22")]
    public void The_member_is_taken_out(string message, string retained, string streamed)
    {
        for (int chunk = 1; chunk <= message.Length; chunk++)
        {
            (string text, byte[] bytes, bool was) = Run(Text.UTF8.GetBytes(message), () => chunk);
            Assert.Equal(retained, text);
            Assert.Equal(streamed, Hex.Encode(bytes));
            Assert.True(was);
        }
    }

    [Theory]
    [InlineData("""{"pivot":"00"}""")]
    [InlineData("""{"bootStandardRequest":"pivot"}""")]
    [InlineData("""{"bootStandardRequest":["pivot","00"]}""")]
    [InlineData("""[{"bootStandardRequest":{"pivot":"zz"}}]""")]
    [InlineData("""{"bootStandardRequest":{"a":{"pivot":"zz"}}}""")]
    [InlineData("""{"bootStandardRequest":[{"pivot":"zz"}]}""")]
    [InlineData("""{"bootStandardRequest":{"pivot":null,"x":"zz"}}""")]
    [InlineData("""{"bootStandardRequest":{"pivot":["zz"]}}""")]
    [InlineData("""{"bootStandardRequest":{"pivot":12}}""")]
    [InlineData("""{"bootStandardRequest":{"piv\u006ft":"zz"}}""")]
    [InlineData("""{"bootStandardRequest":{},"x":{"pivot":"zz"}}""")]
    [InlineData("""{"bootStandardRequest":1,"bootKeyForwardRequest":{"Pivot":"zz"}}""")]
    [InlineData("""{"x":"\",\"bootStandardRequest\":{\"pivot\":\"zz\\"}""")]
    [InlineData("\"pivot\"")]
    [InlineData("12")]
    [InlineData("")]
    public void Anything_else_is_retained_as_it_is(string message)
    {
        for (int chunk = 1; chunk <= message.Length; chunk++)
        {
            (string text, byte[] bytes, bool was) = Run(Text.UTF8.GetBytes(message), () => chunk);
            Assert.Equal(message, text);
            Assert.Empty(bytes);
            Assert.False(was);
        }
    }

    [Theory]
    [InlineData("""{"bootStandardRequest":{"pivot":"00","pivot":"11"}}""", 45)]
    [InlineData("""{"bootStandardRequest":{"pivot":"00"},"bootKeyForwardRequest":{"pivot":"11"}}""", 71)]
    [InlineData("""{"bootStandardRequest":{"pivot":"000"}}""", 36)]
    [InlineData("""{"bootStandardRequest":{"pivot":"0g"}}""", 34)]
    [InlineData("""{"bootStandardRequest":{"pivot":"00\u0030"}}""", 35)]
    [InlineData("""{"bootStandardRequest":{"pivot":"00\"11"}}""", 36)]
    [InlineData("""{"bootStandardRequest":{"pivot":"00 11"}}""", 35)]
    [InlineData("""{"bootStandardRequest":{"pivot":"0011""", 37)]
    [InlineData("""{"bootStandardRequest":{"pivot":"0011223344"}}""", 32)]
    [InlineData("""{}}""", 2)]
    public void What_cannot_be_streamed_is_refused_with_its_place(string message, int offset)
    {
        for (int chunk = 1; chunk <= message.Length; chunk++)
        {
            var refusal = Assert.Throws<EncodingException>(() => Run(Text.UTF8.GetBytes(message), () => chunk, maxStreamed: 4));
            Assert.Equal(offset, refusal.Offset);
        }
    }

    [Fact]
    public void Retained_text_is_bounded_and_the_streamed_string_does_not_count()
    {
        byte[] message = Text.UTF8.GetBytes($$$"""{"bootStandardRequest":{"pivot":"{{{new string('a', 100_000)}}}","x":"{{{new string('b', 100)}}}"}}""");
        int retained = message.Length - 100_000;
        Assert.Equal(50_000, Run(message, () => 777, maxRetained: retained).Bytes.Length);
        Assert.Throws<EncodingException>(() => Run(message, () => 777, maxRetained: retained - 1));
        Assert.Throws<EncodingException>(() => Run(message, () => message.Length, maxRetained: 20));
    }

    [Fact]
    public void Depth_is_bounded() =>
        Assert.Throws<EncodingException>(() => Run(Text.UTF8.GetBytes(new string('[', 65)), () => 10));

    // The retained text and the streamed bytes of random documents, against a walk over the framework's tokens.
    [Fact]
    public void Random_documents_in_random_chunks_are_split_as_their_tokens_say()
    {
        const int Seed = 1234567;
        var random = new Random(Seed);
        int streamed = 0;
        for (int round = 0; round < 3000; round++)
        {
            byte[] document = Text.UTF8.GetBytes(RandomDocument(random, 0));
            (string Text, string Hex, bool Twice) expected = Obvious(document);
            string what = $"seed {Seed}, round {round}: {Text.UTF8.GetString(document)}";
            try
            {
                int most = random.Next(1, 40);
                (string text, byte[] bytes, bool was) = Run(document, () => random.Next(1, most + 1));
                Assert.False(expected.Twice, what);
                Assert.True(expected.Text == text, $"{what}\nretained {text}\nexpected {expected.Text}");
                Assert.True(expected.Hex == Hex.Encode(bytes), what);
                streamed += was ? 1 : 0;
            }
            catch (EncodingException)
            {
                Assert.True(expected.Twice, what);
            }
        }

        Assert.True(streamed > 250, $"only {streamed} documents had the member");
    }

    // Malformed text: what the strict reader says of the retained text is what it says of the whole, and nothing else is thrown.
    [Fact]
    public void Damaged_documents_are_caught_here_or_by_the_reader()
    {
        const int Seed = 424242;
        var random = new Random(Seed);
        for (int round = 0; round < 5000; round++)
        {
            byte[] document = Text.UTF8.GetBytes(RandomDocument(random, 0));
            for (int damage = random.Next(3); damage >= 0 && document.Length > 0; damage--)
                document[random.Next(document.Length)] = (byte)"\"\\{}[]:,0a \u0001z"[random.Next(13)];
            bool whole = Accepts(document);
            try
            {
                (byte[] text, _, bool was) = RunBytes(document, () => random.Next(1, 20), 10_000, 1_000_000);
                Assert.True(whole == Accepts(text), $"seed {Seed}, round {round}, streamed {was}: {Text.UTF8.GetString(document)}");
            }
            catch (EncodingException)
            {
                // A valid document is refused here only for what the streamed member holds.
                if (whole)
                    Assert.Contains("pivot", Text.UTF8.GetString(document), StringComparison.Ordinal);
            }
        }
    }

    private static bool Accepts(byte[] text)
    {
        try
        {
            var reader = new QosJsonReader(text);
            reader.Skip();
            reader.End();
            return true;
        }
        catch (EncodingException)
        {
            return false;
        }
    }

    private static (string Text, byte[] Bytes, bool Was) Run(byte[] message, Func<int> chunk, int maxRetained = 10_000, long maxStreamed = 1_000_000)
    {
        (byte[] text, byte[] bytes, bool was) = RunBytes(message, chunk, maxRetained, maxStreamed);
        return (Text.UTF8.GetString(text), bytes, was);
    }

    private static (byte[] Text, byte[] Bytes, bool Was) RunBytes(byte[] message, Func<int> chunk, int maxRetained, long maxStreamed)
    {
        var sink = new Collecting();
        using var member = new StreamedMember(s_paths, sink, maxRetained, maxStreamed);
        for (int at = 0; at < message.Length;)
        {
            int length = Math.Min(chunk(), message.Length - at);
            member.Feed(message.AsSpan(at, length));
            at += length;
            Assert.Equal(at, member.Offset);
        }

        byte[] text = member.Complete().ToArray();
        Assert.Equal(sink.Bytes.Count, member.StreamedBytes);
        return (text, [.. sink.Bytes], member.WasStreamed);
    }

    private static (string Text, string Hex, bool Twice) Obvious(byte[] document)
    {
        var reader = new Utf8JsonReader(document);
        var names = new Dictionary<int, string>();
        var objects = new Dictionary<int, bool> { [0] = false };
        int depth = 0;
        var text = new List<byte>();
        int copied = 0;
        string hex = "";
        int found = 0;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    objects[++depth] = reader.TokenType == JsonTokenType.StartObject;
                    names.Remove(depth);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    depth--;
                    break;
                case JsonTokenType.PropertyName:
                    names[depth] = Text.UTF8.GetString(reader.ValueSpan);
                    break;
                case JsonTokenType.String when depth == 2 && objects[1] && objects[2]
                    && s_paths.Contains(new StreamedMemberPath(names[1], names[2])):
                    found++;
                    hex = Text.UTF8.GetString(reader.ValueSpan).ToLowerInvariant();
                    int start = (int)reader.TokenStartIndex + 1;
                    text.AddRange(document[copied..start]);
                    copied = start + reader.ValueSpan.Length;
                    break;
            }
        }

        text.AddRange(document[copied..]);
        return (Text.UTF8.GetString(text.ToArray()), hex, found > 1);
    }

    private static string RandomDocument(Random random, int depth)
    {
        string space = random.Next(6) == 0 ? " \n\t"[..random.Next(1, 4)] : "";
        int kind = depth == 0 ? 0 : depth == 1 ? random.Next(4) : random.Next(9);
        switch (kind)
        {
            case 0 or 1:
                string[] names = depth == 0
                    ? ["bootStandardRequest", "bootKeyForwardRequest", "pivot", "x"]
                    : ["pivot", "manifest_envelope", "bootStandardRequest", "p\\u0069vot", "q\\\"", ""];
                random.Shuffle(names);
                int members = random.Next(depth == 0 ? 1 : 0, names.Length);
                return "{" + space + string.Join("," + space, names[..members].Select(name =>
                    $"\"{name}\"{space}:{space}{(name == "pivot" && depth == 1 ? RandomPivot(random) : RandomDocument(random, depth + 1))}")) + "}" + space;
            case 2:
                return "[" + string.Join(space + ",", Enumerable.Range(0, random.Next(4)).Select(_ => RandomDocument(random, depth + 1))) + "]";
            case 3:
                return RandomPivot(random);
            case 4:
                return "null";
            case 5:
                return random.Next(1000).ToString(System.Globalization.CultureInfo.InvariantCulture);
            case 6:
                return "true";
            default:
                return "\"" + new[] { "pivot", "\\\"", "\\\\", "é\\u00e9😀", "{\\\"pivot\\\":\\\"", "}]" }[random.Next(6)] + "\"";
        }
    }

    private static string RandomPivot(Random random)
    {
        byte[] bytes = new byte[random.Next(4) == 0 ? random.Next(200) : random.Next(5)];
        random.NextBytes(bytes);
        return "\"" + (random.Next(2) == 0 ? Convert.ToHexString(bytes) : Convert.ToHexStringLower(bytes)) + "\"";
    }

    private sealed class Collecting : IStreamedMemberSink
    {
        public List<byte> Bytes { get; } = [];

        public void Write(ReadOnlySpan<byte> decoded)
        {
            Assert.InRange(decoded.Length, 1, 32 * 1024);
            Bytes.AddRange(decoded);
        }
    }
}
