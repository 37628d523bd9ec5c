using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Qos.Native;
using Tmds.Linux;

namespace Qos.Simulator;

/// <summary>
/// The certificate authority of the simulator: a root of its own and below it region, zone, instance and enclave, shaped like AWS's, all
/// P-384 with SHA-384. Every subject says that it is a simulator. Format: docs/protocol/nsm.md, The simulator.
/// </summary>
public sealed class SimulatorPki : IDisposable
{
    private const string Organisation = "Qos NSM simulator - not AWS";

    private const int MaxFile = 64 * 1024;
    private const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Readable = Secret | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    // A leaf that is about to expire is replaced before a document would outlive it at once.
    private static readonly TimeSpan s_renewal = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly ECDsa? _rootKey;
    private readonly byte[] _rootDer;
    private readonly SimulatorChain? _fixed;
    private SimulatorChain? _current;
    private string? _currentModule;

    private SimulatorPki(ECDsa? rootKey, byte[] rootDer, SimulatorChain? fixedChain)
    {
        _rootKey = rootKey;
        _rootDer = rootDer;
        _fixed = fixedChain;
    }

    /// <summary>DER of the root certificate: the trust anchor of the simulator's documents.</summary>
    public ReadOnlyMemory<byte> RootDer => _rootDer;

    /// <summary>PEM of the root certificate.</summary>
    public string RootPem => Pem(_rootDer);

    /// <summary>Makes an authority with a fresh root.</summary>
    /// <param name="time">The clock that the root's validity starts from; the system's when null.</param>
    public static SimulatorPki Create(TimeProvider? time = null)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        DateTimeOffset now = (time ?? TimeProvider.System).GetUtcNow();
        CertificateRequest request = Request($"CN=root.qos-nsm-simulator.invalid, O={Organisation}", key, isAuthority: true, pathLength: null);
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));

        // Its start lies far back so that tests and clocks that are wrong find it valid, as they would AWS's of 2019.
        using X509Certificate2 root = request.CreateSelfSigned(now.AddYears(-10), now.AddYears(30));
        return new SimulatorPki(key, root.RawData, null);
    }

    /// <summary>
    /// The authority whose root lies in a folder, as <c>root.pem</c> and <c>root.key</c> (PKCS#8, 0600); it is made there when the folder
    /// has none.
    /// </summary>
    /// <exception cref="InvalidDataException">The files are there and are not a P-384 root with its key.</exception>
    public static SimulatorPki OpenOrCreate(string directory, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string certificatePath = Path.Combine(directory, "root.pem");
        string keyPath = Path.Combine(directory, "root.key");
        if (File.Exists(certificatePath) && File.Exists(keyPath))
            return Load(certificatePath, keyPath);

        if (File.Exists(certificatePath) || File.Exists(keyPath))
            throw new InvalidDataException($"{directory} has only one of root.pem and root.key: restore the other or remove both.");

        Directory.CreateDirectory(directory);
        SimulatorPki created = Create(time);
        WriteNew((keyPath, created._rootKey!.ExportPkcs8PrivateKeyPem() + "\n", Secret), (certificatePath, created.RootPem, Readable));
        return created;
    }

    /// <summary>
    /// The fixed certificates of the reference's mock: <c>root.der</c>, <c>intermediate.der</c>, <c>leaf.der</c> and
    /// <c>leaf_p384_secret.hex</c>.
    /// </summary>
    /// <exception cref="InvalidDataException">The files are not what they should be.</exception>
    public static SimulatorPki FromMockDirectory(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        try
        {
            byte[] rootDer = Read(Path.Combine(directory, "root.der"));
            byte[] intermediate = Read(Path.Combine(directory, "intermediate.der"));
            using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(Read(Path.Combine(directory, "leaf.der")));
            using ECDsa publicKey = leaf.GetECDsaPublicKey() ?? throw new InvalidDataException("leaf.der has no elliptic curve key.");
            ECParameters parameters = publicKey.ExportParameters(false);
            parameters.D = Convert.FromHexString(Encoding.UTF8.GetString(Read(Path.Combine(directory, "leaf_p384_secret.hex"))).Trim());
            ECDsa key = ECDsa.Create(parameters);
            return new SimulatorPki(
                null, rootDer, new SimulatorChain([rootDer, intermediate], leaf.RawData, key, leaf.NotBefore, leaf.NotAfter));
        }
        catch (Exception e) when (e is CryptographicException or FormatException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException(
                $"{directory} does not hold root.der, intermediate.der, leaf.der and leaf_p384_secret.hex of a P-384 chain: {e.Message}", e);
        }
    }

    /// <summary>
    /// Writes what a module signs with, for one that lives in another program (the virtual machine's): <c>cabundle.pem</c> (authorities,
    /// root first), <c>leaf.pem</c> and <c>leaf.key</c> (PKCS#8, 0600). The leaf is valid for three hours.
    /// </summary>
    /// <exception cref="IOException">The folder has a <c>leaf.key</c> already, or cannot be written to.</exception>
    public void WriteModule(string directory, string moduleId, DateTimeOffset now)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentException.ThrowIfNullOrEmpty(moduleId);
        SimulatorChain chain = ChainFor(moduleId, now);
        Directory.CreateDirectory(directory);
        WriteNew(
            (Path.Combine(directory, "leaf.key"), chain.LeafKey.ExportPkcs8PrivateKeyPem() + "\n", Secret),
            (Path.Combine(directory, "leaf.pem"), Pem(chain.Leaf), Readable),
            (Path.Combine(directory, "cabundle.pem"), string.Concat(chain.CaBundle.Select(Pem)), Readable));
    }

    /// <summary>The chain for a module at a time; it is made anew when the last one is not valid then or is about to expire.</summary>
    internal SimulatorChain ChainFor(string moduleId, DateTimeOffset now)
    {
        if (_fixed is not null)
            return _fixed;

        lock (_gate)
        {
            // An earlier chain's key is left to the garbage collector: another thread may be signing with it.
            if (_current is null || _currentModule != moduleId || now < _current.NotBefore || now > _current.NotAfter - s_renewal)
                (_current, _currentModule) = (Issue(moduleId, now), moduleId);
            return _current;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rootKey?.Dispose();
        _fixed?.LeafKey.Dispose();
        _current?.LeafKey.Dispose();
    }

    // A pipe among the folder's files would be waited for without end.
    private static byte[] Read(string path)
    {
        if (LibC.IsSpecialFile(path))
            throw new InvalidDataException($"{path} is a pipe or a device, and should be a plain file.");
        using FileStream file = File.OpenRead(path);
        return file.Length is > 0 and <= MaxFile
            ? ReadAll(file)
            : throw new InvalidDataException($"{path} has {file.Length} bytes; a certificate or a key has 1 to {MaxFile}.");

        static byte[] ReadAll(FileStream file)
        {
            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
    }

    private static string Pem(byte[] certificate) => PemEncoding.WriteString("CERTIFICATE", certificate) + "\n";

    // All of them or none: a key that stays alone would be in the way of the next attempt. No key is written over.
    private static void WriteNew(params ReadOnlySpan<(string Path, string Text, UnixFileMode Mode)> files)
    {
        var made = new List<string>();
        try
        {
            foreach ((string path, string text, UnixFileMode mode) in files)
            {
                using var file = new FileStream(path, new FileStreamOptions { Mode = mode == Secret ? FileMode.CreateNew : FileMode.Create, Access = FileAccess.Write, UnixCreateMode = mode, BufferSize = 0 });
                made.Add(path);
                file.Write(Encoding.UTF8.GetBytes(text));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            made.ForEach(File.Delete);
            throw;
        }
    }

    private static SimulatorPki Load(string certificatePath, string keyPath)
    {
        ECDsa key = ECDsa.Create();
        try
        {
            key.ImportFromPem(Encoding.UTF8.GetString(Read(keyPath)));
            using X509Certificate2 root = X509CertificateLoader.LoadCertificate(Read(certificatePath));
            using ECDsa? certified = root.GetECDsaPublicKey();
            if (key.KeySize != 384 || certified is null || !certified.ExportSubjectPublicKeyInfo().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
                throw new CryptographicException("the certificate is not that of the key, or not on P-384");
            return new SimulatorPki(key, root.RawData, null);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new InvalidDataException(
                $"{certificatePath} and {keyPath} are not the simulator's root and its key: {e.Message}. Remove both to have new ones made.", e);
        }
    }

    private SimulatorChain Issue(string moduleId, DateTimeOffset now)
    {
        using X509Certificate2 root = X509CertificateLoader.LoadCertificate(_rootDer);
        using ECDsa regionKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using ECDsa zoneKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using ECDsa instanceKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        ECDsa leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        string instance = moduleId.Split("-enc", 2)[0];
        using X509Certificate2 region = Sign(
            Request($"CN=region.qos-nsm-simulator.invalid, O={Organisation}", regionKey, true, 2), root, _rootKey!, now.AddDays(-1), now.AddDays(19));
        using X509Certificate2 zone = Sign(
            Request($"CN=zone.region.qos-nsm-simulator.invalid, O={Organisation}", zoneKey, true, 1), region, regionKey, now.AddHours(-12), now.AddDays(5));
        using X509Certificate2 enclosing = Sign(
            Request($"CN={instance}.qos-nsm-simulator.invalid, O={Organisation}", instanceKey, true, 0), zone, zoneKey, now.AddHours(-1), now.AddHours(23));
        using X509Certificate2 leaf = Sign(
            Request($"CN={moduleId}.qos-nsm-simulator.invalid, O={Organisation}", leafKey, false, null), enclosing, instanceKey, now.AddSeconds(-3), now.AddHours(3));
        return new SimulatorChain(
            [_rootDer, region.RawData, zone.RawData, enclosing.RawData], leaf.RawData, leafKey, leaf.NotBefore, leaf.NotAfter);
    }

    private static CertificateRequest Request(string subject, ECDsa key, bool isAuthority, int? pathLength)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(isAuthority, pathLength is not null, pathLength ?? 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            isAuthority
                ? X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign
                : X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation,
            critical: isAuthority));
        return request;
    }

    private static X509Certificate2 Sign(
        CertificateRequest request, X509Certificate2 issuer, ECDsa issuerKey, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40); // positive, and always 16 bytes long
        return request.Create(
            issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuerKey), notBefore, notAfter, serial);
    }
}
