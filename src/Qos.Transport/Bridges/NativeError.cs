using System.Runtime.InteropServices;

namespace Qos.Transport;

/// <summary>The system's words for its error numbers.</summary>
internal static class NativeError
{
    internal static string Message(int error) => Marshal.GetPInvokeErrorMessage(error);
}
