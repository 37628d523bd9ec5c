using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Qos.Control.Tests;

/// <summary>A certificate as a public authority gives it: a root that clients know, an intermediate that the server must send, and a leaf.</summary>
internal sealed class TestCertificates : IDisposable
{
    // One moment for all: an authority must not end before what it signs.
    private static readonly DateTimeOffset s_now = DateTimeOffset.UtcNow;

    private readonly string _folder = Directory.CreateTempSubdirectory("qos-tls-").FullName;
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _intermediate;
    private readonly string _name;

    public TestCertificates(string name)
    {
        _name = name;
        _root = Authority("test root", null);
        _intermediate = Authority("test intermediate", _root);
        File.WriteAllText(RootFile, _root.ExportCertificatePem());
        Issue();
    }

    public string RootFile => Path.Combine(_folder, "root.pem");

    public CertificateSettings Files => new(Path.Combine(_folder, "fullchain.pem"), Path.Combine(_folder, "key.pem"));

    public X509Certificate2 Root => _root;

    /// <summary>Writes a new leaf with its chain, and its key; gives its thumbprint.</summary>
    public string Issue()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=apps", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(_name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 leaf = request.Create(_intermediate, s_now.AddHours(-1), s_now.AddDays(1), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Files.Key, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Files.Certificate, leaf.ExportCertificatePem() + "\n" + _intermediate.ExportCertificatePem());
        return leaf.Thumbprint;
    }

    public void Dispose()
    {
        _root.Dispose();
        _intermediate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static X509Certificate2 Authority(string name, X509Certificate2? issuer)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        DateTimeOffset from = s_now.AddHours(-2), to = s_now.AddDays(2);
        if (issuer is null)
            return request.CreateSelfSigned(from, to);
        using X509Certificate2 made = request.Create(issuer, from, to, RandomNumberGenerator.GetBytes(8));
        return made.CopyWithPrivateKey(key);
    }
}
