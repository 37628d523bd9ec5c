using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;

namespace Qos.Fleet.Api;

/// <summary>
/// The header <c>X-Stamp</c>: an ECDSA signature with SHA-256 over the exact bytes of a body, and the P-256 key that it is of. Specification: cloud-api, Transport.
/// </summary>
public sealed class ApiStamp
{
    private readonly StampBody _stamp;

    private ApiStamp(StampBody stamp, string publicKey) => (_stamp, PublicKey) = (stamp, publicKey);

    /// <summary>The header's name.</summary>
    public const string Header = "X-Stamp";

    /// <summary>The one scheme.</summary>
    public const string Scheme = "SIGNATURE_SCHEME_TK_API_P256";

    private const int MaxHeader = 2048;

    private static readonly BigInteger s_p = Hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    private static readonly BigInteger s_b = Hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");

    /// <summary>The key that it names, 66 lower-case hex digits: a claim until the signature is verified.</summary>
    public string PublicKey { get; }

    /// <summary>Stamps a body.</summary>
    public static string Make(ReadOnlySpan<byte> body, ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var stamp = new StampBody(
            PublicKeyOf(key), Convert.ToHexStringLower(key.SignData(body, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)), Scheme);
        return Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(stamp, ApiJson.Default.StampBody));
    }

    /// <summary>Reads a header.</summary>
    /// <exception cref="ApiException"><see cref="ApiCode.Unauthenticated"/>: it is no stamp of a key of the API.</exception>
    public static ApiStamp Read(string? header)
    {
        StampBody stamp = ReadHeader(header);
        string publicKey = stamp.PublicKey.ToLowerInvariant();
        return publicKey.Length == 66 && publicKey.All(char.IsAsciiHexDigit) ? new ApiStamp(stamp, publicKey) : throw Refused("the stamp's key is not 66 hex digits");
    }

    /// <summary>Verifies that it is of a body. Whether the key is known is for the caller to find out.</summary>
    /// <exception cref="ApiException"><see cref="ApiCode.Unauthenticated"/>: it is not.</exception>
    public void Verify(ReadOnlySpan<byte> body)
    {
        if (_stamp.Scheme != Scheme)
            throw Refused($"the stamp's scheme is not {Scheme}");
        try
        {
            using ECDsa key = Import(PublicKey);
            if (!key.VerifyData(body, Convert.FromHexString(_stamp.Signature), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))
                throw Refused("the stamp's signature is not over this body");
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            throw Refused($"the stamp cannot be checked: {e.Message}");
        }
    }

    /// <summary>A key from its compressed form.</summary>
    /// <exception cref="FormatException">It is not 66 hex digits of a point on the curve.</exception>
    public static ECDsa Import(string publicKey)
    {
        ArgumentNullException.ThrowIfNull(publicKey);
        if (publicKey.Length != 66 || !publicKey.All(char.IsAsciiHexDigit) || publicKey[0] != '0' || publicKey[1] is not ('2' or '3'))
            throw new FormatException("a key of the API is 66 hex digits that begin with 02 or 03");
        BigInteger x = Hex(publicKey[2..]);
        BigInteger square = (BigInteger.ModPow(x, 3, s_p) - (3 * x) + s_b) % s_p;
        square = square.Sign < 0 ? square + s_p : square;
        BigInteger y = BigInteger.ModPow(square, (s_p + 1) / 4, s_p);
        if (x >= s_p || y * y % s_p != square)
            throw new FormatException("the key is not a point of P-256");
        if (y.IsEven != (publicKey[1] == '2'))
            y = s_p - y;
        return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = Bytes(x), Y = Bytes(y) } });
    }

    /// <summary>The compressed form of a key.</summary>
    public static string PublicKeyOf(ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ECPoint point = key.ExportParameters(includePrivateParameters: false).Q;
        return ((point.Y![^1] & 1) == 0 ? "02" : "03") + Convert.ToHexStringLower(point.X!);
    }

    private static StampBody ReadHeader(string? header)
    {
        if (string.IsNullOrEmpty(header))
            throw Refused("there is no stamp: send the header X-Stamp");
        try
        {
            if (header.Length <= MaxHeader
                && JsonSerializer.Deserialize(Base64Url.DecodeFromChars(header), ApiJson.Default.StampBody) is { PublicKey: not null, Signature: not null, Scheme: not null } stamp)
                return stamp;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            // Told below.
        }

        throw Refused("the stamp is not base64url of {\"publicKey\",\"signature\",\"scheme\"}");
    }

    private static BigInteger Hex(string hex) => new(Convert.FromHexString(hex), isUnsigned: true, isBigEndian: true);

    private static byte[] Bytes(BigInteger number)
    {
        byte[] bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }

    private static ApiException Refused(string why) => new(ApiCode.Unauthenticated, why);
}
