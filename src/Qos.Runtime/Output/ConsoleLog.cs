using System.Globalization;
using Microsoft.Extensions.Logging;
using Qos.Protocol;

namespace Qos.Runtime;

/// <summary>One line for each event: time, level, message. It never waits for the console.</summary>
/// <remarks>
/// Not the framework's console logger: that one waits when its console does, and a hung serial console would hang the enclave; it
/// also brings configuration, formatters and reloading into the trusted base.
/// </remarks>
internal sealed class ConsoleLog : ILoggerFactory, ILogger
{
    private readonly BoundedConsole _console;
    private readonly TimeProvider _time;

    public ConsoleLog(Func<string, bool> write, TimeProvider time)
    {
        _console = new BoundedConsole(write, new OutputLimits(), time);
        _time = time;
    }

    /// <summary>Every part of the program writes to the one log.</summary>
    public ILogger CreateLogger(string categoryName) => this;

    void ILoggerFactory.AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one console.");

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        string level = logLevel switch
        {
            LogLevel.Information => "info",
            LogLevel.Warning => "warning",
            LogLevel.Error => "error",
            _ => "critical",
        };

        // What a peer sent may be part of a message: it may neither begin a line of its own nor move the cursor.
        string message = VisibleText.Line(formatter(state, exception));
        _console.Show(string.Create(
            CultureInfo.InvariantCulture,
            $"{_time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {level} {message}{(exception is null ? "" : $" ({exception.GetType().Name})")}"));
    }

    public void Dispose() => _console.Dispose();
}
