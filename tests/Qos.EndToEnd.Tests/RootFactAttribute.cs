using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Qos.EndToEnd.Tests;

/// <summary>A test that mounts file systems and makes networks; it is skipped where that is not permitted.</summary>
public sealed class RootFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> s_whyNot = new(Probe);

    public RootFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1) : base(sourceFilePath, sourceLineNumber) => Skip = s_whyNot.Value;

    internal static string? WhyNot => s_whyNot.Value;

    private static string? Probe()
    {
        using Process probe = Process.Start(new ProcessStartInfo("unshare", ["--mount", "--net", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
        {
            RedirectStandardError = true,
        })!;
        string error = probe.StandardError.ReadToEnd();
        probe.WaitForExit();
        return probe.ExitCode == 0 ? null : $"mounting in a namespace of one's own is not permitted here: {error.Trim()}";
    }
}

/// <summary>The same for a test with cases.</summary>
public sealed class RootTheoryAttribute : TheoryAttribute
{
    public RootTheoryAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1) : base(sourceFilePath, sourceLineNumber) => Skip = RootFactAttribute.WhyNot;
}
