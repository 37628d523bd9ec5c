using Microsoft.Extensions.Logging;
using Qos.Runtime;

namespace Qos.Init;

/// <summary>Every part of the runtime writes to the one log.</summary>
internal sealed class SingleLog(ConsoleLog log) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => log;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("The machine has one console.");

    public void Dispose()
    {
        // The log is its maker's.
    }
}
