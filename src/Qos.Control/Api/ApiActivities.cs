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
        SubmitBody body = ApiQueries.Parse(caller.Body, ApiJson.Default.SubmitBody);
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
        if (isNew)
        {
            // Goes on when the client does not wait: it asks again with the same body.
            Task running = RunAsync(activity, CancellationToken.None);
            await Task.WhenAny(running, Task.Delay(s_patience, time, cancellationToken)).ConfigureAwait(false);
            activity = await database.ActivityAsync(caller.OrganizationId, activity.Id, cancellationToken).ConfigureAwait(false) ?? activity;
        }

        return activity.FailureCode is { } code
            ? throw new ApiException((ApiCode)code, activity.FailureMessage ?? "")
            : new ApiAnswer { Activity = ActivityView.Of(activity) };
    }

    /// <summary>Runs what was left pending.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        foreach (ActivityRecord activity in await database.PendingActivitiesAsync(cancellationToken).ConfigureAwait(false))
        {
            LogResumed(logger, activity.Id, activity.Type);
            await RunAsync(activity, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(ActivityRecord activity, CancellationToken cancellationToken)
    {
        try
        {
            await handlers.RunAsync(activity, cancellationToken).ConfigureAwait(false);
            events.Publish(new Fleet.FleetEvent("activity", activity.OrganizationId, null, null, activity.Id, "ACTIVITY_STATUS_COMPLETED", time.GetUtcNow()));
        }
        catch (ApiException e)
        {
            await FailAsync(activity, e.Code, e.Message, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stays pending: run again at the next start.
        }
        catch (Exception e)
        {
            LogBroken(logger, activity.Id, e);
            await FailAsync(activity, ApiCode.Internal, "the service failed at this activity; its log says why", cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FailAsync(ActivityRecord activity, ApiCode code, string message, CancellationToken cancellationToken)
    {
        try
        {
            await database.FailActivityAsync(activity.Id, (int)code, message, cancellationToken).ConfigureAwait(false);
            events.Publish(new Fleet.FleetEvent("activity", activity.OrganizationId, null, null, activity.Id, "ACTIVITY_STATUS_FAILED", time.GetUtcNow()));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogBroken(logger, activity.Id, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Activity {Activity} ({Type}) was left pending and is run again")]
    private static partial void LogResumed(ILogger logger, string activity, string type);

    [LoggerMessage(Level = LogLevel.Error, Message = "Activity {Activity} failed")]
    private static partial void LogBroken(ILogger logger, string activity, Exception exception);
}
