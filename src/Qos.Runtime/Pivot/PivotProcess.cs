using System.Runtime.InteropServices;
using Qos.Native;
using Qos.Node;
using Qos.Protocol;
using Tmds.Linux;

namespace Qos.Runtime;

/// <summary>Starts a pivot's process; the rest of its start is <c>native/spawn.c</c>.</summary>
internal static unsafe class PivotProcess
{
    private const int EPERM = 1;
    private const int ENOENT = 2;
    private const int ENOEXEC = 8;

    /// <summary>Starts the pivot with exactly its arguments and environment, and gives its process id, which is its group's as well.</summary>
    /// <param name="program">The file that was hashed.</param>
    /// <param name="launch">What the manifest says.</param>
    /// <param name="options">Its working directory, and what it does not see.</param>
    /// <param name="isConfined">Whether it gets a view of the file system of its own.</param>
    /// <param name="output">The descriptor that becomes stdout and stderr, or -1 to discard them.</param>
    /// <remarks>The kernel ends the pivot when the calling thread ends.</remarks>
    /// <exception cref="PivotProgramException">A step failed; the message names it.</exception>
    public static int Start(PivotProgram program, PivotLaunch launch, PivotSupervisorOptions options, bool isConfined, int output)
    {
        using var arguments = new PivotArguments([launch.Path, .. launch.Arguments], "an argument");
        using var environment = new PivotArguments(
            [.. launch.Environment.Select(pair => $"{pair.Key}={pair.Value}")], "an environment variable");
        using var path = new PivotArguments([launch.Path, options.WorkingDirectory], "the path");
        using var readOnly = new PivotArguments([.. NodeFiles.PathsBeside(launch.Path)], "the path");
        using var hidden = new PivotArguments(options.Hidden, "the path");

        var request = new LibQos.PivotSpawn
        {
            Path = path.Pointers[0],
            Arguments = arguments.Pointers,
            Environment = environment.Pointers,
            Directory = path.Pointers[1],
            ReadOnly = readOnly.Pointers,
            Hidden = hidden.Pointers,
            Program = (int)program.File.DangerousGetHandle(),
            Script = program.IsScript ? 1 : 0,
            Output = output,
            Confine = isConfined ? 1 : 0,
        };
        LibQos.PivotSpawned result;
        if (LibQos.qos_spawn(&request, &result) == 0)
            return result.Pid;

        string step = Marshal.PtrToStringUTF8((nint)result.Step) ?? "";
        throw new PivotProgramException(
            $"the pivot {VisibleText.Escape(launch.Path)} cannot be started: {step}: {Marshal.GetPInvokeErrorMessage(result.Error)}"
            + (step == "exec" ? Explain(program, result.Error) : ""),
            isPermanent: result.Error != LibC.EAGAIN && result.Error != LibC.ENOMEM)
        {
            IsConfinementRefused = isConfined && result.Error == EPERM && (step == "unshare" || step.StartsWith("mount", StringComparison.Ordinal)),
        };
    }

    // Exec has few numbers for many causes; the file's first bytes tell them apart.
    private static string Explain(PivotProgram program, int error)
    {
        if (error == ENOENT && program.IsScript)
            return "; it is a script, and its interpreter is not there";
        if (error == ENOENT && PivotExecutable.LoaderOf(program.Head.Span) is { } loader)
            return $"; it is linked dynamically, and its loader {loader} is not there: link it statically";
        return error == ENOEXEC && PivotExecutable.DescribeUnstartable(program.Head.Span) is { } why ? "; " + why : "";
    }
}
