namespace Qos.Cli;

/// <summary>The command line asks for something that cannot be; exit status 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
