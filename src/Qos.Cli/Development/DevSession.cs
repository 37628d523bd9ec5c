using System.Globalization;
using Qos.Client;
using Qos.Keys;
using Qos.Local;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Verify;

namespace Qos.Cli;

/// <summary>A run from its start to its end: one quorum, one node after the other, one place where the app is reached.</summary>
internal sealed class DevSession : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private readonly DevPlan _plan;
    private readonly DevLog _log;
    private readonly TimeProvider _time;
    private readonly DevFolder _folder = DevFolder.Make();
    private readonly WorthlessQuorum _quorum = WorthlessQuorum.Make(SystemRandomSource.Instance);
    private readonly List<(DevPort Port, DevRelay Relay)> _relays = [];
    private readonly string _pki;
    private readonly string _copy;
    private readonly string _program;
    private readonly bool _isWrapped;
    private DevRelay? _api;
    private uint _nonce;
    private DevNode? _node;
    private byte[] _running = [];

    public DevSession(DevPlan plan, DevLog log, TimeProvider time)
    {
        (_plan, _log, _time) = (plan, log, time);
        _pki = _folder.Make("pki");
        _copy = Path.Combine(_folder.Path, "app");
        _program = plan.Image is null ? plan.App : Path.Combine(_folder.Path, "taken");
        if (plan.Machine is not null)
            return;
        string? obstacle = EnclaveSurroundings.DescribeObstacle(_folder.Make("trial"));
        _isWrapped = obstacle is null;
        if (obstacle is not null)
            _log.Say($"the app gets neither a root folder nor processes of its own here ({VisibleText.Escape(obstacle)}); run as root to have them", Tone.Warning);
    }

    private string RootFile => Path.Combine(_pki, "root.pem");

    /// <summary>Runs the app until it ends or the run is cancelled.</summary>
    /// <returns>The app's exit code.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (_plan.Machine is { } machine)
        {
            _log.Say($"booting {machine.Image} in a virtual machine");
            if (_plan.Egress.Count > 0)
                _log.Say("the virtual machine carries no connection out: what --egress names is mapped inside, and reaches nothing", Tone.Warning);
        }

        _log.Say("keys, quorum and module are worthless: what runs here protects nothing", Tone.Warning);
        foreach (DevPort port in _plan.Ports)
            _relays.Add((port, DevRelay.Listen(port.Outer, $"end what listens there, or give another one, --port {port.Outer + 1}:{port.Inner}")));
        _api = DevRelay.Listen(0, "");
        if (_plan.Image is { } image)
            await image.TakeAsync(_program, _log, cancellationToken).ConfigureAwait(false);
        DevWatch? watch = _plan.Watches ? new DevWatch(_program, _log, _time) : null;
        _ = new DevEgress(_plan, _log, _time).WatchAsync(() => _node, cancellationToken);
        if (!DevSnapshot.TryTake(_program, _copy))
            throw new CeremonyException($"{_plan.App} is empty, or is being written: run it when it is whole.");
        await StartAsync(cancellationToken).ConfigureAwait(false);
        if (watch is null)
            return await _node!.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        while (true)
            await ReplaceAsync(watch, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach ((_, DevRelay relay) in _relays)
            relay.Dispose();
        _api?.Dispose();
        if (_node is { } node)
            await node.DisposeAsync().ConfigureAwait(false);
        _quorum.Dispose();
        _folder.Dispose();
    }

    // Waits for a change and starts what the file holds then. What cannot be started leaves the node that runs as it is.
    private async Task ReplaceAsync(DevWatch watch, CancellationToken cancellationToken)
    {
        Task changed = watch.ChangedAsync(cancellationToken);
        if (_node is { } node && await Task.WhenAny(changed, node.Ended).ConfigureAwait(false) == node.Ended)
        {
            _log.Say("waiting for a change of the file");
            await EndNodeAsync().ConfigureAwait(false);
        }

        await changed.ConfigureAwait(false);
        try
        {
            while (!DevSnapshot.TryTake(_program, _copy))
                await Task.Delay(s_pause, _time, cancellationToken).ConfigureAwait(false);
            if (_node is { Ended.IsCompleted: false } && _running.AsSpan().SequenceEqual(PivotFile.Hash(_copy)))
                return;
            _log.Say("the file has changed");
            await StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is CeremonyException or ProtocolException or IOException)
        {
            _log.Say($"not started: {VisibleText.OneLine(e.Message)}", Tone.Bad);
        }
    }

    private async Task EndNodeAsync()
    {
        foreach ((_, DevRelay relay) in _relays)
            relay.Hold();
        _api!.Hold();
        if (_node is { } node)
            await node.DisposeAsync().ConfigureAwait(false);
        _node = null;
    }

    // By the node that runs, which forwards the key; by the shares when there is none, or it is in an image: that believes AWS's root alone, and so no
    // other enclave of this machine.
    private async Task StartAsync(CancellationToken cancellationToken)
    {
        long begin = _time.GetTimestamp();
        foreach (LintFinding finding in PivotFile.Lint(_copy))
        {
            if (finding.Severity == LintSeverity.Refused)
                throw new CeremonyException($"{_plan.App}: {finding.What}: {finding.WhatToDo}.");
            if (_plan.Machine is not null)
                throw new CeremonyException($"an image cannot run {_plan.App}: {finding.What}.");
            _log.Say($"an image cannot run this app: {finding.What}", Tone.Warning);
        }

        if (_node is { Ended.IsCompleted: true })
            await EndNodeAsync().ConfigureAwait(false);
        DevNode node = DevNode.Start(_folder.Make(string.Create(CultureInfo.InvariantCulture, $"node-{++_nonce}")), _plan, _pki, _isWrapped, _log);
        DevNode? before = _node;
        byte[] hash = PivotFile.Hash(_copy);
        try
        {
            await node.AnswersAsync(cancellationToken).ConfigureAwait(false);
            byte[] root = await RootAsync(cancellationToken).ConfigureAwait(false);
            ManifestEnvelope envelope = _quorum.Approve(_plan.Name, _nonce, Pivot(hash), Measurements, root);
            if (before is null || _plan.Machine is not null)
                await _quorum.BootAsync(node.Client, envelope, _copy, AttestationPolicy.From(Measurements, ValidationTime.Now, root), cancellationToken).ConfigureAwait(false);
            else
                await WorthlessQuorum.ForwardAsync(before.Client, node.Client, envelope, _copy, cancellationToken).ConfigureAwait(false);
            await AppListensAsync(node, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        (_node, _running) = (node, hash);
        node.FailedBefore = node.FailedEgress;
        node.IsReady = true;
        foreach ((DevPort port, DevRelay relay) in _relays)
            relay.Lead(node.Ports[port.Inner]);
        _api!.Lead(node.HostPort);
        _log.Say(
            string.Create(CultureInfo.InvariantCulture, $"started in {_time.GetElapsedTime(begin).TotalMilliseconds:0} ms{(before is null ? "" : ", with the same quorum key")}")
            + string.Concat(_relays.Select(static one => $"; http://127.0.0.1:{one.Relay.Port} is the app's port {one.Port.Inner}")),
            Tone.Good);
        await CheckProofAsync(cancellationToken).ConfigureAwait(false);
        if (before is not null)
            await before.DisposeAsync().ConfigureAwait(false);
    }

    // The simulator may still be writing it.
    private async Task<byte[]> RootAsync(CancellationToken cancellationToken)
    {
        long begin = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return TrustAnchorFile.Read(RootFile);
            }
            catch (Exception e) when ((e is IOException or FormatException or CeremonyException or AttestationException) && _time.GetElapsedTime(begin) < s_patience)
            {
                await Task.Delay(s_pause, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task AppListensAsync(DevNode node, CancellationToken cancellationToken)
    {
        long begin = _time.GetTimestamp();
        while (true)
        {
            string? problem = await node.DescribeUnreachableAsync(cancellationToken).ConfigureAwait(false);
            if ((problem is null && node.Ports.Count > 0) || node.Ended.IsCompleted)
                return;
            PivotStatus? app = await node.AppAsync(cancellationToken).ConfigureAwait(false);
            if (app is { State: PivotState.Failed })
                throw new CeremonyException($"{_plan.App} cannot be started: {VisibleText.OneLine(app.Reason ?? "the node does not say why")}");
            if (problem is null && app is { State: not PivotState.Waiting })
                return;
            if (_time.GetElapsedTime(begin) > s_patience)
            {
                _log.Say(problem ?? "the app is not started yet", Tone.Warning);
                return;
            }

            await Task.Delay(s_pause, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private IReadOnlyDictionary<int, byte[]> Measurements => _plan.Machine?.Pcrs ?? Enumerable.Range(0, 4).ToDictionary(static index => index, static _ => new byte[Pcr.Size]);

    private PivotConfig Pivot(byte[] hash) => new()
    {
        Hash = hash,
        Restart = _plan.Restart,
        BridgeConfig = _plan.Bridges,
        Args = _plan.Args,
        Env = _plan.Env,
    };

    private async Task CheckProofAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var url = new Uri($"http://127.0.0.1:{_api!.Port}/qos/boot-proof");
        byte[] json;
        try
        {
            json = await http.GetByteArrayAsync(url, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            // The app may have ended, and its enclave with it, before its end was seen here.
            if (await Task.WhenAny(_node!.Ended, Task.Delay(s_grace, _time, cancellationToken)).ConfigureAwait(false) == _node.Ended)
                return;
            throw new CeremonyException($"The boot proof at {url} cannot be had: {e.Message}", e);
        }

        var verifier = new ProofVerifier(new VerificationPolicy
        {
            Identity = DeploymentIdentity.FromQuorumKey(_quorum.QuorumKey.Memory),
            Measurements = TrustedMeasurements.Any,
            TrustAnchor = await RootAsync(cancellationToken).ConfigureAwait(false),
            AllowDebug = true,
        });
        VerificationResult result = verifier.VerifyBootProof(BootProof.Parse(json));
        if (!result.IsValid)
            throw new CeremonyException($"The boot proof at {url} is refused at {result.Failures.First().Name}.");
        if (_plan.Proofs is { } folder)
        {
            Directory.CreateDirectory(folder);
            File.Copy(RootFile, Path.Combine(folder, "root.pem"), overwrite: true);
            await File.WriteAllTextAsync(Path.Combine(folder, "quorum_key.pub"), Convert.ToHexStringLower(_quorum.QuorumKey.Bytes), cancellationToken).ConfigureAwait(false);

            // The last of them and whole: who waits for it has all.
            await File.WriteAllBytesAsync(Path.Combine(folder, "boot-proof.new"), json, cancellationToken).ConfigureAwait(false);
            File.Move(Path.Combine(folder, "boot-proof.new"), Path.Combine(folder, "boot-proof.json"), overwrite: true);
        }

        _log.Say($"boot proof at {url}, checked: {result.Checks.Count(static check => check.Outcome == CheckOutcome.Passed)} checks hold under the root {RootFile}");
    }
}
