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
    [InlineData("verify")]
    [InlineData("eif")]
    public async Task Script_comes_out_as_written(string name)
    {
        string path = Path.Combine("tests", "Qos.Cli.Tests", "Scripts", name + ".txt");
        using var run = new ScriptRun();
        Golden.Check(path, await run.RunAsync(await File.ReadAllTextAsync(Path.Combine(Golden.Root, path))));
    }
}
