using System.Threading.RateLimiting;
using Qos.Fleet.Api;
using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary>What every request of the API passes: a bounded body, a stamp of a known key, a rate. Strangers are counted by their address.</summary>
internal sealed class RequestGate : IDisposable
{
    /// <summary>Bytes of the largest body.</summary>
    public const int MaxBody = 1024 * 1024;

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
        byte[] body = await ReadAsync(context).ConfigureAwait(false);
        string? stamp = context.Request.Headers[ApiStamp.Header];
        string publicKey = ApiStamp.Verify(stamp, body);
        ApiKeyRecord key = await _database.KeyAsync(publicKey, context.RequestAborted).ConfigureAwait(false)
            ?? throw new ApiException(ApiCode.Unauthenticated, $"the key {publicKey} is not known here: 'qos-control key add' makes it so");
        Count("key " + publicKey);
        return new ApiCaller(key, body, stamp!);
    }

    /// <summary>Lets a request without a stamp in, as often as its address may ask.</summary>
    /// <exception cref="ApiException">Too often.</exception>
    public void AdmitStranger(HttpContext context) => Count("address " + context.Connection.RemoteIpAddress);

    /// <summary>Reads a body, and no more of it than the limit.</summary>
    public static async Task<byte[]> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength > MaxBody)
            throw TooLarge();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(s_bodyPatience);
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        for (int read; (read = await context.Request.Body.ReadAsync(buffer, patience.Token).ConfigureAwait(false)) > 0;)
        {
            if (bytes.Length + read > MaxBody)
                throw TooLarge();
            bytes.Write(buffer, 0, read);
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

    private static ApiException TooLarge() => new(ApiCode.InvalidArgument, $"the body has more than {MaxBody} bytes");
}
