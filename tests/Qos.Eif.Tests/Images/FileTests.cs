using System.Diagnostics;
using Qos.Vectors;

namespace Qos.Eif.Tests;

/// <summary>Files that are none: reading one would wait for whoever writes.</summary>
public sealed class FileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qos-eif-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_pipe_is_no_part_and_not_waited_for()
    {
        string pipe = Pipe();
        Assert.Contains("device or a pipe", Assert.Throws<IOException>(() => EifPartSource.FromFile(pipe)).Message, StringComparison.Ordinal);
        Assert.Contains("device or a pipe", Assert.Throws<IOException>(() => EifPartSource.FromFile("/dev/zero")).Message, StringComparison.Ordinal);
        Assert.Contains("device or a pipe", Assert.Throws<IOException>(() => RamdiskArchive.FilesBelow(_folder)("pipe")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_is_read_out_of_a_pipe_and_a_device_is_none()
    {
        string pipe = Pipe();
        byte[] image = VectorFiles.Bytes("eif", "one.eif");
        var writing = Task.Run(() => File.WriteAllBytes(pipe, image));
        Assert.Equal(Read.Registers(Read.Image(image)), Read.Registers(EifReader.ReadFile(pipe)));
        await writing;
        Assert.Contains("not an enclave image", Assert.Throws<EifException>(() => EifReader.ReadFile("/dev/zero")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_to_an_image_or_a_part_is_followed()
    {
        File.WriteAllBytes(Path.Combine(_folder, "image"), VectorFiles.Bytes("eif", "one.eif"));
        File.CreateSymbolicLink(Path.Combine(_folder, "link"), "image");
        EifPartSource source = EifPartSource.FromFile(Path.Combine(_folder, "link"));
        Assert.Equal(VectorFiles.Bytes("eif", "one.eif").Length, source.Length);
        Assert.True(EifVerification.From(EifReader.ReadFile(source.Name)).IsValid);
    }

    [Fact]
    public void A_list_names_no_file_over_a_link()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "inside"));
        File.WriteAllText(Path.Combine(_folder, "secret"), "secret");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "inside", "out"), "..");
        File.CreateSymbolicLink(Path.Combine(_folder, "inside", "file"), "../secret");
        Func<string, EifPartSource> sources = RamdiskArchive.FilesBelow(Path.Combine(_folder, "inside"));
        foreach (string source in (string[])["out/secret", "file", "out/inside/file"])
            Assert.Contains("symbolic link", Assert.Throws<RamdiskException>(() => sources(source)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_can_be_compressed_is_said_before_it_is_read()
    {
        using (FileStream sparse = File.Create(Path.Combine(_folder, "large")))
            sparse.SetLength((1L << 30) + 1);
        var list = RamdiskList.Parse("file /large large 0644 0 0\n", "list");
        using var output = new MemoryStream();
        Assert.Contains(
            "at most 1073741824",
            Assert.Throws<RamdiskException>(() => RamdiskArchive.WriteCompressed(list, RamdiskArchive.FilesBelow(_folder), output)).Message,
            StringComparison.Ordinal);
    }

    private string Pipe()
    {
        string path = Path.Combine(_folder, "pipe");
        using var made = Process.Start("mkfifo", [path]);
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
        return path;
    }
}
