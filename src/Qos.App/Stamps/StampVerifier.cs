using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Qos.Keys;
using Qos.Serialization;

namespace Qos.App;

/// <summary>
/// Checks the stamps of requests: an ECDSA signature over the exact body, in the header X-Stamp, as the deployment API's clients send it. A request is
/// verified first; when the app knows the key, it is accepted, once. Safe for use by several threads. Format: docs/verifiable-data.md, Stamps.
/// </summary>
public sealed class StampVerifier
{
    /// <summary>The header.</summary>
    public const string Header = "X-Stamp";

    /// <summary>The only scheme there is.</summary>
    public const string Scheme = "SIGNATURE_SCHEME_TK_API_P256";

    private const int MaxHeader = 2048;
    private const ulong LatestMs = 253_402_300_799_999;

    private readonly TimeSpan _window;
    private readonly int _most;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly HashSet<Request> _accepted = [];
    private readonly PriorityQueue<Request, DateTimeOffset> _byExpiry = new();

    /// <summary>Makes a verifier that has accepted nothing yet.</summary>
    /// <param name="window">How far the body's time may be from now, either way.</param>
    /// <param name="mostAccepted">How many requests are accepted within the window; each is remembered until it expires.</param>
    /// <param name="time">The clock, which in an enclave is as honest as the host.</param>
    public StampVerifier(TimeSpan window, int mostAccepted, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(window, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(mostAccepted);
        ArgumentNullException.ThrowIfNull(time);
        _window = window;
        _most = mostAccepted;
        _time = time;
    }

    /// <summary>A verifier with the deployment API's window of five minutes either way, and room for 100,000 requests.</summary>
    public StampVerifier()
        : this(TimeSpan.FromMinutes(5), 100_000, TimeProvider.System)
    {
    }

    /// <summary>Verifies a stamp over a body and the body's time. It does not look whether the request came before: see <see cref="Accept"/>.</summary>
    /// <param name="header">The value of X-Stamp; null when there was none.</param>
    /// <param name="body">The body, byte for byte.</param>
    /// <exception cref="StampException">It is not accepted.</exception>
    public RequestStamp Verify(string? header, ReadOnlySpan<byte> body)
    {
        (byte[] publicKey, byte[] signature) = Read(header);
        if (!VerifyingKey.TryParse(publicKey, out VerifyingKey? key) || !key.VerifyDer(body, signature))
            throw new StampException(StampError.BadSignature, "the stamp's signature is not over this body by a key of P-256");
        var stamp = new RequestStamp(key.ToHex(), $"sha256:{Hex.Encode(SHA256.HashData(body))}", TimeOf(body));
        RequireInTime(stamp.Time);
        return stamp;
    }

    /// <summary>Accepts a verified request, whose key the app knows: once, as long as its time is in the window.</summary>
    /// <remarks>It is remembered in memory. Another replica, and this one after a restart, has not seen it: what must not happen twice names the head of the state that it changes.</remarks>
    /// <exception cref="StampException"><see cref="StampError.Replayed"/>, <see cref="StampError.Expired"/> or <see cref="StampError.TooMany"/>.</exception>
    public void Accept(RequestStamp stamp)
    {
        ArgumentNullException.ThrowIfNull(stamp);
        Request request = Request.Of(stamp);
        lock (_gate)
        {
            RequireInTime(stamp.Time);
            DateTimeOffset now = _time.GetUtcNow();
            while (_byExpiry.TryPeek(out Request oldest, out DateTimeOffset expiry) && expiry < now)
            {
                _byExpiry.Dequeue();
                _accepted.Remove(oldest);
            }

            if (_accepted.Contains(request))
                throw new StampException(StampError.Replayed, "the same request was accepted before");
            if (_accepted.Count >= _most)
                throw new StampException(StampError.TooMany, $"{_most} requests were accepted in the last minutes: ask again later");
            _accepted.Add(request);
            _byExpiry.Enqueue(request, stamp.Time + _window);
        }
    }

    private void RequireInTime(DateTimeOffset time)
    {
        if ((_time.GetUtcNow() - time).Duration() > _window)
            throw new StampException(StampError.Expired, $"the body's timestampMs is more than {_window.TotalSeconds:0} s from now");
    }

    private static DateTimeOffset TimeOf(ReadOnlySpan<byte> body)
    {
        try
        {
            if (JsonTimestamp.Read(body) is { } ms)
                return DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(ms, LatestMs));
        }
        catch (JsonException)
        {
            // Told below.
        }

        throw new StampException(StampError.NoTime, "the body is no JSON object with one member timestampMs, a string of ms since 1970");
    }

    private static (byte[] PublicKey, byte[] Signature) Read(string? header)
    {
        if (string.IsNullOrEmpty(header))
            throw new StampException(StampError.Missing, $"there is no stamp: send the header {Header}");
        if (header.Length > MaxHeader || !Ascii.IsValid(header))
            throw Malformed(null);
        try
        {
            byte[]? publicKey = null;
            byte[]? signature = null;
            bool isScheme = false;
            var reader = new QosJsonReader(Base64Url.DecodeFromChars(header));
            reader.BeginObject();
            while (reader.NextMember(out ReadOnlySpan<byte> name))
            {
                if (name.SequenceEqual("publicKey"u8))
                    publicKey = HexOf(ref reader);
                else if (name.SequenceEqual("signature"u8))
                    signature = HexOf(ref reader);
                else if (name.SequenceEqual("scheme"u8))
                    isScheme = reader.ReadString(64) == Scheme;
                else
                    reader.Skip();
            }

            reader.End();
            return publicKey is { Length: VerifyingKey.CompressedSize } && signature is not null && isScheme ? (publicKey, signature) : throw Malformed(null);
        }
        catch (Exception e) when (e is FormatException or EncodingException)
        {
            throw Malformed(e);
        }
    }

    // Clients write digits of either case.
    private static byte[] HexOf(ref QosJsonReader reader) => Convert.FromHexString(reader.ReadString(2 * 128));

    private static StampException Malformed(Exception? inner) =>
        new(StampError.Malformed, $"the stamp is no base64url of {{\"publicKey\",\"signature\",\"scheme\":\"{Scheme}\"}}", inner);

    // SHA-256 over key and body's hash, as two numbers.
    private readonly record struct Request(UInt128 High, UInt128 Low)
    {
        internal static Request Of(RequestStamp stamp)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(Encoding.ASCII.GetBytes($"{stamp.PublicKey} {stamp.Fingerprint}"), hash);
            return new Request(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash), System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
        }
    }
}
