using System.Data.Common;
using System.Text;
using System.Text.Json;
using Qos.Fleet;
using Qos.Fleet.Api;
using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary>Server-sent events of an organization's apps, for as long as the watcher and the service stay and the key is known.</summary>
internal static class EventStream
{
    /// <summary>Half of all watchers: one organization leaves room for the others.</summary>
    private const int MaxWatchersOfOne = 2048;

    private static readonly byte[] s_watching = ": watching\n\n"u8.ToArray();
    private static readonly byte[] s_stillHere = ": still here\n\n"u8.ToArray();
    private static readonly byte[] s_missed = "event: missed\ndata: {}\n\n"u8.ToArray();

    public static async Task AnswerAsync(HttpContext context)
    {
        ApiCaller caller = await context.RequestServices.GetRequiredService<RequestGate>().AdmitAsync(context).ConfigureAwait(false);
        ApiQueries.RequireOrganization(caller, ApiBody.Parse(caller.Body, ApiJson.Default.QueryParameters).OrganizationId);
        EventHub hub = context.RequestServices.GetRequiredService<EventHub>();
        EventWatcher watcher = hub.Watch(caller.OrganizationId, MaxWatchersOfOne) ?? throw new ApiException(ApiCode.ResourceExhausted, "too many watch already");

        // The service would wait for a watcher until its time to stop is over, and the requests under way at the ingress would have none left.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            await SendAsync(context, s_watching).ConfigureAwait(false);
            await PassOnAsync(context, caller.Key.PublicKey, watcher, hub.Heartbeat, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The watcher left, or the service stops.
        }
        catch (DbException) when (context.Response.HasStarted)
        {
            // Whether its key is still known cannot be told: it may come again.
        }
        finally
        {
            hub.Leave(watcher);
        }
    }

    private static async Task PassOnAsync(HttpContext context, string publicKey, EventWatcher watcher, TimeSpan heartbeat, CancellationToken end)
    {
        FleetDatabase database = context.RequestServices.GetRequiredService<FleetDatabase>();
        TimeProvider time = context.RequestServices.GetRequiredService<TimeProvider>();
        long looked = time.GetTimestamp();
        while (true)
        {
            bool isChange = await WaitAsync(watcher, heartbeat - time.GetElapsedTime(looked), time, end).ConfigureAwait(false);
            if (!isChange || time.GetElapsedTime(looked) >= heartbeat)
            {
                // A key that was removed watches no longer than until here.
                if (await database.KeyAsync(publicKey, end).ConfigureAwait(false) is null)
                    return;
                looked = time.GetTimestamp();
                await SendAsync(context, s_stillHere).ConfigureAwait(false);
            }

            if (watcher.TakeMissed())
                await SendAsync(context, s_missed).ConfigureAwait(false);
            while (watcher.Changes.TryRead(out FleetEvent? change))
                await SendAsync(context, Text(change)).ConfigureAwait(false);
        }
    }

    private static async Task<bool> WaitAsync(EventWatcher watcher, TimeSpan patience, TimeProvider time, CancellationToken end)
    {
        if (patience <= TimeSpan.Zero)
            return false;
        using var heartbeat = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(heartbeat.Token, end);
        try
        {
            return await watcher.Changes.WaitToReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!end.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> text)
    {
        await context.Response.Body.WriteAsync(text, context.RequestAborted).ConfigureAwait(false);
        await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    private static ReadOnlyMemory<byte> Text(FleetEvent change)
    {
        using var text = new MemoryStream();
        text.Write(Encoding.UTF8.GetBytes($"event: {change.Kind}\ndata: "));
        using (var writer = new Utf8JsonWriter(text))
        {
            writer.WriteStartObject();
            writer.WriteString("appId", change.AppId);
            writer.WriteString("deploymentId", change.DeploymentId);
            writer.WriteString("id", change.Id);
            writer.WriteString("state", change.State);
            writer.WriteString("at", change.At);
            writer.WriteEndObject();
        }

        text.Write("\n\n"u8);
        return text.ToArray();
    }
}
