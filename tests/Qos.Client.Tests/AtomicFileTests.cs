using System.Diagnostics;
using System.IO.Pipes;

namespace Qos.Client.Tests;

/// <summary>Files are there complete or not at all, also after a kill; and nothing goes into what others read.</summary>
public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_draft_of_a_dead_process_is_taken_away_and_one_that_is_being_written_stays()
    {
        string dead = _folder.Write(".key.secret.0123.draft", "a seed that a killed program left");
        string other = _folder.Write(".other.secret.0123.draft", "another file's");
        using var living = new FileStream(_folder[".key.secret.4567.draft"], FileMode.CreateNew, FileAccess.Write, FileShare.None);
        OutputFile.Write(_folder["key.secret"], "new"u8);
        Assert.Equal([".key.secret.4567.draft", ".other.secret.0123.draft", "key.secret"], Names());
        Assert.False(File.Exists(dead));
        Assert.True(File.Exists(other));
    }

    /// <summary>Whoever may write into the folder could hold every program up that writes there.</summary>
    [Fact]
    public async Task A_pipe_in_a_draft_s_place_is_not_waited_for()
    {
        await PipeAsync(".key.secret.0123.draft", "600");
        File.CreateSymbolicLink(_folder[".key.secret.4567.draft"], _folder[".key.secret.0123.draft"]);
        Task written = Task.Run(() => OutputFile.Write(_folder["key.secret"], "new"u8), TestContext.Current.CancellationToken);
        Task first = await Task.WhenAny(written, Task.Delay(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));

        // Lets a writer go that waits after all.
        using var reader = new FileStream(_folder[".key.secret.0123.draft"], FileMode.Open, FileAccess.ReadWrite);
        await written;
        Assert.Same(written, first);
        Assert.Equal("new", await File.ReadAllTextAsync(_folder["key.secret"], TestContext.Current.CancellationToken));
        Assert.Equal([".key.secret.0123.draft", ".key.secret.4567.draft", "key.secret"], Names());
    }

    [Fact]
    public async Task A_pipe_among_the_files_of_a_folder_is_refused()
    {
        await PipeAsync("alice.pub", "600");
        Assert.Contains("alice.pub is a pipe or a device", Assert.Throws<CeremonyException>(() => MemberSetDirectory.Read(_folder.Path)).Message, StringComparison.Ordinal);
        await PipeAsync("alice.approval", "600");
        Assert.Contains("alice.approval is a pipe or a device", Assert.Throws<CeremonyException>(() => MemberApprovals.Read(_folder.Path, ".approval")).Message, StringComparison.Ordinal);
        Assert.Contains("is a pipe or a device", Assert.Throws<CeremonyException>(() => new ProofBundle().AddHistory([_folder.Path])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_moved_into_place_leaves_no_draft()
    {
        Directory.CreateDirectory(_folder["taken"]);
        Assert.Throws<CeremonyException>(() => OutputFile.Write(_folder["taken"], "x"u8, overwrite: true));
        Assert.Equal(["taken"], Names());
    }

    [Fact]
    public void A_large_file_that_fails_leaves_what_was_there_and_no_draft()
    {
        string file = _folder.Write("image", "old");
        Assert.Equal("its own", Assert.Throws<IOException>(() => OutputFile.Write(file, Half, overwrite: true)).Message);
        Assert.Contains("--force", Assert.Throws<CeremonyException>(() => OutputFile.Write(file, static _ => Assert.Fail("nothing is written"), overwrite: false)).Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(file));
        Assert.Equal(["image"], Names());

        static void Half(Stream stream)
        {
            stream.Write("half of it"u8);
            throw new IOException("its own");
        }
    }

    [Fact]
    public void A_large_file_is_moved_in_while_it_is_written_and_what_came_in_between_is_not_replaced()
    {
        string dead = _folder.Write(".image.0123.draft", "what a killed program left");
        OutputFile.Write(
            _folder["image"],
            stream =>
            {
                stream.Write("??new"u8);
                stream.Position = 0;
                stream.Write("so"u8);
                stream.Position = 2;
                Assert.Equal('n', stream.ReadByte());
            },
            overwrite: false);
        Assert.False(File.Exists(dead));
        Assert.Equal("sonew", File.ReadAllText(_folder["image"]));

        string late = _folder["late"];
        Assert.Contains("exists already", Assert.Throws<CeremonyException>(() => OutputFile.Write(late, _ => File.WriteAllText(late, "another's"), overwrite: false)).Message, StringComparison.Ordinal);
        Assert.Equal("another's", File.ReadAllText(late));
        Assert.Equal(["image", "late"], Names());
    }

    [Fact]
    public async Task No_large_file_is_written_into_a_pipe_or_over_it()
    {
        string pipe = await PipeAsync("pipe", "600");
        foreach (bool overwrite in (bool[])[false, true])
            Assert.Contains("device or a pipe", Assert.Throws<CeremonyException>(() => OutputFile.Write(pipe, static _ => { }, overwrite)).Message, StringComparison.Ordinal);
        Assert.Contains("device or a pipe", Assert.Throws<CeremonyException>(() => OutputFile.RequireFile("/dev/null", overwrite: true)).Message, StringComparison.Ordinal);
        Assert.Equal(["pipe"], Names());
    }

    [Theory]
    [InlineData("622")]
    [InlineData("644")]
    [InlineData("660")]
    public async Task A_pipe_that_is_not_the_writers_alone_is_not_written_into(string mode)
    {
        string pipe = await PipeAsync("pipe", mode);
        Assert.Contains("not yours alone", Assert.Throws<CeremonyException>(() => OutputFile.RequireFree(pipe)).Message, StringComparison.Ordinal);
        Assert.Contains("not yours alone", Assert.Throws<CeremonyException>(() => OutputFile.Write(pipe, "a share"u8)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_to_a_pipe_is_not_written_into_and_the_own_pipe_is()
    {
        string pipe = await PipeAsync("pipe", "600");
        File.CreateSymbolicLink(_folder["link"], pipe);
        Assert.Contains("symbolic link", Assert.Throws<CeremonyException>(() => OutputFile.Write(_folder["link"], "a share"u8)).Message, StringComparison.Ordinal);

        Task<byte[]> read = Task.Run(() => File.ReadAllBytes(pipe), TestContext.Current.CancellationToken);
        OutputFile.Write(pipe, "a share"u8);
        Assert.Equal("a share"u8.ToArray(), await read);
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_not_followed()
    {
        File.CreateSymbolicLink(_folder["link"], _folder["elsewhere"]);
        Assert.Throws<CeremonyException>(() => OutputFile.Write(_folder["link"], "a share"u8));
        OutputFile.Write(_folder["link"], "a share"u8, overwrite: true);
        Assert.Equal(["link"], Names());
        Assert.Null(new FileInfo(_folder["link"]).LinkTarget);
    }

    /// <summary>Whoever put it there would say for how long the reader waits.</summary>
    [Theory]
    [InlineData("644")]
    [InlineData("620")]
    public async Task A_pipe_in_a_file_s_place_that_is_not_the_reader_s_alone_is_refused(string mode)
    {
        string pipe = await PipeAsync("pipe", mode);

        // Held open, so that a reader that waits after all ends with this.
        using var both = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        foreach (Action read in Readers(pipe))
            Assert.Contains("not yours alone", Assert.Throws<CeremonyException>(read).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reader_s_own_pipe_and_what_a_shell_passes_are_read()
    {
        string pipe = await PipeAsync("pipe", "600");

        // Each opening waits for the other.
        Task<byte[]> reading = Task.Run(() => InputFile.Bytes(pipe), TestContext.Current.CancellationToken);
        Task writing = Task.Run(
            () =>
            {
                using var writer = new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
                writer.Write("a share"u8);
            },
            TestContext.Current.CancellationToken);
        await Task.WhenAny(reading, writing);

        // Lets a writer go whose reader did not come.
        using (reading.IsFaulted ? new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0) : Stream.Null)
            await writing;
        Assert.Equal("a share"u8.ToArray(), await reading);

        using var passed = new AnonymousPipeServerStream(PipeDirection.Out);
        passed.Write("a share"u8);
        passed.SafePipeHandle.Dispose();
        Assert.Equal("a share"u8.ToArray(), InputFile.Bytes($"/dev/fd/{passed.ClientSafePipeHandle.DangerousGetHandle()}"));
    }

    private static IEnumerable<Action> Readers(string pipe) =>
    [
        () => InputFile.Bytes(pipe),
        () => SecretFile.Read(pipe).Dispose(),
        () => PivotFile.Hash(pipe),
        () => PivotFile.Lint(pipe),
        () => KeySource.ReadPublic(pipe),
        () => KeySource.ReadSecret(pipe).Dispose(),
    ];

    [Theory]
    [InlineData("quorum_threshold")]
    [InlineData("genesis_output")]
    [InlineData("1.share")]
    public async Task A_pipe_in_the_place_of_a_folder_s_file_is_never_waited_for(string name)
    {
        string pipe = await PipeAsync(name, "600");
        using var both = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        CeremonyException refused = Assert.Throws<CeremonyException>(() =>
        {
            if (name == "1.share")
                return ShareFile.Require(pipe);
            if (name == "quorum_threshold")
                return MemberSetDirectory.ReadPatchSet(_folder.Path).ToString();
            return GenesisCeremony.ReadOutput(_folder.Path).ToString();
        });
        Assert.Equal($"{pipe} is a pipe or a device, and should be a plain file.", refused.Message);
    }

    private IEnumerable<string?> Names() => Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private async Task<string> PipeAsync(string name, string mode)
    {
        using var made = Process.Start("mkfifo", [_folder[name]]);
        await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        File.SetUnixFileMode(_folder[name], (UnixFileMode)Convert.ToInt32(mode, 8));
        return _folder[name];
    }
}
