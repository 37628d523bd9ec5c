using System.Runtime.CompilerServices;
using Qos.Machine.Tests.Machines;

namespace Qos.Machine.Tests;

/// <summary>A test that boots the image; skipped, with the reason, where that cannot be done at once.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MachineFactAttribute : FactAttribute
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);
    private static readonly Lazy<string?> s_whyNot = new(WhyNot);
    private static readonly Lazy<string?> s_whyUnsigned = new(static () => Find("qemu/find-qemu", "--signing"));

    /// <summary>In whatever machine there is.</summary>
    public MachineFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1) : base(sourceFilePath, sourceLineNumber) => Skip = s_whyNot.Value;

    /// <summary>In one that has something which is not everywhere.</summary>
    public MachineFactAttribute(MachineNeed need, [CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1) : base(sourceFilePath, sourceLineNumber) => Skip = s_whyNot.Value ?? need switch
    {
        MachineNeed.SigningModule => s_whyUnsigned.Value is { } why ? $"{why} (LifeTests need none and have run)" : null,
        MachineNeed.PinnedKernel => Kernels.Pinned is null ? "the pinned kernel is not built; eif/kernel/build-kernel builds it" : null,
        _ => Kernels.Larger is null ? "../shared/tools has no kernel, and the image's own has nothing in it that could be switched off" : null,
    };

    private static string? WhyNot() => File.Exists(Repository.Init)
        ? Find("kernel/find-kernel", "--any") ?? Find("qemu/find-qemu")
        : $"{Repository.Init} is missing: run make";

    // Null when it was found.
    private static string? Find(string script, params string[] options)
    {
        (int code, string output) = Script.Run(s_limit, Repository.PathOf("eif", script), ["--no-build", .. options]);
        return code == 0 ? null : output.Trim();
    }
}
