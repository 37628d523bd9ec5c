using Microsoft.Extensions.Hosting;
using Qos.Runtime;

namespace Qos.Enclave;

/// <summary>The runtime as the Generic Host's one service; when it ends, the program does, with its exit code.</summary>
internal sealed class EnclaveService(EnclaveRuntime runtime, IHostApplicationLifetime lifetime) : BackgroundService
{
    /// <summary>The program's exit code.</summary>
    public int ExitCode { get; private set; } = 1;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            ExitCode = await runtime.RunAsync(stoppingToken).ConfigureAwait(false);
        }
        finally
        {
            lifetime.StopApplication();
        }
    }
}
