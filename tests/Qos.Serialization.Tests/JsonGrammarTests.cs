using System.Text;
using Text = System.Text.Encoding;

namespace Qos.Serialization.Tests;

/// <summary>What is JSON of ours and what is not; each case also against the obvious implementation.</summary>
public class JsonGrammarTests
{
    private static readonly string[] s_accepted =
    [
        "null", "true", "false", "0", "1", "-1", "10", "18446744073709551615", "-9223372036854775808", "\"\"", "{}", "[]",
        " \t\r\n1 \t\r\n", "[ ]", "{ }", "[1,2]", "[ 1 , 2 ]", "[[],[[]]]", "{\"a\":1}", "{ \"a\" : 1 , \"b\" : null }", "{\"\":0}",
        """ "\"\\\/\b\f\n\r\t" """, """ "\u0000\u001f\u007f\u0080\u00e9\u20AC\uFFFF" """, """ "\ud83d\ude00\uD83D\uDE00" """, "\"\u007f/<é€😀\uffff\"",
        """{"a":{"a":{"a":1}}}""", """{"a":1,"A":2,"a ":3,"\u0000":4}""", """{"e\u0301":1,"\u00e9":2}""", """[{"a":1},{"a":1}]""",
        new string('[', 64) + new string(']', 64), """{"a\":1,\"x":0,"a":1,"x":2}""", """{"a":1,"x":2,"a\":1,\"x":0}""", "[null,null]",
    ];

    private static readonly string[] s_rejected =
    [
        "", " ", "nul", "nulL", "True", "tru", "truex", "false1", "nan", "NaN", "Infinity", "undefined", "'a'", "a", "//", "/**/1", "\u00a01", "\v1", "\f1",
        "+1", "-", "--1", "-a", "00", "01", "-01", "-0", "-00", "1.0", "1.", ".5", "-.5", "1e3", "1E3", "1e+3", "0e0", "0.0", "-0.0", "-1.25", "1_000", "0x10", "1a", "1 2",
        "18446744073709551616", "-9223372036854775809", "100000000000000000000000000000000", "-18446744073709551615", "1,", "１",
        "\"", "\"a", "\"\\\"", "\"\\", "\"\\x41\"", "\"\\u\"", "\"\\u12\"", "\"\\u123\"", "\"\\u123g\"", "\"\\u+123\"", "\"\\U0041\"", "\"\\0\"", "\"\\'\"", "\"\\a\"", "\"\\\n\"",
        "\"\u0000\"", "\"\u0001\"", "\"\t\"", "\"\n\"", "\"\r\"", "\"\u001f\"", "\"a\"b", "\"a\"\"b\"",
        "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800a\"", "\"\\ud800\\n\"", "\"\\ud800\\ud800\"", "\"\\ud83d\\u\"", "\"\\ud83d\\u12\"", "\"\\ud83d\\u0041\"", "\"\\ude00\\ud83d\"", "\"\\ud83d\\\"", "\"\\ud83d", "\"\\ud83d\\",
        "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1;2]", "[1]]", "[}", "[1:2]", "[\"a\":1]",
        "{", "}", "{]", "{a:1}", "{'a':1}", "{1:1}", "{null:1}", "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,\"a\":1}", "{\"a\":1 \"b\":2}", "{\"a\":1,,\"b\":2}", "{\"a\"::1}", "{\"a\",1}", "{\"a\":1}}", "{\"a\":1}{}", "{\"a\":1} x", "{} {}", "null null", "{\"a\":1}\0",
        """{"a":1,"a":1}""", """{"a":1,"b":2,"a":3}""", """{"a":null,"a":1}""", """{"a":1,"\u0061":1}""", """{"\u0061":1,"a":1}""", """{"\u0061":1,"\u0061":1}""", """{"\n":1,"\u000a":1}""",
        """{"x":{"a":1,"a":1}}""", """[{"a":1,"a":1}]""", """{"x":[{"y":{"":1,"":1}}]}""", """{"😀":1,"\ud83d\ude00":2}""", """{"a\"":1,"a\u0022":1}""",
        new string('[', 65) + new string(']', 65), new string('[', 100_000), string.Concat(Enumerable.Repeat("{\"a\":", 65)) + "1" + new string('}', 65),
        "\ufeff1", "\ufeff", "1\ufeff", "[\ufeff1]",
    ];

    public static TheoryData<string> Accepted => [.. s_accepted];

    public static TheoryData<string> Rejected => [.. s_rejected];

    public static TheoryData<string, string> NotUtf8 => new()
    {
        { "lone continuation", "22802 2" }, { "cut character", "22c322" }, { "overlong slash", "22c0af22" }, { "overlong zero", "22e0808022" },
        { "high surrogate", "22eda08022" }, { "surrogate pair in UTF-8", "22eda0bdedb88022" }, { "beyond U+10FFFF", "22f490808022" }, { "0xff", "22ff22" },
        { "Latin-1", "22e922" }, { "outside a string", "31ff" }, { "a name", "7b22ff223a317d" }, { "UTF-16", "fffe31 00" }, { "skipped deep inside", "5b7b2261223a5b22c3 28225d7d5d" },
    };

    [Theory]
    [MemberData(nameof(Accepted))]
    public void Is_accepted(string json)
    {
        byte[] document = Text.UTF8.GetBytes(json);
        string canonical = Text.UTF8.GetString(CanonicalJson.Canonicalize(document));
        Assert.Equal(ObviousJson.Canonical(document), canonical);
        Assert.Equal(canonical, Text.UTF8.GetString(CanonicalJson.Canonicalize(Text.UTF8.GetBytes(canonical))));

        // A part of a document is never a document, except where only white space or a number's last digits are cut.
        for (int length = 0; length < document.Length; length++)
            AgreesWithTheObvious(document[..length]);
    }

    [Theory]
    [MemberData(nameof(Rejected))]
    public void Is_rejected(string json)
    {
        byte[] document = Text.UTF8.GetBytes(json);
        Assert.Null(ObviousJson.Canonical(document));
        AgreesWithTheObvious(document);
        AgreesWithTheObvious([(byte)'[', .. document, (byte)']']);
        AgreesWithTheObvious([.. "{\"m\":"u8, .. document, (byte)'}']);
    }

    [Theory]
    [MemberData(nameof(NotUtf8))]
    public void Is_rejected_as_no_utf8(string what, string hex)
    {
        byte[] document = Hex.Decode(hex.Replace(" ", "", StringComparison.Ordinal));
        var refusal = Assert.Throws<EncodingException>(() => Skim(document));
        Assert.True(refusal.Offset >= 0 && refusal.Message.Contains("UTF-8", StringComparison.Ordinal), what);
    }

    [Fact]
    public void Refusals_say_where()
    {
        Assert.Equal(2, Assert.Throws<EncodingException>(() => Skim("[1.5]"u8.ToArray().Prepend((byte)' ').ToArray())).Offset);
        Assert.Equal(7, Assert.Throws<EncodingException>(() => Skim("""{"a":1,"a":2}"""u8.ToArray())).Offset);
        Assert.Equal(64, Assert.Throws<EncodingException>(() => Skim(Text.UTF8.GetBytes(new string('[', 65)))).Offset);
        Assert.Equal(3, Assert.Throws<EncodingException>(() => Skim("{} {}"u8.ToArray())).Offset);
        Assert.Equal(0, Assert.Throws<EncodingException>(() => Skim([0xef, 0xbb, 0xbf, (byte)'1'])).Offset);
    }

    [Fact]
    public void Damaged_documents_are_judged_as_the_obvious_implementation_judges_them()
    {
        const int Seed = 8259;
        var random = new Random(Seed);
        string[] seeds = [.. s_accepted, .. s_rejected.Where(static json => json.Length < 200)];
        byte[] alphabet = [.. "\"\\{}[]:,0123456789-.eEutrnbfalse \t\n\0\u0001\u007f"u8, 0x80, 0xc3, 0xa9, 0xed, 0xa0, 0xef, 0xbb, 0xbf, 0xf0, 0xff];
        int accepted = 0;
        for (int round = 0; round < 30_000; round++)
        {
            var document = new List<byte>(Text.UTF8.GetBytes(seeds[random.Next(seeds.Length)]));
            for (int damage = random.Next(1, 4); damage > 0; damage--)
            {
                int at = random.Next(document.Count + 1);
                switch (random.Next(4))
                {
                    case 0:
                        document.Insert(at, alphabet[random.Next(alphabet.Length)]);
                        break;
                    case 1 when at < document.Count:
                        document[at] = alphabet[random.Next(alphabet.Length)];
                        break;
                    case 2 when at < document.Count:
                        document.RemoveAt(at);
                        break;
                    default:
                        document.InsertRange(at, Text.UTF8.GetBytes(seeds[random.Next(seeds.Length)]));
                        break;
                }
            }

            accepted += AgreesWithTheObvious([.. document], $"seed {Seed}, round {round}") ? 1 : 0;
        }

        Assert.True(accepted > 1000, $"only {accepted} were accepted");
    }

    [Fact]
    public void Members_are_sorted_whatever_their_order_and_depth()
    {
        const int Seed = 8785;
        var random = new Random(Seed);
        string[] pieces = ["a", "B", "1", "é", "€", "\ud7ff", "\ue000", "\uffff", "😀", "\ud800\udc00", "\\n", "\\u0000", "\\ud83d\\ude00", "\\\"", ""];
        for (int round = 0; round < 2000; round++)
            AgreesWithTheObvious(Text.UTF8.GetBytes(Value(0)), $"seed {Seed}, round {round}");

        string Value(int depth) => (depth < 4 ? random.Next(6) : 9) switch
        {
            0 or 1 or 2 => "{" + string.Join(",", Enumerable.Range(0, random.Next(6))
                .Select(_ => pieces[random.Next(pieces.Length)] + pieces[random.Next(pieces.Length)]).Distinct()
                .Select(name => $"\"{name}\":{Value(depth + 1)}")) + "}",
            3 => "[" + string.Join(",", Enumerable.Range(0, random.Next(4)).Select(_ => Value(depth + 1))) + "]",
            4 => "null",
            _ => $"\"{pieces[random.Next(pieces.Length)]}\"",
        };
    }

    // Names of all kinds, in objects below and above the size where the hash table begins, nested, with and without a duplicate.
    [Fact]
    public void Duplicates_are_found_in_objects_of_any_size()
    {
        const int Seed = 99;
        var random = new Random(Seed);
        for (int round = 0; round < 3000; round++)
        {
            byte[] document = Text.UTF8.GetBytes(Members(0));
            AgreesWithTheObvious(document, $"seed {Seed}, round {round}");
        }

        string Members(int depth) => "{" + string.Join(",", Enumerable.Range(0, random.Next(depth == 0 ? 40 : 20)).Select(_ =>
            $"\"{Name()}\":{(depth < 3 && random.Next(12) == 0 ? Members(depth + 1) : "1")}")) + "}";

        string Name() => random.Next(10) switch
        {
            0 => "\\u00" + random.Next(0x61, 0x7a).ToString("x2", null) + "x",
            1 => "n\\\"" + random.Next(200),
            2 => new string('k', random.Next(60)),
            _ => "n" + random.Next(2000),
        };
    }

    [Theory]
    [InlineData("{0}")]
    [InlineData("\\u0061{0}")]
    public void Many_members_are_read_in_linear_time(string pattern)
    {
        var text = new StringBuilder("{");
        for (int i = 0; i < 100_000; i++)
            text.Append('"').AppendFormat(null, pattern, i).Append("\":1,");
        byte[] unique = Text.UTF8.GetBytes(text + "\"last\":1}");
        byte[] twice = Text.UTF8.GetBytes(text + "\"" + string.Format(null, pattern, 0) + "\":1}");

        // Quadratic work would be 10^10 comparisons: it would take minutes.
        Skim(unique);
        Assert.Throws<EncodingException>(() => Skim(twice));
    }

    private static bool AgreesWithTheObvious(byte[] document, string context = "")
    {
        string? expected = ObviousJson.Canonical(document);
        string? actual = null;
        string reason = "";
        try
        {
            actual = Text.UTF8.GetString(CanonicalJson.Canonicalize(document));
        }
        catch (EncodingException refusal)
        {
            reason = refusal.Message;
            Assert.InRange(refusal.Offset, 0, document.Length);
        }

        Assert.True(expected == actual, $"{context}: {Text.UTF8.GetString(document)}\nexpected {expected ?? "a refusal"}\nand got {actual ?? reason}");

        bool skimmed = true;
        try
        {
            Skim(document);
        }
        catch (EncodingException)
        {
            skimmed = false;
        }

        Assert.True(skimmed == (expected is not null), $"{context}: skipping {Text.UTF8.GetString(document)}");
        return skimmed;
    }

    private static void Skim(byte[] document)
    {
        var reader = new QosJsonReader(document);
        reader.Skip();
        reader.End();
    }
}
