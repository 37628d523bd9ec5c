using Qos.Tokens.Tests;

namespace Qos.Cli.Tests;

/// <summary>What an operator types and sees, script by script.</summary>
public class ScriptTests
{
    [Theory]
    [InlineData("keys")]
    [InlineData("passphrases")]
    [InlineData("shamir")]
    [InlineData("usage")]
    [InlineData("manifests")]
    [InlineData("hostile")]
    [InlineData("life")]
    [InlineData("decisions")]
    [InlineData("forwarding")]
    [InlineData("reshare")]
    [InlineData("bundle")]
    [InlineData("verify")]
    [InlineData("eif")]
    public Task Script_comes_out_as_written(string name) => CheckAsync(name);

    [TokenFact]
    public Task Script_with_tokens_comes_out_as_written() => CheckAsync("tokens");

    private static async Task CheckAsync(string name)
    {
        string path = Path.Combine("tests", "Qos.Cli.Tests", "Scripts", name + ".txt");
        using var run = new ScriptRun();
        Golden.Check(path, await run.RunAsync(await File.ReadAllTextAsync(Path.Combine(Golden.Root, path))));
    }
}
