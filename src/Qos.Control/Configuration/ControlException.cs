namespace Qos.Control;

/// <summary>The service cannot run as it was told; the message is one line for an operator.</summary>
internal sealed class ControlException : Exception
{
    public ControlException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
