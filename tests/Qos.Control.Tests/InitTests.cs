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

    [Fact]
    public async Task Of_several_at_once_one_makes_the_folder_and_the_others_take_nothing_of_it()
    {
        string home = Directory.CreateTempSubdirectory("qos-init-").FullName, folder = Path.Combine(home, "control");
        string programs = Path.Combine(home, "programs");
        try
        {
            // In the place of the simulator: waits until it is let go, so that the others come while the first is at it.
            string go = Path.Combine(home, "go");
            Directory.CreateDirectory(programs);
            await File.WriteAllTextAsync(Path.Combine(programs, "qos-nsm-sim"), $"#!/bin/sh\nmkdir -p \"$5\"; echo root >\"$5/root.pem\"; while [ ! -e '{go}' ]; do sleep 0.02; done\n");
            File.SetUnixFileMode(Path.Combine(programs, "qos-nsm-sim"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Task<int> first = InitAsync(folder, programs);
            await Until.TrueAsync(() => File.Exists(Path.Combine(folder, "pki", "root.pem")), "the first does not begin");
            ControlException refused = await Assert.ThrowsAsync<ControlException>(() => InitAsync(folder, programs));
            Assert.Equal($"{folder} is being made by another init.", refused.Message);
            Assert.False(first.IsCompleted);
            await File.WriteAllTextAsync(go, "");
            Assert.Equal(0, await first);
            refused = await Assert.ThrowsAsync<ControlException>(() => InitAsync(folder, programs));
            Assert.Contains("is there already", refused.Message, StringComparison.Ordinal);
            Assert.Equal(
                ["admin.apikey", "control.db", "data", "pki", "qos-control.json", "release.pcrs"],
                Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Where(static name => !name!.StartsWith("control.db-", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        }
        finally
        {
            await File.WriteAllTextAsync(Path.Combine(home, "go"), "");
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public async Task A_folder_where_everybody_may_write_gets_no_keys_and_a_link_in_it_is_not_followed()
    {
        string folder = Directory.CreateTempSubdirectory("qos-init-").FullName, target = Path.Combine(Path.GetTempPath(), $"qos-init-target-{Guid.NewGuid():N}");
        try
        {
            File.CreateSymbolicLink(Path.Combine(folder, "release.pcrs"), target);
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
            ControlException refused = await Assert.ThrowsAsync<ControlException>(() => InitAsync(folder, "/nowhere", "--kubernetes", "image", "--database", "sqlite:control.db"));
            Assert.Contains("everybody may write", refused.Message, StringComparison.Ordinal);
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await Assert.ThrowsAsync<ControlException>(() => InitAsync(folder, "/nowhere", "--kubernetes", "image", "--database", "sqlite:control.db"));
            Assert.False(File.Exists(target));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            File.Delete(target);
        }
    }

    private static Task<int> InitAsync(string folder, string programs, params string[] options) => ControlCommand.Make().Parse(["init", "--dir", folder, "--programs", programs, .. options])
        .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, TestContext.Current.CancellationToken);
}
