using System.Threading.RateLimiting;
using Qos.Fleet.Api;
using Qos.Fleet.Storage;
using Qos.Listening;

namespace Qos.Control;

/// <summary>What every request of the API passes: a bounded body, a stamp of a known key, a rate. Strangers are counted by their address.</summary>
internal sealed class RequestGate : IDisposable
{
    /// <summary>Bytes of the largest body.</summary>
    public const int MaxBody = 1024 * 1024;

    /// <summary>Bytes of the largest body without a stamp: an ephemeral key or an app's id, and room.</summary>
    public const int MaxStrangersBody = 4096;

    private static readonly TimeSpan s_bodyPatience = TimeSpan.FromSeconds(30);
    private readonly FleetDatabase _database;
    private readonly PartitionedRateLimiter<string> _rates;

    public RequestGate(FleetDatabase database, ControlSettings settings)
    {
        _database = database;
        _rates = PartitionedRateLimiter.Create<string, string>(who => RateLimitPartition.GetTokenBucketLimiter(who, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = settings.RequestsPerSecond * 4,
            TokensPerPeriod = settings.RequestsPerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            AutoReplenishment = true,
            QueueLimit = 0,
        }));
    }

    /// <summary>Lets a stamped request in.</summary>
    /// <exception cref="ApiException">It is not stamped, not known, too large or too often.</exception>
    public async Task<ApiCaller> AdmitAsync(HttpContext context)
    {
        AdmitStranger(context);
        string? header = context.Request.Headers[ApiStamp.Header];

        // Before the body is read: the service holds a body only for a caller whose stamp names a known key.
        var stamp = ApiStamp.Read(header);
        ApiKeyRecord key = await _database.KeyAsync(stamp.PublicKey, context.RequestAborted).ConfigureAwait(false)
            ?? throw new ApiException(ApiCode.Unauthenticated, $"the key {stamp.PublicKey} is not known here: 'qos-control key add' makes it so");
        byte[] body = await ReadAsync(context, MaxBody).ConfigureAwait(false);
        stamp.Verify(body);
        Count("key " + stamp.PublicKey);
        return new ApiCaller(key, body, header!);
    }

    /// <summary>Lets a request without a stamp in, as often as its address may ask.</summary>
    /// <exception cref="ApiException">Too often.</exception>
    public void AdmitStranger(HttpContext context) => Count("address " + ClientAddress.Of(context.Connection.RemoteIpAddress));

    /// <summary>Reads a body, and no more of it than the limit.</summary>
    /// <param name="context">The request.</param>
    /// <param name="most">The limit in bytes.</param>
    /// <exception cref="ApiException">It has more, or ends early.</exception>
    public static async Task<byte[]> ReadAsync(HttpContext context, int most)
    {
        if (context.Request.ContentLength > most)
            throw TooLarge(most);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(s_bodyPatience);
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[Math.Min(most, 16 * 1024)];
        try
        {
            for (int read; (read = await context.Request.Body.ReadAsync(buffer, patience.Token).ConfigureAwait(false)) > 0;)
            {
                if (bytes.Length + read > most)
                    throw TooLarge(most);
                bytes.Write(buffer, 0, read);
            }
        }
        catch (IOException e)
        {
            throw new ApiException(ApiCode.InvalidArgument, "the body ends before its length", e);
        }

        return bytes.ToArray();
    }

    public void Dispose() => _rates.Dispose();

    private void Count(string who)
    {
        using RateLimitLease lease = _rates.AttemptAcquire(who);
        if (!lease.IsAcquired)
            throw new ApiException(ApiCode.ResourceExhausted, "too many requests: wait a second");
    }

    private static ApiException TooLarge(int most) => new(ApiCode.InvalidArgument, $"the body has more than {most} bytes");
}
