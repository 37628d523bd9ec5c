using System.Runtime.InteropServices;
using Qos.Native;
using Qos.Node;

namespace Qos.Runtime;

/// <summary>Starts a pivot's process; the rest of its start is <c>native/spawn.c</c>.</summary>
internal static unsafe class PivotProcess
{
    // The kernel gives arguments and environment a quarter of the stack's limit.
    private const int StackShare = 4;
    private const nuint UsualStack = 8 * 1024 * 1024;

    /// <summary>Starts the pivot with exactly its arguments and environment, and gives its process id, which is its group's as well.</summary>
    /// <param name="program">The file that was hashed.</param>
    /// <param name="launch">What the manifest says.</param>
    /// <param name="output">The descriptor that becomes stdout and stderr, or -1 to discard them.</param>
    /// <remarks>The kernel ends the pivot when the calling thread ends.</remarks>
    /// <exception cref="PivotProgramException">A step failed; the message names it.</exception>
    public static int Start(PivotProgram program, PivotLaunch launch, int output)
    {
        using var arguments = new PivotArguments([launch.Path, .. launch.Arguments], "an argument");
        using var environment = new PivotArguments(
            [.. launch.Environment.Select(pair => $"{pair.Key}={pair.Value}")], "an environment variable");
        using var path = new PivotArguments([launch.Path], "the path");

        nuint needed = (arguments.Bytes + environment.Bytes + 4096) * StackShare;
        var request = new LibQos.PivotSpawn
        {
            Path = path.Pointers[0],
            Arguments = arguments.Pointers,
            Environment = environment.Pointers,
            Stack = needed > UsualStack ? needed : 0,
            Program = (int)program.File.DangerousGetHandle(),
            Script = program.IsScript ? 1 : 0,
            Output = output,
        };
        LibQos.PivotSpawned result;
        if (LibQos.qos_spawn(&request, &result) == 0)
            return result.Pid;

        throw new PivotProgramException(
            $"the pivot {launch.Path} cannot be started: {Marshal.PtrToStringUTF8((nint)result.Step)}: " +
            Marshal.GetPInvokeErrorMessage(result.Error),
            isPermanent: result.Error is not (LibC.EAGAIN or LibC.ENOMEM));
    }
}
