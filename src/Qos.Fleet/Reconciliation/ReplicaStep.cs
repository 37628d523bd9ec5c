using System.Diagnostics;
using System.Net;
using Qos.Protocol;

namespace Qos.Fleet;

/// <summary>
/// One step of one replica: looks where it stands and does the next thing, which may have been done before by a service that was killed. The outcome is
/// written last, so that a step that was cut off is simply taken again.
/// </summary>
internal sealed class ReplicaStep(FleetParts parts, ReplicaTroubles troubles, AppSnapshot app, DeploymentSnapshot snapshot, Replica replica, ReplicaInstance? instance)
{
    private const int MaxMessage = 1000;

    // A process needs some milliseconds until its port listens.
    private static readonly TimeSpan s_soonest = TimeSpan.FromMilliseconds(50);

    private readonly Deployment _deployment = snapshot.Deployment;
    private readonly DateTimeOffset _now = parts.Time.GetUtcNow();

    /// <summary>When it is worth looking at the replica again, sooner than everything is looked at; null when it is not.</summary>
    public TimeSpan? LookAgain { get; private set; }

    /// <summary>Takes the step.</summary>
    /// <returns>Whether something changed, so that the next step can be taken at once.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await NextAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RunnerException e)
        {
            return await SayAsync(e.Message, cancellationToken).ConfigureAwait(false);
        }
        catch (PivotUnavailableException e)
        {
            return await SayAsync(e.Message, cancellationToken).ConfigureAwait(false);
        }
        catch (NodeUnreachableException e)
        {
            return await FailAsync($"its host does not answer: {e.Message}", cancellationToken).ConfigureAwait(false);
        }
        catch (DocumentRefusedException e)
        {
            return await FailAsync($"its document is refused at {e.Message}", cancellationToken).ConfigureAwait(false);
        }
        catch (ProtocolException e)
        {
            return await FailAsync($"its node refuses: {e.Message}", cancellationToken).ConfigureAwait(false);
        }
    }

    private Task<bool> NextAsync(CancellationToken cancellationToken) => replica.State switch
    {
        ReplicaState.Stopping => StopAsync(cancellationToken),
        ReplicaState.Draining => DrainAsync(cancellationToken),
        ReplicaState.Gone => Nothing,
        _ when replica.NotBefore > _now => Nothing,
        _ when instance is null => replica.State == ReplicaState.Starting
            ? StartAsync(cancellationToken)
            : ReplaceAsync("the runner no longer has it", cancellationToken),
        _ when instance.State == InstanceState.Ended => ReplaceAsync(instance.Detail ?? "it ended", cancellationToken),
        _ when instance.State == InstanceState.Pending => WaitForHostAsync(cancellationToken),
        ReplicaState.Starting => SaveAsync(replica with { State = ReplicaState.Booting, HostUrl = instance.Host?.ToString(), IngressAddress = Ingress(), Message = null }, cancellationToken),
        ReplicaState.Provisioned or ReplicaState.Ready => ServeAsync(cancellationToken),
        _ => AskAsync(cancellationToken),
    };

    private static Task<bool> Nothing => Task.FromResult(false);

    private async Task<bool> StartAsync(CancellationToken cancellationToken)
    {
        await parts.Runner.StartAsync(
            new ReplicaLaunch
            {
                ReplicaId = replica.Id,
                DeploymentId = _deployment.Id,
                AppId = _deployment.AppId,
                Slot = replica.Slot,
                QosVersion = _deployment.QosVersion,
                Ports = _deployment.Ports,
                DebugMode = _deployment.DebugMode,
                Cpus = _deployment.Cpus,
                RamGib = _deployment.RamGib,
            },
            cancellationToken).ConfigureAwait(false);
        return false;
    }

    private async Task<bool> StopAsync(CancellationToken cancellationToken)
    {
        await parts.Runner.StopAsync(replica.Id, cancellationToken).ConfigureAwait(false);
        return await SaveAsync(replica with { State = ReplicaState.Gone }, cancellationToken).ConfigureAwait(false);
    }

    private Task<bool> DrainAsync(CancellationToken cancellationToken)
    {
        // By the distance: when the clock was put back, it does not drain until the clock is where it was.
        TimeSpan since = (_now - replica.UpdatedAt).Duration();
        bool drained = since >= parts.Settings.DrainAtLeast && parts.Traffic.InFlight(replica.Id) == 0;
        return drained || since >= parts.Settings.DrainAtMost || instance is null or { State: InstanceState.Ended }
            ? SaveAsync(replica with { State = ReplicaState.Stopping }, cancellationToken)
            : Nothing;
    }

    private Task<bool> WaitForHostAsync(CancellationToken cancellationToken) => (_now - replica.CreatedAt).Duration() > parts.Settings.StartLimit
        ? ReplaceAsync($"its host did not listen within {parts.Settings.StartLimit.TotalSeconds:0} s", cancellationToken)
        : Nothing;

    private async Task<bool> AskAsync(CancellationToken cancellationToken)
    {
        using IFleetNode node = parts.Nodes.Connect(instance!);
        NodeStatus status = await LimitedAsync(node.StatusAsync, cancellationToken).ConfigureAwait(false);
        ProtocolPhase expected = replica.Mode == BootMode.Standard ? ProtocolPhase.WaitingForQuorumShards : ProtocolPhase.WaitingForForwardedKey;
        if (status.Phase == ProtocolPhase.QuorumKeyProvisioned)
            return await ConfirmLiveAsync(node, cancellationToken).ConfigureAwait(false);
        if (status.Phase is ProtocolPhase.UnrecoverableError or ProtocolPhase.GenesisBooted)
            return await ReplaceAsync($"its node is in phase {status.Phase}", cancellationToken).ConfigureAwait(false);
        if (status.Phase == ProtocolPhase.WaitingForBootInstruction)
        {
            return replica.State == ReplicaState.Booting
                ? await BootAsync(node, cancellationToken).ConfigureAwait(false)
                : await ReplaceAsync("its node was started again and forgot its boot", cancellationToken).ConfigureAwait(false);
        }

        if (status.Phase != expected)
            return await FailAsync($"its node claims the phase {status.Phase}, and should be in {expected}", cancellationToken).ConfigureAwait(false);
        if (replica.SetupDocument is null)
            return await ConfirmSetupAsync(await AttestAsync(node, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

        // People take their time, and the document's certificate lives about three hours: members are always given a fresh one.
        if (replica.Mode == BootMode.Standard && IsDueAgain())
        {
            ReadOnlyMemory<byte> fresh = await AttestSetupAgainAsync(node, cancellationToken).ConfigureAwait(false);
            troubles.Verified(replica.Id, _now);
            return await SaveAsync(replica with { SetupDocument = fresh, Message = null }, cancellationToken).ConfigureAwait(false);
        }

        return replica.Mode == BootMode.Standard
            ? await DeliverAsync(node, status.Shares, cancellationToken).ConfigureAwait(false)
            : await ForwardAsync(node, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> BootAsync(IFleetNode node, CancellationToken cancellationToken)
    {
        using Activity? trace = FleetMetrics.Source.StartActivity("boot");
        trace?.SetTag("qos.replica", replica.Id).SetTag("qos.mode", replica.Mode.ToString());
        string pivot = await parts.Pivots.PathAsync(_deployment, cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte> document = await node.BootAsync(snapshot.Envelope(), pivot, replica.Mode == BootMode.KeyForward, cancellationToken).ConfigureAwait(false);
        return await ConfirmSetupAsync(document, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> ConfirmSetupAsync(ReadOnlyMemory<byte> document, CancellationToken cancellationToken)
    {
        string key = parts.Verifier.VerifySetup(_deployment, document);
        if (await parts.Store.OwnerOfKeyAsync(key, cancellationToken).ConfigureAwait(false) is { } owner && owner != replica.Id)
            throw new DocumentRefusedException($"document.key: its setup key is that of replica {owner}; the host gave another node's document");
        troubles.Verified(replica.Id, _now);
        return await SaveAsync(
            replica with
            {
                State = replica.Mode == BootMode.Standard ? ReplicaState.AwaitingShares : ReplicaState.AwaitingKey,
                SetupDocument = document,
                SetupKey = key,
                Message = null,
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> ConfirmLiveAsync(IFleetNode node, CancellationToken cancellationToken)
    {
        (ReadOnlyMemory<byte> document, ManifestEnvelope? envelope) = await LimitedAsync(node.AttestationAsync, cancellationToken).ConfigureAwait(false);
        (string key, Verify.BootProof proof) = parts.Verifier.VerifyLive(_deployment, document, envelope);
        if (await parts.Store.OwnerOfKeyAsync(key, cancellationToken).ConfigureAwait(false) is { } owner && owner != replica.Id)
            throw new DocumentRefusedException($"document.key: its live key is that of replica {owner}; the host gave another node's document");
        DateTimeOffset at = parts.Time.GetUtcNow();
        var record = new BootProofRecord
        {
            EphemeralKey = key,
            AppId = _deployment.AppId,
            DeploymentId = _deployment.Id,
            ReplicaId = replica.Id,
            OrganizationId = _deployment.OrganizationId,
            Document = document,
            Manifest = proof.Manifest,
            Envelope = proof.ManifestEnvelope,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds()),
        };
        Replica next = replica with { State = ReplicaState.Provisioned, EphemeralKey = key, SetupDocument = null, Message = null, UpdatedAt = at };
        if (!await parts.Store.RecordProofAsync(record, next, cancellationToken).ConfigureAwait(false))
            return false;
        troubles.Verified(replica.Id, at);
        parts.Publish(new FleetEvent("proof", _deployment.OrganizationId, _deployment.AppId, _deployment.Id, key, "recorded", at));
        parts.Publish(Event(next));
        return true;
    }

    private async Task<bool> DeliverAsync(IFleetNode node, ShareStatus? shares, CancellationToken cancellationToken)
    {
        bool changed = false;
        foreach (ProvisioningShare share in snapshot.Shares.Where(share => share.State == ShareState.Posted && share.SetupKey == replica.SetupKey))
        {
            // Given before, by a step that was cut off before it could say so.
            if (shares?.Received.Contains(share.Operator.Name) != true)
            {
                try
                {
                    await LimitedAsync(token => node.ProvisionAsync(share.EncryptedShare, share.ToApproval(), token), cancellationToken).ConfigureAwait(false);
                }
                catch (ProtocolException e)
                {
                    await parts.Store.MarkShareAsync(share.Id, ShareState.Refused, Shown(e.Message), cancellationToken).ConfigureAwait(false);
                    parts.Publish(new FleetEvent("share", _deployment.OrganizationId, _deployment.AppId, _deployment.Id, share.Id, nameof(ShareState.Refused), _now));
                    continue;
                }
            }

            await parts.Store.MarkShareAsync(share.Id, ShareState.Delivered, null, cancellationToken).ConfigureAwait(false);
            parts.Publish(new FleetEvent("share", _deployment.OrganizationId, _deployment.AppId, _deployment.Id, share.Id, nameof(ShareState.Delivered), _now));
            changed = true;
        }

        troubles.Succeeded(replica.Id);
        return changed;
    }

    private async Task<bool> ForwardAsync(IFleetNode node, CancellationToken cancellationToken)
    {
        IReadOnlyList<Replica> donors = [.. Forwarding.Donors(app, _deployment).Where(donor => donor.Id != replica.Id && parts.Instances.ContainsKey(donor.Id))];
        if (donors.Count == 0)
            return false;

        // Another one at each failure, so that one donor that cannot does not stop the rest.
        Replica donor = donors[(replica.Id[^1] + troubles.Failed(replica.Id, _now).Count) % donors.Count];
        ReplicaInstance at = parts.Instances[donor.Id];
        long begin = Stopwatch.GetTimestamp();
        using Activity? trace = FleetMetrics.Source.StartActivity("forward");
        trace?.SetTag("qos.replica", replica.Id).SetTag("qos.donor", donor.Id);

        // Fresh: the donor holds the certificates against its own clock.
        ReadOnlyMemory<byte> document = await AttestSetupAgainAsync(node, cancellationToken).ConfigureAwait(false);
        ProtocolMessage.ExportKeyResponse key;
        using (IFleetNode from = parts.Nodes.Connect(at))
        {
            try
            {
                key = await LimitedAsync(token => from.ExportKeyAsync(snapshot.Envelope(), document, token), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is NodeUnreachableException or ProtocolException)
            {
                return await SayAsync($"replica {donor.Id} does not give the key: {e.Message}", cancellationToken).ConfigureAwait(false);
            }
        }

        await LimitedAsync(token => node.InjectKeyAsync(key, token), cancellationToken).ConfigureAwait(false);
        parts.Metrics.Forwards.Record(Stopwatch.GetElapsedTime(begin).TotalSeconds);
        troubles.Succeeded(replica.Id);
        return true;
    }

    private async Task<bool> ServeAsync(CancellationToken cancellationToken)
    {
        if (replica.HostUrl != instance!.Host?.ToString() || replica.IngressAddress != Ingress())
            return await SaveAsync(replica with { HostUrl = instance.Host?.ToString(), IngressAddress = Ingress() }, cancellationToken).ConfigureAwait(false);
        if (IsDueAgain())
            await VerifyAgainAsync(cancellationToken).ConfigureAwait(false);

        if (await parts.Nodes.IsHealthyAsync(instance, _deployment.Health, cancellationToken).ConfigureAwait(false))
        {
            troubles.Succeeded(replica.Id);
            if (replica.State == ReplicaState.Ready && replica.Message is null)
                return false;
            if (replica.ReadyAt is null)
                parts.Metrics.Boots.Record((_now - replica.CreatedAt).TotalSeconds, new KeyValuePair<string, object?>("mode", replica.Mode.ToString()));
            return await SaveAsync(replica with { State = ReplicaState.Ready, ReadyAt = replica.ReadyAt ?? _now, Message = null }, cancellationToken).ConfigureAwait(false);
        }

        ReplicaTroubles.Trouble trouble = troubles.Failed(replica.Id, _now);
        bool isLasting = IsLasting(trouble);
        string? why = isLasting ? await WhyNotWellAsync(cancellationToken).ConfigureAwait(false) : null;
        if (replica.State == ReplicaState.Ready)
            return isLasting && await SaveAsync(replica with { State = ReplicaState.Provisioned, Message = Shown(why!) }, cancellationToken).ConfigureAwait(false);

        if (_now - trouble.Since >= parts.Settings.UnhealthyLimit && !IsLastWithKey())
        {
            return await ReplaceAsync(
                $"its app was not well for {parts.Settings.UnhealthyLimit.TotalSeconds:0} s{(why is null ? "" : ": " + why)}", cancellationToken).ConfigureAwait(false);
        }

        // Just given its key, the app may be up at any moment: looked at more and more rarely, until it is looked at with all others.
        TimeSpan pause = (_now - replica.UpdatedAt) / 2;
        if (pause < parts.Settings.Interval)
            LookAgain = pause > s_soonest ? pause : s_soonest;
        return why is not null && await SayAsync(why, cancellationToken).ConfigureAwait(false);
    }

    // What the node says of the app's process is a claim, like all that it says: it is shown to people and decides nothing.
    private async Task<string> WhyNotWellAsync(CancellationToken cancellationToken)
    {
        PivotStatus? pivot = null;
        try
        {
            using IFleetNode node = parts.Nodes.Connect(instance!);
            pivot = (await LimitedAsync(node.StatusAsync, cancellationToken).ConfigureAwait(false)).Pivot;
        }
        catch (Exception e) when (e is NodeUnreachableException or ProtocolException)
        {
            // Its app is asked for, and not its host.
        }

        string ended = pivot?.Reason ?? $"it last {pivot?.LastExit}";
        string asked = _deployment.Health.Kind == HealthCheckKind.Http ? "GET /health" : "the gRPC health check";
        return pivot?.State switch
        {
            PivotState.Restarting => $"its app is started again and again: {ended}",
            PivotState.Exited => $"its app has ended: {ended}",
            PivotState.Failed => $"its app cannot be started: {ended}",
            _ => FormattableString.Invariant($"its app does not say that it is well: {asked} at port {_deployment.Health.Port}"),
        };
    }

    // It may be looked at more often than at each interval, for the sake of others.
    private bool IsLasting(ReplicaTroubles.Trouble trouble) =>
        trouble.Count >= parts.Settings.HealthFailures && _now - trouble.Since >= parts.Settings.Interval * (parts.Settings.HealthFailures - 1.5);

    private bool IsDueAgain() => (_now - (troubles.VerifiedAt(replica.Id) ?? FirstSeen())).Duration() >= parts.Settings.VerifyAgain;

    // A service that was just started verifies everybody within the interval, and not all at once.
    private DateTimeOffset FirstSeen()
    {
        uint part = BitConverter.ToUInt32(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(replica.Id)));
        DateTimeOffset at = _now - (parts.Settings.VerifyAgain * (part / (double)uint.MaxValue) * 0.99);
        troubles.Verified(replica.Id, at);
        return at;
    }

    private async Task VerifyAgainAsync(CancellationToken cancellationToken)
    {
        using IFleetNode node = parts.Nodes.Connect(instance!);
        (ReadOnlyMemory<byte> document, ManifestEnvelope? envelope) = await LimitedAsync(node.AttestationAsync, cancellationToken).ConfigureAwait(false);
        if (parts.Verifier.VerifyLive(_deployment, document, envelope).Key != replica.EphemeralKey)
            throw new DocumentRefusedException("document.key: the host now gives another live key than before");
        troubles.Verified(replica.Id, _now);
    }

    /// <summary>What failed may work next time; for longer than the limit it is replaced, unless it is the last one with the key.</summary>
    private async Task<bool> FailAsync(string message, CancellationToken cancellationToken)
    {
        ReplicaTroubles.Trouble trouble = troubles.Failed(replica.Id, _now);
        if (_now - trouble.Since >= parts.Settings.FailureLimit && !(replica.IsProvisioned && IsLastWithKey()))
            return await ReplaceAsync(message, cancellationToken).ConfigureAwait(false);

        // Not routed to while nobody knows what it is.
        ReplicaState state = replica.State == ReplicaState.Ready && IsLasting(trouble) ? ReplicaState.Provisioned : replica.State;
        await SaveAsync(replica with { State = state, Message = Shown(message) }, cancellationToken).ConfigureAwait(false);
        return false;
    }

    // One that fails itself is no hope: of two that do not answer, neither is ended.
    private bool IsLastWithKey() => !app.Replicas.Any(other =>
        other.Id != replica.Id
        && other.IsProvisioned
        && !troubles.IsFailing(other.Id)
        && parts.Instances.TryGetValue(other.Id, out ReplicaInstance? at)
        && at.State == InstanceState.Running);

    private Task<bool> ReplaceAsync(string why, CancellationToken cancellationToken) =>
        SaveAsync(replica with { State = ReplicaState.Stopping, Message = Shown(why) }, cancellationToken);

    // Part of it is what a host, a node or a scheduler says, and it is shown in terminals, browsers and logs.
    private static string Shown(string message) => VisibleText.Escape(message.Length > MaxMessage ? message[..MaxMessage] : message);

    private async Task<bool> SayAsync(string message, CancellationToken cancellationToken)
    {
        await SaveAsync(replica with { Message = Shown(message) }, cancellationToken).ConfigureAwait(false);
        return false;
    }

    private async Task<bool> SaveAsync(Replica changed, CancellationToken cancellationToken)
    {
        if (changed == replica)
            return false;
        Replica next = changed with { UpdatedAt = changed.State == replica.State && changed.State == ReplicaState.Draining ? replica.UpdatedAt : _now };
        if (!await parts.Store.SaveReplicaAsync(next, cancellationToken).ConfigureAwait(false))
            return false;
        parts.Publish(Event(next));
        return true;
    }

    private FleetEvent Event(Replica next) => new("replica", _deployment.OrganizationId, next.AppId, next.DeploymentId, next.Id, next.State.ToString(), _now);

    private string? Ingress() => instance!.Ports.TryGetValue(_deployment.IngressPort, out IPEndPoint? address) ? address.ToString() : null;

    private async Task<ReadOnlyMemory<byte>> AttestAsync(IFleetNode node, CancellationToken cancellationToken) =>
        (await LimitedAsync(node.AttestationAsync, cancellationToken).ConfigureAwait(false)).Document;

    private async Task<ReadOnlyMemory<byte>> AttestSetupAgainAsync(IFleetNode node, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> document = await AttestAsync(node, cancellationToken).ConfigureAwait(false);
        return parts.Verifier.VerifySetup(_deployment, document) == replica.SetupKey
            ? document
            : throw new DocumentRefusedException("document.key: the host now gives another setup key than before");
    }

    private Task<bool> LimitedAsync(Func<CancellationToken, Task> ask, CancellationToken cancellationToken) => LimitedAsync(
        async token =>
        {
            await ask(token).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    private async Task<T> LimitedAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(parts.Settings.NodeLimit, parts.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await ask(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new NodeUnreachableException($"no answer within {parts.Settings.NodeLimit.TotalSeconds:0} s", e);
        }
    }
}
