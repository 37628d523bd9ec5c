using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Qos.Fleet.Api;
using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary>
/// Takes activities in: each is kept with its stamp before anything is done for it, the same body is the same activity, and what a service that was killed
/// left pending is run again when it comes back.
/// </summary>
internal sealed partial class ApiActivities(FleetDatabase database, ActivityHandlers handlers, EventHub events, TimeProvider time, ILogger<ApiActivities> logger)
{
    private static readonly TimeSpan s_fresh = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static readonly HashSet<string> s_known = [.. ApiNames.Activities.Values.Append("SCALE_TVC_DEPLOYMENT").Select(static type => ApiNames.TypePrefix + type)];

    /// <summary>A pending activity that is older is left over, unless this service runs it: that another one may run it still does no harm, it is done once.</summary>
    private static readonly TimeSpan s_leftOver = TimeSpan.FromMinutes(1);

    // The value: whether it runs. One that does not was given up because the database failed, and is run again.
    private readonly ConcurrentDictionary<string, bool> _here = new(StringComparer.Ordinal);

    private static readonly Dictionary<string, string> s_hosted = new(StringComparer.Ordinal)
    {
        ["create_tvc_operator"] = "operators' keys stay with the operators: make one with 'qos key new' and name it when the app is made",
        ["create_tvc_quorum_key"] = "quorum keys are made in an enclave, for keys of the operators: 'qos genesis run'",
        ["re_encrypt_tvc_quorum_key_share"] = "shares stay with their members: 'qos deploy provision', or 'qos share reencrypt' and post_tvc_quorum_key_share",
    };

    /// <summary>Answers a submit.</summary>
    /// <exception cref="ApiException">It is refused; what was kept as an activity is kept as a failed one.</exception>
    public async Task<ApiAnswer> SubmitAsync(string name, ApiCaller caller, CancellationToken cancellationToken)
    {
        if (s_hosted.TryGetValue(name, out string? instead))
            throw new ApiException(ApiCode.Unimplemented, $"{name} needs a wallet service behind it: {instead}");
        if (!ApiNames.Activities.TryGetValue(name, out string? activityType))
            throw new ApiException(ApiCode.Unimplemented, "there is no such activity here");
        SubmitBody body = ApiBody.Parse(caller.Body, ApiJson.Default.SubmitBody);
        ApiQueries.RequireOrganization(caller, body.OrganizationId);
        if (body.Type != ApiNames.TypePrefix + activityType)
            throw new ApiException(ApiCode.InvalidArgument, $"the type of {name} is {ApiNames.TypePrefix}{activityType}");
        if (body.Parameters.ValueKind != JsonValueKind.Object)
            throw new ApiException(ApiCode.InvalidArgument, "parameters is not an object");

        DateTimeOffset now = time.GetUtcNow();
        bool isFresh = long.TryParse(body.TimestampMs, NumberStyles.None, CultureInfo.InvariantCulture, out long ms)
            && ms <= 253402300799999 && (now - DateTimeOffset.FromUnixTimeMilliseconds(ms)).Duration() <= s_fresh;
        string fingerprint = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(caller.Body));
        if (!isFresh && await database.ActivityOfBodyAsync(caller.OrganizationId, fingerprint, cancellationToken).ConfigureAwait(false) is null)
            throw new ApiException(ApiCode.InvalidArgument, $"timestampMs is more than {s_fresh.TotalMinutes:0} minutes away from the service's clock, {now:yyyy-MM-dd HH:mm:ss} UTC");

        (ActivityRecord activity, bool isNew) = await database.BeginActivityAsync(
            new ActivityRecord
            {
                Id = Guid.CreateVersion7(now).ToString(),
                OrganizationId = caller.OrganizationId,
                Type = body.Type,
                Status = "ACTIVITY_STATUS_PENDING",
                Fingerprint = fingerprint,
                Body = caller.Body,
                Stamp = caller.Stamp,
                PublicKey = caller.Key.PublicKey,
                UserId = caller.Key.UserId,
                CreatedAt = now,
                UpdatedAt = now,
            },
            cancellationToken).ConfigureAwait(false);
        if (isNew || IsLeftOver(activity))
        {
            // Goes on when the client does not wait: it asks again with the same body.
            Task running = RunOnceAsync(activity, CancellationToken.None);
            await Task.WhenAny(running, Task.Delay(s_patience, time, cancellationToken)).ConfigureAwait(false);
            activity = await database.ActivityAsync(caller.OrganizationId, activity.Id, cancellationToken).ConfigureAwait(false) ?? activity;
        }

        return activity.FailureCode is { } code
            ? throw new ApiException((ApiCode)code, activity.FailureMessage ?? "")
            : new ApiAnswer { Activity = ActivityView.Of(activity) };
    }

    /// <summary>Runs what was left pending: everything that a service before this one left, or only what was left for some time.</summary>
    public async Task ResumeAsync(bool all, CancellationToken cancellationToken)
    {
        IReadOnlyList<ActivityRecord> pending = await database.PendingActivitiesAsync(cancellationToken).ConfigureAwait(false);
        foreach (ActivityRecord activity in pending.Where(activity => IsKnown(activity.Type) && (all || IsLeftOver(activity))))
        {
            LogResumed(logger, activity.Id, activity.Type);
            await RunOnceAsync(activity, cancellationToken).ConfigureAwait(false);
        }

        HashSet<string> there = pending.Select(static activity => activity.Id).ToHashSet(StringComparer.Ordinal);
        foreach ((string id, bool runs) in _here.Where(entry => !entry.Value && !there.Contains(entry.Key)))
            _here.TryRemove(new KeyValuePair<string, bool>(id, runs));
    }

    // One of a newer service is left to it.
    private static bool IsKnown(string type) => s_known.Contains(type);

    private bool IsLeftOver(ActivityRecord activity) => activity.Status == "ACTIVITY_STATUS_PENDING"
        && (_here.TryGetValue(activity.Id, out bool runs) ? !runs : (time.GetUtcNow() - activity.UpdatedAt).Duration() > s_leftOver);

    private async Task RunOnceAsync(ActivityRecord activity, CancellationToken cancellationToken)
    {
        if (!_here.TryAdd(activity.Id, true) && !_here.TryUpdate(activity.Id, true, false))
            return;
        bool ended = false;
        try
        {
            ended = await RunAsync(activity, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (ended)
                _here.TryRemove(activity.Id, out _);
            else
                _here[activity.Id] = false;
        }
    }

    /// <returns>False when it stays pending: it is run again when the same body comes again, at the next look, or at the next start.</returns>
    private async Task<bool> RunAsync(ActivityRecord activity, CancellationToken cancellationToken)
    {
        try
        {
            await handlers.RunAsync(activity, cancellationToken).ConfigureAwait(false);
            events.Publish(new Fleet.FleetEvent("activity", activity.OrganizationId, null, null, activity.Id, "ACTIVITY_STATUS_COMPLETED", time.GetUtcNow()));
            return true;
        }
        catch (ApiException e)
        {
            return await FailAsync(activity, e.Code, e.Message, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        catch (DbException e) when (e.IsTransient)
        {
            LogDatabase(logger, activity.Id, e.Message);
            return false;
        }
        catch (Exception e)
        {
            LogBroken(logger, activity.Id, e);
            return await FailAsync(activity, ApiCode.Internal, "the service failed at this activity; its log says why", cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> FailAsync(ActivityRecord activity, ApiCode code, string message, CancellationToken cancellationToken)
    {
        try
        {
            if (await database.FailActivityAsync(activity.Id, (int)code, message, cancellationToken).ConfigureAwait(false))
                events.Publish(new Fleet.FleetEvent("activity", activity.OrganizationId, null, null, activity.Id, "ACTIVITY_STATUS_FAILED", time.GetUtcNow()));
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogBroken(logger, activity.Id, e);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Activity {Activity} ({Type}) was left pending and is run again")]
    private static partial void LogResumed(ILogger logger, string activity, string type);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Activity {Activity} stays pending, because the database failed: {Why}")]
    private static partial void LogDatabase(ILogger logger, string activity, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "Activity {Activity} failed")]
    private static partial void LogBroken(ILogger logger, string activity, Exception exception);
}
