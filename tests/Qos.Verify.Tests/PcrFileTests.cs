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

    public static TheoryData<string> Shapes() =>
    [
        $"{Zero} PCR0\n{One} PCR1\n",
        $"PCR0: {Zero}\nPCR1: {One.ToUpperInvariant()}\n",
        $"PCR0={Zero}\r\nPCR1={One}\r\n",
        $"# of release 7\n\nPCR0 {Zero} # the image\n// the kernel\nPCR1 {One}\n",
        $"  \"HashAlgorithm\": \"Sha384 {{ ... }}\",\n  \"PCR0\": \"{Zero}\",\n  \"PCR1\": \"{One}\"\n",
        $$$"""{"PCR0":"{{{Zero}}}","PCR1":"{{{One}}}"}""",
        $$$"""{"Measurements":{"HashAlgorithm":"Sha384 { ... }","PCR0":"{{{Zero}}}","PCR1":"{{{One}}}"}}""",
        $$$"""[{"EnclaveName":"a","CPUIDs":[1,5],"Measurements":{"PCR0":"{{{Zero}}}","PCR1":"{{{One}}}"}}]""",
        $$$"""[{"Measurements":{"PCR0":"{{{Zero}}}","PCR1":"{{{One}}}"}},{"State":"RUNNING","Measurements":{"PCR1":"{{{One}}}","PCR0":"{{{Zero}}}"}}]""",
        $$$"""{"EifVersion":4,"Measurements":{"PCR0":"{{{Zero}}}","PCR1":"{{{One}}}"},"Metadata":{"CustomMetadata":{{{Nested(200)}}},"PCR0":"not a measurement"}}""",
        $$$"""
        Start building the Enclave Image...
        Enclave Image successfully created.
        {
          "Measurements": {
            "PCR0": "{{{Zero}}}",
            "PCR1": "{{{One}}}"
          }
        }
        """,
        $"\uFEFF{Zero} PCR0\n{One} PCR1\n",
    ];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_shape_that_tools_print_is_read(string text)
    {
        IReadOnlyDictionary<int, byte[]> pcrs = PcrFile.Parse(text);
        Assert.Equal([0, 1], pcrs.Keys);
        Assert.Equal(Zero, Convert.ToHexStringLower(pcrs[0]));
        Assert.Equal(One, Convert.ToHexStringLower(pcrs[1]));
    }

    // Written as JSON escapes: a theory's data cannot hold half a character.
    [Theory]
    [InlineData("""{"\ud800":1}""", "surrogate")]
    [InlineData("""{"PCR0":"\ud800"}""", "surrogate")]
    [InlineData("""[{"Measurements":{"\udc00":1}}]""", "surrogate")]
    [InlineData("""{"Measurements":[]}""", "not an object")]
    [InlineData("""{"PCR0":7}""", "PCR0")]
    [InlineData("[1,2]", "no PCR")]
    [InlineData("{", "not valid JSON")]
    [InlineData("PCR0: 00", "line 1")]
    [InlineData("hello", "line 1")]
    public void What_holds_none_is_refused_with_its_place(string text, string because) =>
        Assert.Contains(because, Assert.Throws<FormatException>(() => PcrFile.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_without_end_is_refused_at_the_limit() =>
        Assert.Contains("more than", Assert.Throws<FormatException>(() => PcrFile.Read("/dev/zero")).Message, StringComparison.Ordinal);

    /// <summary>Anybody could say for how long the reader waits.</summary>
    [Fact]
    public async Task A_pipe_in_its_place_is_refused_and_an_own_one_is_read()
    {
        string pipe = Path.Combine(Path.GetTempPath(), $"qos-pcrs-{Guid.NewGuid():N}"), text = $"PCR0: {Zero}\n";
        try
        {
            using (var made = System.Diagnostics.Process.Start("mkfifo", ["-m", "644", pipe]))
                await made.WaitForExitAsync();
            IOException refused = await Assert.ThrowsAsync<IOException>(() => Task.Run(() => PcrFile.Read(pipe)).WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.Equal($"{pipe} is a pipe or a device that is not yours alone: name a file, give it as /dev/stdin, or make the pipe one of your own with mode 0600.", refused.Message);

            File.SetUnixFileMode(pipe, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            Task writing = Task.Run(() => File.WriteAllText(pipe, text));
            Assert.Equal(48, (await Task.Run(() => PcrFile.Read(pipe)).WaitAsync(TimeSpan.FromSeconds(60)))[0].Length);
            await writing;
        }
        finally
        {
            File.Delete(pipe);
        }
    }

    [Fact]
    public void Enclaves_that_differ_are_not_one_release() => Assert.Contains(
        "differ",
        Assert.Throws<FormatException>(() => PcrFile.Parse($$$"""[{"Measurements":{"PCR0":"{{{Zero}}}"}},{"Measurements":{"PCR0":"{{{One}}}"}}]""")).Message,
        StringComparison.Ordinal);

    private static string Zero { get; } = string.Concat(Enumerable.Repeat("a0", 48));

    private static string One { get; } = string.Concat(Enumerable.Repeat("b1", 48));

    private static string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);

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
