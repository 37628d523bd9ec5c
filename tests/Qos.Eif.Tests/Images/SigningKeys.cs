using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Qos.Eif.Tests;

/// <summary>A key and its certificate, made anew for each run.</summary>
internal sealed class SigningKeys : IDisposable
{
    public static readonly DateTimeOffset NotBefore = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset NotAfter = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public SigningKeys(ECCurve curve, HashAlgorithmName hash)
    {
        Key = ECDsa.Create(curve);
        var request = new CertificateRequest("CN=image signer,O=Example", Key, hash);
        using X509Certificate2 certificate = request.CreateSelfSigned(NotBefore, NotAfter);
        Pem = Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n");
        Der = certificate.RawData;
    }

    public ECDsa Key { get; }

    public byte[] Pem { get; }

    public byte[] Der { get; }

    public static SigningKeys P384() => new(ECCurve.NamedCurves.nistP384, HashAlgorithmName.SHA384);

    public byte[] Sign(byte[] image)
    {
        using var output = new MemoryStream();
        EifSigner.Sign(EifPartSource.FromBytes("image", image), output, Pem, Key);
        return output.ToArray();
    }

    public void Dispose() => Key.Dispose();
}
