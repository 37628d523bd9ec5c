using Qos.Keys;

namespace Qos.Tokens;

/// <summary>How PKCS#11 writes the curve and the points of EC keys: in DER.</summary>
internal static class EcObject
{
    private const byte OctetString = 4;

    /// <summary>The object identifier of P-256: 1.2.840.10045.3.1.7.</summary>
    internal static ReadOnlySpan<byte> P256Parameters => [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];

    /// <summary>A point as an OCTET STRING.</summary>
    internal static byte[] WritePoint(ReadOnlySpan<byte> point) => [OctetString, PublicKey.PointSize, .. point];

    /// <summary>A point from an OCTET STRING, or as it is, which some modules give.</summary>
    /// <exception cref="TokenException">It is not a point of P-256.</exception>
    internal static byte[] ReadPoint(ReadOnlySpan<byte> value, TokenObjectName name)
    {
        if (value.Length == PublicKey.PointSize + 2 && value[0] == OctetString && value[1] == PublicKey.PointSize)
            value = value[2..];
        return P256.IsPoint(value)
            ? value.ToArray()
            : throw new TokenException($"The public key {name} on the token is not an uncompressed point of P-256.");
    }
}
