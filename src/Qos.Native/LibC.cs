namespace Qos.Native;

/// <summary>The C library: exactly the calls that are needed, under its own names, one partial file for each area.</summary>
internal static partial class LibC
{
    private const string Library = "libc";
}
