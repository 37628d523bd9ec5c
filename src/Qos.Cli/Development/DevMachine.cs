using Qos.Eif;
using Qos.Nsm;

namespace Qos.Cli;

/// <summary>An enclave image and what runs it: a clone's <c>eif/qemu/run</c>.</summary>
/// <param name="Image">The image.</param>
/// <param name="Pcrs">Its measurements, and PCR3, which is zero because no role is given.</param>
/// <param name="Script">The script that runs it.</param>
internal sealed record DevMachine(string Image, IReadOnlyDictionary<int, byte[]> Pcrs, string Script)
{
    /// <summary>What the script is given beside image, folders and ports. A run lasts as long as its person likes; QEMU is not built in the middle of one.</summary>
    public static IReadOnlyList<string> Further { get; } = ["--memory", "1G", "--time-limit", "315360000", "--no-build"];

    /// <summary>Finds it.</summary>
    /// <param name="eif">The image; null for the one of the clone that this program was built in.</param>
    /// <param name="self">This program's path, links resolved.</param>
    /// <exception cref="IOException">Something is missing; the message says what to do.</exception>
    /// <exception cref="FormatException">The image is none.</exception>
    public static DevMachine Find(string? eif, string? self)
    {
        string output = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(self) ?? "/", "..", ".."));
        string script = Path.GetFullPath(Path.Combine(output, "..", "eif", "qemu", "run"));
        if (!File.Exists(script))
            throw new IOException($"--machine needs a clone of the sources, whose eif/qemu/run runs images; there is none above {self}: run the clone's out/bin/qos");
        string image = Path.GetFullPath(eif ?? Path.Combine(output, "qos.eif"));
        if (!File.Exists(image))
            throw new IOException($"the image {image} is not there: make eif makes it");
        EifMeasurements measured = ImageFile.ReadValid(image).Measurements;
        var pcrs = new Dictionary<int, byte[]> { [0] = measured.Pcr0.ToArray(), [1] = measured.Pcr1.ToArray(), [2] = measured.Pcr2.ToArray(), [3] = new byte[Pcr.Size] };
        return new DevMachine(image, pcrs, script);
    }

    /// <summary>Makes a folder in which the script finds our programs side by side, as an installation has them.</summary>
    public static string MakePrograms(string folder, Func<string, string> find)
    {
        foreach (string name in (string[])["qos-host", "qos-nsm-sim"])
            File.CreateSymbolicLink(Path.Combine(folder, name), find(name));
        return folder;
    }
}
