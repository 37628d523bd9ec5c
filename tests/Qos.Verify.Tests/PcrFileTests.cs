using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Qos.Nsm.Tests;
using Qos.Vectors;

namespace Qos.Verify.Tests;

/// <summary>Measurements as tools write them.</summary>
public sealed class PcrFileTests
{
    [Fact]
    public void Measurements_are_read_from_lines_and_from_JSON()
    {
        IReadOnlyDictionary<int, byte[]> release = PcrFile.Read(VectorFiles.PathOf("qos", "golden", "dist", "aws-x86_64.pcrs"));
        Assert.Equal([0, 1, 2], release.Keys);
        Assert.Equal(release[0], release[1]);

        string hex = Convert.ToHexStringLower(release[2]);
        string measured = $$$"""{"Measurements":{"HashAlgorithm":"Sha384 { ... }","PCR0":"{{{hex}}}","PCR2":"{{{hex.ToUpperInvariant()}}}"}}""";
        Assert.Equal([0, 2], PcrFile.Parse(measured).Keys);
        Assert.Equal(release[2], PcrFile.Parse(measured)[2]);
        Assert.Equal(release[2], PcrFile.Parse($$"""{"pcr8":"{{hex}}"}""")[8]);
    }

    [Fact]
    public void Any_measurements_come_back_from_both_forms()
    {
        Prop.ForAll<byte[], bool>(static (indices, isUpper) =>
        {
            Dictionary<int, string> pcrs = [];
            foreach (byte index in indices.Append((byte)0))
                pcrs[index % 32] = Convert.ToHexStringLower([.. Enumerable.Repeat(index, 48)]);
            string Hex(string hex) => isUpper ? hex.ToUpperInvariant() : hex;
            string lines = string.Concat(pcrs.Select(pcr => $"{Hex(pcr.Value)} PCR{pcr.Key}\n"));
            string json = $"{{\"Measurements\":{{{string.Join(',', pcrs.Select(pcr => $"\"PCR{pcr.Key}\":\"{Hex(pcr.Value)}\""))}}}}}";
            foreach (string text in (string[])[lines, json])
                Assert.Equal(pcrs.OrderBy(static pcr => pcr.Key), PcrFile.Parse(text).ToDictionary(static pcr => pcr.Key, static pcr => Convert.ToHexStringLower(pcr.Value)).OrderBy(static pcr => pcr.Key));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"Measurements\":[]}")]
    [InlineData("{\"PCR0\":7}")]
    [InlineData("{\"PCR0\":\"ab\"}")]
    [InlineData("{\"PCR0\"")]
    [InlineData("00 PCR0")]
    [InlineData("zz PCR0")]
    [InlineData("PCR0")]
    [InlineData("$ PCR32")]
    [InlineData("$ PCR-1")]
    [InlineData("$ PCR0\n$ PCR0")]
    [InlineData("$ PCR0 more")]
    public void Other_measurements_are_refused(string text) =>
        Assert.Throws<FormatException>(() => PcrFile.Parse(text.Replace("$", new string('0', 96), StringComparison.Ordinal)));

    [Fact]
    public void Mutated_measurements_are_read_or_refused_and_nothing_else()
    {
        const int Seed = 3;
        var random = new Random(Seed);
        string hex = new('a', 96);
        byte[][] files = [.. new[] { $"{hex} PCR0\n{hex} PCR1\n", $"{{\"Measurements\":{{\"PCR0\":\"{hex}\"}}}}" }.Select(Encoding.UTF8.GetBytes)];
        for (int i = 0; i < 5_000; i++)
        {
            string text = Encoding.UTF8.GetString(Mutation.Of(files[i % 2], random));
            try
            {
                Assert.All(PcrFile.Parse(text), pcr => Assert.Equal(48, pcr.Value.Length));
            }
            catch (FormatException)
            {
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {Seed}, {text}: {e}");
            }
        }
    }
}
