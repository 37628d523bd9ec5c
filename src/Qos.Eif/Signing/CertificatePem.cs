using System.Buffers;
using System.Text;

namespace Qos.Eif;

/// <summary>The certificate in a signature section: PEM, of which tools read different things. Format: docs/protocol/eif.md, Measurements.</summary>
/// <remarks>
/// PCR8 covers the first certificate, and which that is depends on who reads: some take other labels, lines of headers and blocks after damaged ones,
/// others skip them. So what is accepted has one reading: the first line that begins a block begins the certificate, which has nothing but base64 in it.
/// </remarks>
internal static class CertificatePem
{
    private const string Begin = "-----BEGIN";
    private const string BeginCertificate = "-----BEGIN CERTIFICATE-----";
    private const string EndCertificate = "-----END CERTIFICATE-----";
    private const int MaxLine = 76;

    private static readonly SearchValues<char> s_base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

    /// <summary>The first certificate's DER.</summary>
    /// <exception cref="EifException">There is none, another reader would find another one, or a private key lies beside it.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> pem)
    {
        string text = Encoding.Latin1.GetString(pem);
        if (text.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            throw new EifException("there is a private key beside the signing certificate, and all of that file goes into the image: leave it out.");

        string[] lines = [.. text.Split('\n').Select(static line => line.TrimEnd('\r'))];
        int begin = Array.FindIndex(lines, static line => line.Contains(Begin, StringComparison.Ordinal));
        if (begin < 0)
            throw new EifException("there is no PEM block CERTIFICATE in the signing certificate.");
        int end = lines[begin] == BeginCertificate ? Array.IndexOf(lines, EndCertificate, begin) : -1;
        if (end < 0 || !Array.TrueForAll(lines[(begin + 1)..end], IsBase64))
            throw Ambiguous(null);
        try
        {
            return Convert.FromBase64String(string.Concat(lines[(begin + 1)..end]));
        }
        catch (FormatException e)
        {
            throw Ambiguous(e);
        }
    }

    private static bool IsBase64(string line) => line.Length is > 0 and <= MaxLine && !line.AsSpan().ContainsAnyExcept(s_base64);

    private static EifException Ambiguous(Exception? cause) => new(
        $"the first PEM block in the signing certificate is not a plain CERTIFICATE (lines of 1 to {MaxLine} characters of base64, nothing else), so tools disagree about it.",
        cause);
}
