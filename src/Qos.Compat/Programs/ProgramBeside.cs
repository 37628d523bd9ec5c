using System.Runtime.InteropServices;
using Qos.Client;

namespace Qos.Compat;

/// <summary>Our programs, found beside this one: in its own folder, as <c>make</c> lays them out, or all in one folder.</summary>
internal static partial class ProgramBeside
{
    /// <summary>The file of a program.</summary>
    /// <exception cref="CeremonyException">It is not there.</exception>
    public static string Find(string name) => Find(name, AppContext.BaseDirectory);

    /// <summary>The file of a program, beside the one in <paramref name="folder"/>.</summary>
    /// <exception cref="CeremonyException">It is not there.</exception>
    public static string Find(string name, string folder)
    {
        string[] candidates = [Path.Combine(folder, "..", name, name), Path.Combine(folder, name)];
        return candidates.FirstOrDefault(static path => File.Exists(path)) is { } found
            ? Path.GetFullPath(found)
            : throw new CeremonyException($"{name} is not beside this program: put it at {Path.GetFullPath(candidates[1])}.");
    }

    // It returns only when it failed. The array ends with null.
    [LibraryImport("libc.so.6", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execv(string path, string?[] arguments);

    /// <summary>Becomes a program: same process, same descriptors, same environment.</summary>
    /// <exception cref="CeremonyException">It could not be started.</exception>
    public static int Become(string path, IEnumerable<string> args)
    {
        execv(path, [path, .. args, null]);
        throw new CeremonyException($"{path} cannot be started: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }
}
