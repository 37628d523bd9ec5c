using System.CommandLine;

namespace Qos.Control.Tests;

/// <summary><c>qos-control init</c> where it cannot do what was asked.</summary>
public class InitTests
{
    [Theory]
    [InlineData("is not where to listen", "--listen", "nonsense")]
    [InlineData("is not where to listen", "--ingress", "http://some.name:80")]
    [InlineData("qos-nsm-sim is missing: name the folder of the programs with --programs", "--programs", "/nowhere")]
    public async Task What_cannot_be_made_is_said_and_nothing_is_left_behind(string complaint, params string[] options)
    {
        string home = Directory.CreateTempSubdirectory("qos-init-").FullName, folder = Path.Combine(home, "control");
        try
        {
            ControlException refused = await Assert.ThrowsAsync<ControlException>(() => ControlCommand.Make().Parse(["init", "--dir", folder, .. options])
                .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, TestContext.Current.CancellationToken));
            Assert.Contains(complaint, refused.Message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder));
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }
}
