using System.Diagnostics;
using System.Globalization;
using Qos.Client;
using Qos.Native;

namespace Qos.Compat;

/// <summary>
/// A program that lives no longer than the one that started it, also when that is killed. It is started through this program, which asks
/// the kernel for that and then becomes it: the wish outlives an exec, but only the child itself can make it.
/// </summary>
internal static class BoundChild
{
    /// <summary>The word that this program knows its own child by.</summary>
    public const string Word = "bound-child";

    private const int SigTerm = 15;

    /// <summary>Starts a program; the calling thread must be the process's first, whose end the kernel watches.</summary>
    public static Process Start(string path, IEnumerable<string> args) => Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
    {
        ArgumentList = { Word, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), path },
        UseShellExecute = false,
    }.With(args))!;

    /// <summary>The child's part: parent, program, arguments.</summary>
    public static int Become(string[] words, Screen screen)
    {
        if (words.Length < 2 || LibC.prctl(LibC.PR_SET_PDEATHSIG, SigTerm, 0, 0, 0) != 0)
        {
            screen.Error.WriteLine($"qos-compat: '{Word}' is not for users");
            return ClientCommandLine.Refused;
        }

        // The parent may have ended before the wish was made.
        if (LibC.getppid().ToString(CultureInfo.InvariantCulture) != words[0])
            return ClientCommandLine.Refused;
        try
        {
            return ProgramBeside.Become(words[1], words[2..]);
        }
        catch (CeremonyException e)
        {
            screen.Error.WriteLine($"qos-compat: {e.Message}");
            return ClientCommandLine.Refused;
        }
    }

    private static ProcessStartInfo With(this ProcessStartInfo start, IEnumerable<string> args)
    {
        foreach (string arg in args)
            start.ArgumentList.Add(arg);
        return start;
    }
}
