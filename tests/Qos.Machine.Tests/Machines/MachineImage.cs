using Qos.Nsm;
using Qos.Verify;

namespace Qos.Machine.Tests.Machines;

/// <summary>The image that the machines boot and the app that they run, each made once for all tests, when the first one asks.</summary>
public sealed class MachineImage : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);

    private readonly Lazy<string> _image;
    private readonly Lazy<string> _pivot;

    /// <summary>Makes nothing yet.</summary>
    public MachineImage()
    {
        _image = new Lazy<string>(Build);
        _pivot = new Lazy<string>(Compile);
    }

    /// <summary>A folder for everything; short, since Unix sockets lie in it.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("qos-machine").FullName;

    /// <summary>The image.</summary>
    public string Image => _image.Value;

    /// <summary>The app, <c>pivot.c</c>.</summary>
    public string Pivot => _pivot.Value;

    /// <summary>What <c>qos eif measure</c> says of the image: PCR0, PCR1, PCR2.</summary>
    public IReadOnlyDictionary<int, byte[]> Measured => PcrFile.Read(Path.ChangeExtension(Image, "pcrs"));

    /// <summary>A boot ramdisk and an app ramdisk in one file, for a machine that takes no image.</summary>
    public string Ramdisk()
    {
        string path = Path.Combine(Folder, "initrd"), parts = Path.Combine(Path.GetDirectoryName(Image)!, "eif");
        if (!File.Exists(path))
            File.WriteAllBytes(path, [.. File.ReadAllBytes(Path.Combine(parts, "boot.cpio.gz")), .. File.ReadAllBytes(Path.Combine(parts, "app.cpio.gz"))]);
        return path;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private string Build()
    {
        (int code, string output) = Script.Run(s_limit, Repository.PathOf("eif", "build-image"), "--out", Folder, "--any-kernel", "--no-build");
        Assert.True(code == 0, output);
        return Path.Combine(Folder, "qos.eif");
    }

    private string Compile()
    {
        string path = Path.Combine(Folder, "pivot");
        (int code, string output) = Script.Run(
            s_limit, "cc", "-O2", "-Wall", "-static", "-pthread", "-o", path, Repository.PathOf("tests", "Qos.Machine.Tests", "pivot.c"));
        Assert.True(code == 0, output);
        return path;
    }
}
