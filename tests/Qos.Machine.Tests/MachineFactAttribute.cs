namespace Qos.Machine.Tests;

/// <summary>A test that boots the image; skipped, with the reason, where that cannot be done at once.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MachineFactAttribute : FactAttribute
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    /// <summary>In whatever machine there is.</summary>
    public MachineFactAttribute() => Skip = WhyNot() ?? Find("qemu/find-qemu");

    /// <param name="signing">Whether the machine's module must sign its documents, or must be one that does not.</param>
    public MachineFactAttribute(bool signing)
    {
        string? unsigned = Find("qemu/find-qemu", "--signing");
        if (signing)
            Skip = WhyNot() ?? (unsigned is null ? null : $"{unsigned} (a machine with an unsigned module is booted instead)");
        else
            Skip = WhyNot() ?? (unsigned is null ? "there is a machine whose module signs: the whole life in it says more" : Find("qemu/find-qemu"));
    }

    private static string? WhyNot() => File.Exists(Repository.Init) ? Find("kernel/find-kernel", "--any") : $"{Repository.Init} is missing: run make";

    // Null when it was found.
    private static string? Find(string script, params string[] options)
    {
        (int code, string output) = Script.Run(s_limit, Repository.PathOf("eif", script), ["--no-build", .. options]);
        return code == 0 ? null : output.Trim();
    }
}
