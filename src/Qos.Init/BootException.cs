namespace Qos.Init;

/// <summary>A duty of the first process that cannot be done; the message is one line that says which and why. The machine stops.</summary>
internal sealed class BootException(string message) : Exception(message);
