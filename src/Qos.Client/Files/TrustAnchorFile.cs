using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Qos.Client;

/// <summary>Reads the root certificate that documents must lead to. Format: docs/protocol/nsm.md, Verification.</summary>
public static class TrustAnchorFile
{
    /// <summary>Reads one certificate, PEM or DER.</summary>
    /// <returns>The certificate in DER.</returns>
    /// <exception cref="CeremonyException">The file cannot be read or holds something else than one certificate.</exception>
    public static byte[] Read(string path)
    {
        byte[] bytes = InputFile.Bytes(path);
        try
        {
            byte[] der = bytes.AsSpan().IndexOf("-----BEGIN"u8) >= 0 ? OfPem(path, bytes) : bytes;
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);
            return certificate.RawData;
        }
        catch (CryptographicException e)
        {
            throw new CeremonyException($"{path} is not a root certificate in PEM or DER.", e);
        }
    }

    private static byte[] OfPem(string path, byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes).AsSpan();
        if (!PemEncoding.TryFind(text, out PemFields fields) || !text[fields.Label].SequenceEqual("CERTIFICATE"))
            throw new CeremonyException($"{path} holds no certificate in PEM.");
        if (PemEncoding.TryFind(text[fields.Location.End..], out _))
            throw new CeremonyException($"{path} holds more than one certificate; name a file with the root alone.");
        return Convert.FromBase64String(text[fields.Base64Data].ToString());
    }
}
