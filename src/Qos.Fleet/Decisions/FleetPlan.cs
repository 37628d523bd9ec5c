namespace Qos.Fleet;

/// <summary>
/// Which replicas an app should have, and how each gets its key: pure, from what is stored alone. The first replica of a deployment that nobody may
/// give the key to is booted for shares, and all others for a forwarded key; so share holders are asked once, and only when they must be.
/// </summary>
public static class FleetPlan
{
    /// <summary>The changes that bring an app nearer to what is wanted; empty when there is nothing to do.</summary>
    /// <param name="app">What is stored.</param>
    /// <param name="settings">The patience.</param>
    /// <param name="now">The time.</param>
    /// <param name="canForward">Whether replicas can give the key to one another; where they cannot, each is booted for shares.</param>
    public static IReadOnlyList<FleetChange> Of(AppSnapshot app, FleetSettings settings, DateTimeOffset now, bool canForward = true)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(settings);
        var changes = new List<FleetChange>();
        ILookup<string, Replica> byDeployment = app.Replicas.ToLookup(static replica => replica.DeploymentId, StringComparer.Ordinal);
        foreach (DeploymentSnapshot deployment in app.Deployments)
            Plan(changes, app, deployment, [.. byDeployment[deployment.Deployment.Id]], settings, now, canForward);
        return changes;
    }

    /// <summary>How many replicas a deployment should have now: none before it is approved, or once it is deleted.</summary>
    public static int Wanted(AppSnapshot app, DeploymentSnapshot deployment)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(deployment);
        return app.App.IsDeleted || deployment.Deployment.IsDeleted || !deployment.IsApproved ? 0 : deployment.Deployment.Replicas;
    }

    private static void Plan(
        List<FleetChange> changes, AppSnapshot app, DeploymentSnapshot snapshot, Replica[] replicas, FleetSettings settings, DateTimeOffset now, bool canForward)
    {
        Deployment deployment = snapshot.Deployment;
        int wanted = Wanted(app, snapshot);
        foreach (Replica surplus in replicas.Where(replica => replica.Slot >= wanted && IsActive(replica)))
            changes.Add(new FleetChange.Move(surplus, Leave(surplus, now)));
        if (wanted == 0)
        {
            if (deployment.IsDeleted && !deployment.IsPurged && replicas.Length == 0 && (app.App.IsDeleted || now - deployment.UpdatedAt >= settings.Retention))
                changes.Add(new FleetChange.Purge(deployment.Id));
            return;
        }

        bool hasDonor = canForward && Forwarding.Donors(app, deployment).Count > 0;
        Replica[] active = [.. replicas.Where(replica => replica.Slot < wanted && IsActive(replica)).OrderBy(static replica => replica.Slot)];
        bool hasStandard = active.Any(static replica => replica.Mode == BootMode.Standard);
        if (hasDonor)
        {
            // Somebody can give it the key after all: then no share holder is asked for this one.
            foreach (Replica waiting in active.Where(static replica => replica.Mode == BootMode.Standard && !replica.IsProvisioned))
                changes.Add(new FleetChange.Move(waiting, ChangeMode(waiting, BootMode.KeyForward, now)));
        }
        else if (!hasStandard && active.FirstOrDefault() is { } first)
        {
            changes.Add(new FleetChange.Move(first, ChangeMode(first, BootMode.Standard, now)));
            hasStandard = true;
        }

        var taken = replicas.Select(static replica => replica.Slot).ToHashSet();
        for (int slot = 0; slot < wanted; slot++)
        {
            if (taken.Contains(slot) || !IsDue(snapshot, slot, settings, now))
                continue;
            BootMode mode = canForward && (hasDonor || hasStandard) ? BootMode.KeyForward : BootMode.Standard;
            hasStandard |= mode == BootMode.Standard;
            changes.Add(new FleetChange.Add(New(deployment, slot, mode, snapshot.LastAttempts.GetValueOrDefault(slot)?.Failures ?? 0, now)));
        }
    }

    /// <summary>How long after so many failures in a row the next try waits.</summary>
    public static TimeSpan Backoff(int failures, FleetSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (failures <= 1)
            return TimeSpan.Zero;
        double seconds = Math.Pow(2, Math.Min(failures - 2, 16));
        return seconds < settings.LongestBackoff.TotalSeconds ? TimeSpan.FromSeconds(seconds) : settings.LongestBackoff;
    }

    /// <summary>A replica on its way out: one that may have traffic drains first.</summary>
    public static Replica Leave(Replica replica, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(replica);
        return replica with { State = replica.State == ReplicaState.Ready ? ReplicaState.Draining : ReplicaState.Stopping, UpdatedAt = now };
    }

    private static bool IsActive(Replica replica) => replica.State is not (ReplicaState.Draining or ReplicaState.Stopping or ReplicaState.Gone);

    // By the distance: when the clock was put back, what ended "later" is not waited for.
    private static bool IsDue(DeploymentSnapshot snapshot, int slot, FleetSettings settings, DateTimeOffset now) =>
        !snapshot.LastAttempts.TryGetValue(slot, out SlotHistory? last) || (now - last.EndedAt).Duration() >= Backoff(last.Failures, settings);

    // A node that was not booted yet can still be booted the other way; another one is stopped, and its slot filled anew.
    private static Replica ChangeMode(Replica replica, BootMode mode, DateTimeOffset now) => replica.State == ReplicaState.Starting
        ? replica with { Mode = mode, UpdatedAt = now }
        : replica with { State = ReplicaState.Stopping, Message = "booted again in another way: the key now comes from elsewhere", UpdatedAt = now };

    private static Replica New(Deployment deployment, int slot, BootMode mode, int attempt, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now).ToString(),
        DeploymentId = deployment.Id,
        AppId = deployment.AppId,
        Slot = slot,
        Attempt = attempt,
        Mode = mode,
        State = ReplicaState.Starting,
        CreatedAt = now,
        UpdatedAt = now,
    };
}
