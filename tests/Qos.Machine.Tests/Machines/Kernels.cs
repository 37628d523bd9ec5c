namespace Qos.Machine.Tests.Machines;

/// <summary>The kernels that there are to boot, without building one.</summary>
internal static class Kernels
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    /// <summary>The pinned one, or null.</summary>
    public static string? Pinned { get; } = Find();

    /// <summary>
    /// One that was built for everybody, beside the clone, or null. It has more in it than ours: another source of entropy, and symbols by which a part of
    /// it can be switched off.
    /// </summary>
    public static string? Larger { get; } = Repository.PathOf("..", "shared", "tools", "kernel", "bzImage") is { } path && File.Exists(path) ? path : null;

    private static string? Find()
    {
        (int code, string output) = Script.Run(s_limit, Repository.PathOf("eif", "kernel", "find-kernel"), "--no-build");
        return code == 0 ? output.Trim() : null;
    }
}
