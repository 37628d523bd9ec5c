using System.Text.Json;
using System.Text.RegularExpressions;
using Qos.Vectors;
using Text = System.Text.Encoding;

namespace Qos.Serialization.Tests;

/// <summary>The published cases: <c>qos/qos_json.json</c> and RFC 8785's data.</summary>
public partial class CanonicalVectorTests
{
    [Fact]
    public void Qos_vectors_are_canonicalised_or_refused_as_they_say()
    {
        using JsonDocument vectors = JsonDocument.Parse(VectorFiles.Bytes("qos", "qos_json.json"));
        int cases = 0;
        foreach (JsonElement vector in vectors.RootElement.EnumerateArray())
        {
            string input = vector.GetProperty("input").GetString()!;
            if (vector.GetProperty("error").GetBoolean())
            {
                Assert.Throws<EncodingException>(() => CanonicalJson.Canonicalize(Text.UTF8.GetBytes(input)));
            }
            else
            {
                byte[] canonical = CanonicalJson.Canonicalize(Text.UTF8.GetBytes(input));
                Assert.Equal(vector.GetProperty("canonical").GetString(), Text.UTF8.GetString(canonical));
                if (vector.GetProperty("sha256").GetString() is { } hash)
                    Assert.Equal(hash, Hex.Encode(CanonicalJson.Hash(Text.UTF8.GetBytes(input))));
            }

            cases++;
        }

        Assert.Equal(16, cases);
    }

    [Theory]
    [InlineData("french")]
    [InlineData("unicode")]
    [InlineData("weird")]
    public void Jcs_data_without_numbers_and_nulls_gives_the_same_bytes(string name)
    {
        byte[] canonical = CanonicalJson.Canonicalize(VectorFiles.Bytes("standard", "jcs", "input", name + ".json"));
        Assert.Equal(VectorFiles.Text("standard", "jcs", "output", name + ".json"), Text.UTF8.GetString(canonical));
        Assert.Equal(Bytes(name), canonical);
    }

    // With every number cut to its whole part the order of names and the escapes can be compared in all of it; ours are strings, and nulls go.
    [Theory]
    [InlineData("arrays")]
    [InlineData("french")]
    [InlineData("structures")]
    [InlineData("unicode")]
    [InlineData("values")]
    [InlineData("weird")]
    public void Jcs_data_is_ordered_and_escaped_as_its_output(string name)
    {
        string input = Number().Replace(VectorFiles.Text("standard", "jcs", "input", name + ".json"), "7");
        string output = NullMember().Replace(Number().Replace(Text.UTF8.GetString(Bytes(name)), "\"7\""), "");
        Assert.Equal(output, Text.UTF8.GetString(CanonicalJson.Canonicalize(Text.UTF8.GetBytes(input))));
    }

    [Fact]
    public void Jcs_integers_become_strings_and_null_members_go()
    {
        byte[] canonical = CanonicalJson.Canonicalize(VectorFiles.Bytes("standard", "jcs", "input", "arrays.json"));
        Assert.Equal("""["56",{"1":[],"d":true}]""", Text.UTF8.GetString(canonical));
    }

    [Theory]
    [InlineData("structures")]
    [InlineData("values")]
    public void Jcs_data_with_fractions_is_refused(string name) =>
        Assert.Throws<EncodingException>(() => CanonicalJson.Canonicalize(VectorFiles.Bytes("standard", "jcs", "input", name + ".json")));

    [Fact]
    public void Jcs_strings_are_escaped_as_its_output_shows()
    {
        using JsonDocument input = JsonDocument.Parse(VectorFiles.Bytes("standard", "jcs", "input", "values.json"));
        using JsonDocument output = JsonDocument.Parse(VectorFiles.Bytes("standard", "jcs", "output", "values.json"));
        byte[] canonical = CanonicalJson.Canonicalize(Text.UTF8.GetBytes(input.RootElement.GetProperty("string").GetRawText()));
        Assert.Equal(output.RootElement.GetProperty("string").GetRawText(), Text.UTF8.GetString(canonical));
    }

    [Fact]
    public void Golden_documents_mean_the_same_in_canonical_form()
    {
        byte[] approval = VectorFiles.Bytes("qos", "golden", "approval.json");
        byte[] once = CanonicalJson.Canonicalize(approval);
        Assert.Equal(once, CanonicalJson.Canonicalize(once));
        Assert.Equal(ObviousJson.Canonical(approval), Text.UTF8.GetString(once));
    }

    private static byte[] Bytes(string name) =>
        Convert.FromHexString(string.Concat(VectorFiles.Text("standard", "jcs", "outhex", name + ".txt").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));

    // A number is what stands behind a bracket, comma or colon; the data has no string in which it looks so.
    [GeneratedRegex("\"[^\"]*\":null,")]
    private static partial Regex NullMember();

    [GeneratedRegex(@"(?<=[\[,:]\s*)-?[0-9][0-9.eE+-]*")]
    private static partial Regex Number();
}
