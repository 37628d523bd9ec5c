using System.Runtime.InteropServices;

namespace Qos.Native;

/// <summary>Our own C, in <c>native/</c>: what cannot be C#.</summary>
internal static unsafe partial class LibQos
{
    private const string Library = "libqosnative";

    /// <summary>Starts a pivot; the calling thread must live as long as it shall. 0, or -1 with the failed step in the result.</summary>
    [LibraryImport(Library)]
    internal static partial int qos_spawn(PivotSpawn* request, PivotSpawned* result);

    /// <summary><c>struct qos_spawn</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PivotSpawn
    {
        internal byte* Path;
        internal byte** Arguments;
        internal byte** Environment;
        internal byte* Directory;
        internal byte** ReadOnly;
        internal byte** Hidden;
        internal int Program;
        internal int Script;
        internal int Output;
        internal int Confine;
    }

    /// <summary><c>struct qos_spawned</c>; the step is a constant string of the library.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PivotSpawned
    {
        internal byte* Step;
        internal int Pid;
        internal int Error;
    }
}
