using Microsoft.Extensions.Logging;
using Qos.Node;
using Qos.Simulator;

namespace Qos.Runtime.Tests.Life;

/// <summary>The app's service where it cannot be opened. What it does is in Qos.AppService's tests. Format: docs/service.md, On and off.</summary>
public sealed class LocalServiceTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly SimulatorPki _pki = SimulatorPki.Create();
    private readonly Lines _lines = new();

    [Theory]
    [InlineData(false, "info the app has no service: its manifest chooses none")]
    [InlineData(true, "warning the app has no service, because it cannot be opened: There is no ")]
    public async Task It_is_missing_with_a_reason_and_leaves_nothing(bool isChosen, string line)
    {
        using var nsm = new SoftwareNsm(new SoftwareNsmOptions { Pki = _pki });
        var launch = new PivotLaunch { Path = _folder["pivot"], Sha256 = new byte[32], HasLocalService = isChosen };
        Directory.CreateDirectory(_folder["enclave"]);
        await using (LocalService service = LocalService.Open(new LocalServiceSetup { Directory = _folder["enclave"], Nsm = nsm }, launch, _lines))
            Assert.StartsWith(line, Assert.Single(_lines.All), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder["enclave"], "*", SearchOption.AllDirectories));
    }

    public void Dispose()
    {
        _pki.Dispose();
        _folder.Dispose();
    }

    private sealed class Lines : ILogger<LocalService>
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add($"{(logLevel == LogLevel.Information ? "info" : "warning")} {formatter(state, exception)}");
    }
}
