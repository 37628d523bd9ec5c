using System.Buffers;

namespace Qos.Client;

/// <summary>Names keys of other forms that people have, so that a complaint says what the file holds instead.</summary>
internal static class ForeignKey
{
    private static readonly SearchValues<byte> s_digits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary>What a key file's content seems to be, as the end of a complaint; empty when that is not known.</summary>
    public static string Describe(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> content = KeyFileFormat.Trim(file);
        if (content.IndexOf("PRIVATE KEY-----"u8) >= 0)
            return ": it is a private key in PEM, which no tool of the protocol takes; make a key with 'qos key new'";
        if (content.StartsWith("-----BEGIN"u8))
            return ": it is a key or a certificate in PEM; a public key of the protocol is two points of P-256, and 'qos key public' prints it";
        if (content.StartsWith("qos-protected-key-v1"u8))
            return ": it is a secret key under a passphrase; 'qos key public' gives its public key";
        bool isHex = !content.IsEmpty && !content.ContainsAnyExcept(s_digits);

        // The first or the last of raw bytes may be what a text's white space is.
        return (isHex, !isHex && file.Length is 32 or 65 or 130 ? file.Length : content.Length) switch
        {
            (true, 64) => ": it holds 64, as a secret key does; 'qos key public' gives its public key",
            (true, 130) when content.StartsWith("04"u8) => ": it holds one point of P-256, 65 bytes; a public key of the protocol is two of them, for encryption and for signatures",
            (true, 66) when content[0] == '0' && content[1] is (byte)'2' or (byte)'3' => ": it holds one compressed point, 33 bytes; a public key of the protocol is two uncompressed ones",
            (true, 260) => ": it holds 260, as a public key does",
            (true, var digits) => $": it holds {digits}",
            (false, 32) => ": it holds 32 raw bytes; write them as hex",
            (false, 65) when content[0] == 4 => ": it holds one raw point of P-256, 65 bytes; a public key of the protocol is two of them, as hex",
            (false, 130) => ": it holds 130 raw bytes; write them as hex",
            _ => "",
        };
    }
}
