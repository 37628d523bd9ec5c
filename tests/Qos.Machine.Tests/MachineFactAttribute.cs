namespace Qos.Machine.Tests;

/// <summary>A test that boots the image; skipped, with the reason, where that cannot be done at once.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MachineFactAttribute : FactAttribute
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    /// <param name="signing">Whether the machine's module must sign its documents, or must be one that does not.</param>
    public MachineFactAttribute(bool signing)
    {
        if (!File.Exists(Repository.Init))
            Skip = $"{Repository.Init} is missing: run make";
        else if (Find("kernel/find-kernel", "--any") is { } noKernel)
            Skip = noKernel;
        else if (signing && Find("qemu/find-qemu", "--signing") is { } unsigned)
            Skip = $"{unsigned} (a machine with an unsigned module is booted instead)";
        else if (!signing && Find("qemu/find-qemu", "--signing") is null)
            Skip = "there is a machine whose module signs: the whole life in it says more";
        else if (!signing && Find("qemu/find-qemu") is { } noMachine)
            Skip = noMachine;
    }

    // Null when it was found.
    private static string? Find(string script, params string[] options)
    {
        (int code, string output) = Script.Run(s_limit, Repository.PathOf("eif", script), ["--no-build", .. options]);
        return code == 0 ? null : output.Trim();
    }
}
