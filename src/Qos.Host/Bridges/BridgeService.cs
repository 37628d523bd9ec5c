using Qos.Host.Http;
using Qos.Protocol;

namespace Qos.Host.Bridges;

/// <summary>
/// Watches the enclave and keeps the bridges as its manifest says: open while it is provisioned, closed when it was
/// restarted and is something else, untouched while it cannot be asked. So host and enclave may start in any order.
/// </summary>
internal sealed class BridgeService(
    EnclaveGateway gateway, HostBridges bridges, HostOptions options, TimeProvider time, ILogger<BridgeService> logger) : BackgroundService
{
    /// <summary>How often a provisioned enclave is looked at, and a port that was taken tried again.</summary>
    internal static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    private byte[]? _manifestHash;
    private IReadOnlyList<BridgeConfig> _wanted = [];
    private ProtocolPhase? _phase;

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await bridges.CloseAsync(options.Drain).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            bool settled = false;
            try
            {
                settled = await LookAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (HealthEndpoints.IsEnclaveFailure(e))
            {
                if (_phase is not null)
                    HostLog.EnclaveFailed(logger, e.Message);
                _phase = null;
            }

            await Task.Delay(settled ? Retry : options.BridgePoll, time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        ProtocolPhase phase = await gateway.PhaseAsync(cancellationToken).ConfigureAwait(false);
        if (phase != _phase)
            HostLog.Phase(logger, phase.ToString());
        bool changed = phase != _phase;
        _phase = phase;

        if (phase != ProtocolPhase.QuorumKeyProvisioned)
        {
            if (_manifestHash is not null)
                await CloseAsync($"the enclave is in phase {phase}").ConfigureAwait(false);
            return false;
        }

        // The manifest of a node never changes; a node that was away may be another one.
        if (changed || _manifestHash is null)
        {
            Manifest? manifest = (await gateway.ManifestEnvelopeAsync(cancellationToken).ConfigureAwait(false))?.Manifest;
            if (manifest is null)
                return false;
            byte[] hash = manifest.Hash();
            if (_manifestHash is not null && !hash.AsSpan().SequenceEqual(_manifestHash))
                await CloseAsync("the enclave has another manifest").ConfigureAwait(false);
            _manifestHash = hash;
            _wanted = manifest.Pivot.BridgeConfig;
        }

        bridges.Open(_wanted);
        return true;
    }

    private async Task CloseAsync(string reason)
    {
        _manifestHash = null;
        _wanted = [];
        await bridges.CloseAsync(options.Drain).ConfigureAwait(false);
        HostLog.BridgesClosed(logger, reason);
    }
}
