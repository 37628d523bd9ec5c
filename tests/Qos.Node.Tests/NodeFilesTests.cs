using System.Diagnostics;
using System.Security.Cryptography;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Node.Tests;

/// <summary>Format: docs/protocol/messages.md, Files in the enclave.</summary>
public sealed class NodeFilesTests : IDisposable
{
    private const UnixFileMode OwnerReads = UnixFileMode.UserRead;
    private static readonly byte[] s_seed = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    private readonly TestFolder _folder = new();

    [Fact]
    public void Files_appear_complete_with_their_modes_and_only_when_published()
    {
        using var owner = new NodeFiles(_folder.Path);
        INodeFiles files = owner;
        using IStagedFile setup = files.StageEphemeralKey(s_seed);
        using IStagedFile manifest = files.StageManifestEnvelope("{}"u8);
        using IStagedFile quorum = files.StageQuorumKey(s_seed);
        using StagedPivot pivot = Stage(files, [1, 2, 3]);
        Assert.All(_folder.Names, name => Assert.StartsWith(".", name, StringComparison.Ordinal));

        foreach (IStagedFile file in (IStagedFile[])[setup, pivot, manifest, quorum])
            file.Publish();

        Assert.Equal(["qos.ephemeral.key", "qos.manifest", "qos.pivot.bin", "qos.quorum.key"], _folder.Names);
        Assert.Equal(OwnerReads, File.GetUnixFileMode(_folder["qos.ephemeral.key"]));
        Assert.Equal(OwnerReads, File.GetUnixFileMode(_folder["qos.quorum.key"]));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(_folder["qos.manifest"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder["qos.pivot.bin"]));
        Assert.Equal(Convert.ToHexStringLower(s_seed), File.ReadAllText(_folder["qos.quorum.key"]));
        Assert.Equal(_folder["qos.pivot.bin"], files.PivotPath);
        using SecretMemory read = files.ReadQuorumKey();
        Assert.Equal(s_seed, read.Span.ToArray());
    }

    [Fact]
    public void A_staged_file_that_is_not_published_disappears()
    {
        using var owner = new NodeFiles(_folder.Path);
        INodeFiles files = owner;
        using (files.StageQuorumKey(s_seed))
        using (Stage(files, new byte[100_000]))
        using (files.StageManifestEnvelope("{}"u8))
            Assert.Equal(3, _folder.Names.Length);
        Assert.Empty(_folder.Names);

        using (IPivotStage stage = files.StagePivot())
            stage.Write([1, 2]);
        Assert.Empty(_folder.Names);
    }

    [Fact]
    public void No_file_is_written_twice()
    {
        using var owner = new NodeFiles(_folder.Path);
        INodeFiles files = owner;
        Publish(files.StageEphemeralKey(s_seed));
        Publish(files.StageManifestEnvelope("{}"u8));
        Publish(files.StageQuorumKey(s_seed));
        Publish(Stage(files, [1]));

        Check(() => files.StageEphemeralKey(s_seed));
        Check(() => files.StageManifestEnvelope("{}"u8));
        Check(() => files.StageQuorumKey(s_seed));
        Check(() => files.StagePivot());
        Assert.Equal(4, _folder.Names.Length);

        static void Check(Func<IDisposable> stage) => Assert.Equal(
            ProtocolErrorCode.CannotModifyPostPivotStatic, Assert.Throws<NodeFileException>(stage).Error.Code);
    }

    [Fact]
    public void A_name_that_is_taken_while_staged_is_not_replaced()
    {
        using var owner = new NodeFiles(_folder.Path);
        INodeFiles files = owner;
        using IStagedFile staged = files.StageQuorumKey(s_seed);
        File.WriteAllText(_folder["qos.quorum.key"], "foreign");
        Assert.Equal(
            ProtocolErrorCode.CannotModifyPostPivotStatic, Assert.Throws<NodeFileException>(staged.Publish).Error.Code);
        Assert.Equal("foreign", File.ReadAllText(_folder["qos.quorum.key"]));
    }

    [Fact]
    public void The_ephemeral_key_is_replaced_once()
    {
        using var owner = new NodeFiles(_folder.Path);
        INodeFiles files = owner;
        byte[] live = [.. s_seed.Reverse()];
        Assert.Equal(
            ProtocolErrorCode.CannotRotateNonExistentEphemeralKey,
            Assert.Throws<NodeFileException>(() => files.StageEphemeralKeyRotation(live)).Error.Code);
        Publish(files.StageEphemeralKey(s_seed));
        using (files.StageEphemeralKeyRotation(live))
            Assert.Equal(2, _folder.Names.Length);

        Publish(files.StageEphemeralKeyRotation(live));
        Assert.Equal(Convert.ToHexStringLower(live), File.ReadAllText(_folder["qos.ephemeral.key"]));
        Assert.Equal(OwnerReads, File.GetUnixFileMode(_folder["qos.ephemeral.key"]));
        Assert.Equal(
            ProtocolErrorCode.CannotModifyPostPivotStatic,
            Assert.Throws<NodeFileException>(() => files.StageEphemeralKeyRotation(s_seed)).Error.Code);
    }

    [Fact]
    public void The_envelope_is_replaced_when_it_exists()
    {
        using var owner = new NodeFiles(_folder.Path);
        INodeFiles files = owner;
        Assert.Equal(
            ProtocolErrorCode.FailedToGetManifestEnvelope,
            Assert.Throws<NodeFileException>(() => files.StageManifestEnvelopeReplacement("2"u8)).Error.Code);
        Publish(files.StageManifestEnvelope("1"u8));
        Publish(files.StageManifestEnvelopeReplacement("2"u8));
        Publish(files.StageManifestEnvelopeReplacement("3"u8));
        Assert.Equal("3", File.ReadAllText(_folder["qos.manifest"]));
    }

    [Fact]
    public void A_folder_with_files_of_another_node_is_refused()
    {
        foreach (string name in (string[])["qos.manifest", "qos.pivot.bin", "qos.ephemeral.key", "qos.quorum.key", ".qos.pivot.bin.new"])
        {
            File.WriteAllText(_folder[name], "");
            Check(name);
            File.Delete(_folder[name]);
            File.CreateSymbolicLink(_folder[name], "/nowhere");
            Check(name);
            File.Delete(_folder[name]);
        }

        File.WriteAllText(_folder["something else"], "");
        new NodeFiles(_folder.Path).Dispose();

        void Check(string name)
        {
            var refusal = Assert.Throws<NodeFileException>(() => new NodeFiles(_folder.Path));
            Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
            Assert.Contains(_folder.Path, refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_folder_that_is_none_is_refused_in_one_line()
    {
        Assert.Contains("no/such", Assert.Throws<IOException>(() => new NodeFiles("no/such")).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder["file"], "");
        Assert.Throws<IOException>(() => new NodeFiles(_folder["file"]));
        Directory.CreateSymbolicLink(_folder["link"], _folder.Path);
        Assert.Throws<IOException>(() => new NodeFiles(_folder["link"]));
    }

    [Fact]
    public void Links_under_hidden_names_are_not_followed()
    {
        using var owner = new NodeFiles(_folder.Path);
        INodeFiles files = owner;
        using var elsewhere = new TestFolder();
        foreach (string name in (string[])["qos.pivot.bin", "qos.quorum.key"])
            File.CreateSymbolicLink(_folder[$".{name}.new"], elsewhere["stolen"]);

        Assert.Equal(ProtocolErrorCode.FailedToPutPivot, Assert.Throws<NodeFileException>(() => files.StagePivot()).Error.Code);
        Assert.Equal(
            ProtocolErrorCode.FailedToPutQuorumKey,
            Assert.Throws<NodeFileException>(() => files.StageQuorumKey(s_seed)).Error.Code);
        Assert.Empty(elsewhere.Names);
    }

    [Fact]
    public void A_swapped_path_leads_nowhere_else()
    {
        string path = _folder["node"];
        Directory.CreateDirectory(path);
        using var owner = new NodeFiles(path);
        INodeFiles files = owner;
        Directory.Move(path, _folder["moved"]);
        Directory.CreateDirectory(path);

        Publish(files.StageQuorumKey(s_seed));

        Assert.Empty(Directory.EnumerateFileSystemEntries(path));
        Assert.True(File.Exists(Path.Combine(_folder["moved"], "qos.quorum.key")));
    }

    [Fact]
    public void A_read_only_folder_refuses_each_file_with_its_error()
    {
        // Not even root creates files here.
        using var owner = new NodeFiles("/proc/self/fdinfo");
        INodeFiles files = owner;
        Assert.Equal(ProtocolErrorCode.FailedToPutPivot, Assert.Throws<NodeFileException>(() => files.StagePivot()).Error.Code);
        Assert.Equal(
            ProtocolErrorCode.FailedToPutEphemeralKey,
            Assert.Throws<NodeFileException>(() => files.StageEphemeralKey(s_seed)).Error.Code);
        Assert.Equal(
            ProtocolErrorCode.FailedToPutManifestEnvelope,
            Assert.Throws<NodeFileException>(() => files.StageManifestEnvelope("1"u8)).Error.Code);
        Assert.Equal(
            ProtocolErrorCode.FailedToPutQuorumKey,
            Assert.Throws<NodeFileException>(() => files.StageQuorumKey(s_seed)).Error.Code);
    }

    [Fact]
    public void A_folder_on_a_read_only_disk_is_refused_at_once()
    {
        using Mount? disk = Mount.TryTmpfs(_folder["disk"], "ro");
        if (disk is null)
            return; // Without the right to mount there is no such disk.
        var refusal = Assert.Throws<NodeFileException>(() => new NodeFiles(disk.Path));
        Assert.Contains(disk.Path, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("writable", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_leaves_nothing_half_written()
    {
        using Mount? small = Mount.TryTmpfs(_folder["small"], "size=64k");
        if (small is null)
            return; // Without the right to mount there is no small disk; the node's own tests let the steps fail instead.

        using var owner = new NodeFiles(small.Path);
        INodeFiles files = owner;
        using (IPivotStage stage = files.StagePivot())
        {
            var refusal = Assert.Throws<NodeFileException>(() => stage.Write(new byte[1 << 20]));
            Assert.Equal(ProtocolErrorCode.FailedToPutPivot, refusal.Error.Code);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(small.Path));
        Assert.Equal(
            ProtocolErrorCode.FailedToPutManifestEnvelope,
            Assert.Throws<NodeFileException>(() => files.StageManifestEnvelope(new byte[100_000])).Error.Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(small.Path));
        Publish(files.StageQuorumKey(s_seed));
    }

    [Fact]
    public void A_pivot_is_hashed_while_it_is_written()
    {
        using var owner = new NodeFiles(_folder.Path);
        INodeFiles files = owner;
        byte[] pivot = RandomNumberGenerator.GetBytes(200_001);
        using IPivotStage stage = files.StagePivot();
        for (int at = 0; at < pivot.Length; at += 777)
            stage.Write(pivot.AsSpan(at, Math.Min(777, pivot.Length - at)));
        using StagedPivot staged = stage.Complete();

        Assert.Equal(SHA256.HashData(pivot), staged.Sha256.ToArray());
        staged.Publish();
        Assert.Equal(pivot, File.ReadAllBytes(files.PivotPath));
    }

    [Fact]
    public void A_pivot_longer_than_a_message_is_refused()
    {
        using var owner = new NodeFiles(_folder.Path);
        INodeFiles files = owner;
        using IPivotStage stage = files.StagePivot();
        byte[] block = new byte[16 << 20];
        for (int i = 0; i < 8; i++)
            stage.Write(block);
        Assert.Equal(ProtocolErrorCode.OversizedPayload, Assert.Throws<NodeFileException>(() => stage.Write([1])).Error.Code);
    }

    [Fact]
    public void Only_one_pivot_is_staged_at_a_time()
    {
        using var owner = new NodeFiles(_folder.Path);
        INodeFiles files = owner;
        using (files.StagePivot())
            Assert.Throws<NodeFileException>(() => files.StagePivot());
        files.StagePivot().Dispose();
    }

    public void Dispose() => _folder.Dispose();

    private static StagedPivot Stage(INodeFiles files, byte[] pivot)
    {
        using IPivotStage stage = files.StagePivot();
        stage.Write(pivot);
        return stage.Complete();
    }

    private static void Publish(IStagedFile file)
    {
        using (file)
            file.Publish();
    }

    private sealed class Mount : IDisposable
    {
        private Mount(string path) => Path = path;

        internal string Path { get; }

        internal static Mount? TryTmpfs(string path, string options)
        {
            Directory.CreateDirectory(path);
            return Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", path) ? new Mount(path) : null;
        }

        public void Dispose() => Run("umount", Path);

        private static bool Run(string program, params string[] arguments)
        {
            try
            {
                using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
                process.StandardError.ReadToEnd();
                process.WaitForExit();
                return process.ExitCode == 0;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return false;
            }
        }
    }
}
