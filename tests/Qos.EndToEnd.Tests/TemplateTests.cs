using System.Globalization;
using Qos.EndToEnd.Local;

namespace Qos.EndToEnd.Tests;

/// <summary>
/// What <c>qos app new</c> writes, for each language: built, run in an enclave, asked, and its answer verified, by the test that the template brings. A
/// language whose tools are not installed is skipped; native/install-deps signers installs them all.
/// </summary>
public sealed class TemplateTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qos-template-").FullName;

    [RootTheory]
    [InlineData("c", "/usr/bin/cc", true)]
    [InlineData("go", "/usr/bin/go", true)]
    [InlineData("rust", "/usr/bin/rustc", true)]
    [InlineData("python", "/usr/lib/python3.11/config-3.11-x86_64-linux-gnu/libpython3.11.a", true)]
    [InlineData("node", "/usr/bin/node", false)]
    [InlineData("dotnet", "/usr/bin/ld.lld", true)]
    public async Task An_app_of_a_template_answers_with_a_proof_that_verifies(string language, string needs, bool goesIntoImages)
    {
        Assert.SkipUnless(File.Exists(needs), $"{needs} is not installed: native/install-deps signers");
        string app = Path.Combine(_folder, "my-app");
        (int code, _, string[] errors) = await RunningProgram.RunAsync("qos", "app", "new", "--language", language, app);
        Assert.True(code == 0, string.Join('\n', errors));

        int port = LocalNode.FreePort();
        await using RunningProgram test = RunningProgram.StartAt(
            language, "env",
            [
                $"TMPDIR={_folder}", $"PATH={Path.GetDirectoryName(Programs.Find("qos"))}:{Environment.GetEnvironmentVariable("PATH")}", $"HOME={Home}",
                string.Create(CultureInfo.InvariantCulture, $"PORT={port}"), Path.Combine(app, "test"),
            ]);
        int ended = await test.ExitAsync(TimeSpan.FromMinutes(4));
        output.WriteLine(test.Log);
        Assert.True(ended == 0, test.Log);
        Assert.Contains("ok", test.Output);

        // Base images are not to be had here; what is done in them is the build that was just tried.
        string[] dockerfile = await File.ReadAllLinesAsync(Path.Combine(app, "Dockerfile"));
        Assert.Single(dockerfile, static line => line == "RUN ./build");
        Assert.Contains(goesIntoImages ? "COPY --from=build /src/my-app /my-app" : "CMD [\"/src/my-app\"]", dockerfile);
        string program = Path.Combine(app, "my-app");
        if (!goesIntoImages)
            return;
        Assert.Null(Protocol.PivotExecutable.DescribeUnstartable(File.ReadAllBytes(program).AsSpan(0, Protocol.PivotExecutable.HeaderLength)));
        if (language == "dotnet")
            return; // Its second build takes half a minute, and what the compiler promises is tested with the image.

        byte[] first = await File.ReadAllBytesAsync(program);
        string elsewhere = Path.Combine(_folder, "elsewhere", "my-app");
        Directory.CreateDirectory(Path.GetDirectoryName(elsewhere)!);
        Assert.Equal(0, (await RunningProgram.RunAsync("qos", "app", "new", "--language", language, elsewhere)).ExitCode);
        await using RunningProgram again = RunningProgram.StartAt(language, "env", [$"HOME={Home}", Path.Combine(elsewhere, "build")]);
        Assert.True(await again.ExitAsync(TimeSpan.FromMinutes(4)) == 0, again.Log);
        byte[] second = await File.ReadAllBytesAsync(Path.Combine(elsewhere, "my-app"));
        Assert.True(first.AsSpan().SequenceEqual(second), $"{language}: the same sources give other bytes in another folder");
    }

    [Fact]
    public async Task What_is_there_is_not_written_over_and_a_bad_name_is_refused()
    {
        (int code, _, string[] errors) = await RunningProgram.RunAsync("qos", "app", "new", "--language", "go", Path.Combine(_folder, "No name"));
        Assert.Equal(2, code);
        Assert.Contains("the folder's name is the app's", Assert.Single(errors), StringComparison.Ordinal);
        string app = Directory.CreateDirectory(Path.Combine(_folder, "app")).FullName;
        (code, _, errors) = await RunningProgram.RunAsync("qos", "app", "new", "--language", "go", app);
        Assert.Equal(1, code);
        Assert.Equal($"qos: {app} is there already: name another folder.", Assert.Single(errors));
        Assert.Equal([app], Directory.GetFileSystemEntries(_folder));
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Home => Environment.GetEnvironmentVariable("HOME") ?? "/root";
}
