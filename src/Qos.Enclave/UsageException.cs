namespace Qos.Enclave;

/// <summary>A command line that cannot be followed; the message is one line that says what to change.</summary>
internal sealed class UsageException(string message) : Exception(message);
