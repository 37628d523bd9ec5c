using System.CommandLine;
using System.Diagnostics;
using Qos.Arguments;
using Qos.Client;
using Qos.Fleet.Api;
using Qos.Fleet.Storage;

namespace Qos.Control.Tests;

/// <summary><c>qos-control init</c> where it cannot do what was asked.</summary>
public class InitTests
{
    [Theory]
    [InlineData("listen and ingress.listen are both 127.0.0.1:7880", "--listen", "http://127.0.0.1:7880")]
    [InlineData("/proc/version is not a file of PCRs: line 1", "--pcrs", "/proc/version")]
    [InlineData("qos-nsm-sim is missing: name the folder of the programs with --programs", "--programs", "/nowhere")]
    public async Task What_cannot_be_made_is_said_and_nothing_is_left_behind(string complaint, params string[] options)
    {
        string home = Directory.CreateTempSubdirectory("qos-init-").FullName, folder = Path.Combine(home, "control");
        try
        {
            Exception refused = await Assert.ThrowsAnyAsync<Exception>(() => ControlCommand.Make().Parse(["init", "--dir", folder, .. options])
                .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, TestContext.Current.CancellationToken));
            Assert.True(refused is ControlException or CeremonyException, refused.ToString());
            Assert.Contains(complaint, refused.Message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder));
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Theory]
    [InlineData("--listen", "nonsense")]
    [InlineData("--listen", "ftp://127.0.0.1:7800")]
    [InlineData("--listen", "http://127.0.0.1:99999")]
    [InlineData("--ingress", "http://some.name:80")]
    [InlineData("--ingress", "http://127.0.0.1:7880/path")]
    public void Where_it_cannot_listen_is_a_mistake_of_the_command_line(string option, string url) => Assert.Equal(
        $"{option}: '{url}' is not where to listen, for example http://127.0.0.1:7800.",
        CommandArguments.Read(ControlCommand.Make(), ["init", "--dir", "/nowhere/control", option, url]).Mistake);

    [Fact]
    public async Task Of_several_at_once_one_makes_the_folder_and_the_others_take_nothing_of_it()
    {
        string home = Directory.CreateTempSubdirectory("qos-init-").FullName, folder = Path.Combine(home, "control");
        string programs = Path.Combine(home, "programs");
        try
        {
            // In the place of the simulator: waits until it is let go, so that the others come while the first is at it.
            string go = Path.Combine(home, "go");
            MakeSimulator(programs, $"while [ -d '{home}' ] && [ ! -e '{go}' ]; do sleep 0.02; done");
            Task<int> first = InitAsync(folder, programs);
            await Until.TrueAsync(() => Begins(folder), "the first does not begin");
            ControlException refused = await Assert.ThrowsAsync<ControlException>(() => InitAsync(folder, programs));
            Assert.Equal($"{folder} is being made by another init.", refused.Message);
            Assert.False(first.IsCompleted);
            await File.WriteAllTextAsync(go, "");
            Assert.Equal(0, await first);
            refused = await Assert.ThrowsAsync<ControlException>(() => InitAsync(folder, programs));
            Assert.Contains("is there already", refused.Message, StringComparison.Ordinal);
            Assert.Equal(["admin.apikey", "control.db", "data", "pki", "qos-control.json", "release.pcrs"], Entries(folder));
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

    [Theory]
    [InlineData("")]
    [InlineData("data/service.secret")]
    [InlineData("release.pcrs", "data/service.secret", "pki/root.pem")]
    [InlineData("admin.apikey", "release.pcrs", "data/service.secret", "pki/root.pem", "control.db")]
    public async Task What_a_killed_one_left_is_taken_up_by_the_next_with_the_keys_that_were_made(params string[] made)
    {
        string home = Directory.CreateTempSubdirectory("qos-init-").FullName, folder = Path.Combine(home, "control"), whole = Path.Combine(home, "whole"), programs = Path.Combine(home, "programs");
        try
        {
            MakeSimulator(programs, "true");
            Assert.Equal(0, await InitAsync(whole, programs));

            // As a kill leaves it: its mark, what was made so far, and drafts of what was not.
            foreach (string name in made.Where(static name => name.Length > 0))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
                File.Copy(Path.Combine(whole, name), Path.Combine(folder, name));
            }

            Directory.CreateDirectory(Path.Combine(folder, "data"));
            Directory.CreateDirectory(Path.Combine(folder, ".pki.0", "module"));
            await File.WriteAllTextAsync(Path.Combine(folder, ".release.pcrs.0.draft"), "half");
            await File.WriteAllTextAsync(Path.Combine(folder, ".init"), "\n");
            Assert.Equal(0, await InitAsync(folder, programs));
            Assert.Equal(Files(whole), Files(folder));
            foreach (string key in made.Where(static name => name.EndsWith("key", StringComparison.Ordinal) || name.EndsWith("secret", StringComparison.Ordinal)))
                Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(whole, key)), await File.ReadAllBytesAsync(Path.Combine(folder, key)));
            FleetDatabase database = await FleetDatabase.OpenAsync("sqlite:" + Path.Combine(folder, "control.db"), TimeProvider.System, default);
            await using (database.ConfigureAwait(false))
            {
                ApiKeyRecord key = Assert.Single(await database.KeysAsync(default));
                ApiKeyBody admin = ApiKeyFile.Read(Path.Combine(folder, "admin.apikey"));
                Assert.Equal((admin.PublicKey, admin.OrganizationId), (key.PublicKey, key.OrganizationId));
                Assert.Single(await database.OrganizationsAsync(default));
            }
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }

        static IEnumerable<string> Files(string folder) =>
            Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path)).Where(static name => !name.StartsWith("control.db-", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task One_that_is_killed_while_it_makes_the_authority_is_taken_up()
    {
        string home = Directory.CreateTempSubdirectory("qos-init-").FullName, folder = Path.Combine(home, "control"), programs = Path.Combine(home, "programs");
        string go = Path.Combine(home, "go");
        try
        {
            MakeSimulator(programs, $"while [ -d '{home}' ] && [ ! -e '{go}' ]; do sleep 0.02; done");
            using Process killed = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "qos-control"), ["init", "--dir", folder, "--programs", programs]) { RedirectStandardError = true })!;
            await Until.TrueAsync(() => Begins(folder), "it does not begin");
            killed.Kill();
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(go, "");
            byte[] key = await File.ReadAllBytesAsync(Path.Combine(folder, "data", ServiceKey.FileName));
            Assert.Equal(0, await InitAsync(folder, programs));
            Assert.Equal(key, await File.ReadAllBytesAsync(Path.Combine(folder, "data", ServiceKey.FileName)));
            Assert.Equal(["admin.apikey", "control.db", "data", "pki", "qos-control.json", "release.pcrs"], Entries(folder));
        }
        finally
        {
            await File.WriteAllTextAsync(go, "");
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public async Task Where_nothing_can_be_printed_the_folder_stays_and_the_reason_is_one_line()
    {
        string home = Directory.CreateTempSubdirectory("qos-init-").FullName, folder = Path.Combine(home, "control"), programs = Path.Combine(home, "programs");
        try
        {
            MakeSimulator(programs, "true");
            using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >/dev/full", "sh", Path.Combine(AppContext.BaseDirectory, "qos-control"), "init", "--dir", folder, "--programs", programs]) { RedirectStandardError = true })!;
            string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal((1, "qos-control: reading or writing failed: No space left on device\n"), (process.ExitCode, error));
            Assert.Equal(["admin.apikey", "control.db", "data", "pki", "qos-control.json", "release.pcrs"], Entries(folder));
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public async Task What_is_no_inits_is_not_written_over_and_the_folder_stays_as_it_was()
    {
        string folder = Directory.CreateTempSubdirectory("qos-init-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "release.pcrs"), "somebody's");
            for (int i = 0; i < 2; i++)
            {
                ControlException refused = await Assert.ThrowsAsync<ControlException>(() => InitAsync(folder, "/nowhere"));
                Assert.Equal($"{Path.Combine(folder, "release.pcrs")} is there already, and no init made it: name another folder, or move it away.", refused.Message);
                Assert.Equal(["release.pcrs"], Entries(folder));
            }

            Assert.Equal("somebody's", await File.ReadAllTextAsync(Path.Combine(folder, "release.pcrs")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool Begins(string folder) => Directory.Exists(folder) && Directory.GetDirectories(folder, ".pki.*").Any(static draft => File.Exists(Path.Combine(draft, "pki", "root.pem")));

    private static IEnumerable<string?> Entries(string folder) =>
        Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Where(static name => !name!.StartsWith("control.db-", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static void MakeSimulator(string programs, string wait)
    {
        Directory.CreateDirectory(programs);
        string path = Path.Combine(programs, "qos-nsm-sim");
        File.WriteAllText(path, $"#!/bin/sh\nmkdir -p \"$5\"; echo root >\"$5/root.pem\"; {wait}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static Task<int> InitAsync(string folder, string programs, params string[] options) => ControlCommand.Make().Parse(["init", "--dir", folder, "--programs", programs, .. options])
        .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, TestContext.Current.CancellationToken);
}
