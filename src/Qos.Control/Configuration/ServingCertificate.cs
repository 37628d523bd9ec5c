using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Qos.Client;

namespace Qos.Control;

/// <summary>
/// A certificate as it is served: with the chain that stands below it in its file, and read anew when the file changes, so that a renewal needs no restart.
/// A renewed file that cannot be used changes nothing: what was served before goes on.
/// </summary>
internal sealed partial class ServingCertificate
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly CertificateSettings _files;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private SslServerAuthenticationOptions _options;
    private (DateTime, DateTime) _written;
    private long _lookedAt;

    /// <exception cref="ControlException">The files cannot be used.</exception>
    public ServingCertificate(CertificateSettings files, TimeProvider time, ILogger logger)
    {
        (_files, _time, _logger, _lookedAt, _written) = (files, time, logger, time.GetTimestamp(), Written(files));
        try
        {
            _options = Load();
        }
        catch (Exception e) when (IsUnusable(e))
        {
            throw new ControlException($"The certificate {files.Certificate} with its key {files.Key} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>What a handshake is answered with now.</summary>
    public SslServerAuthenticationOptions Current
    {
        get
        {
            lock (_lock)
            {
                if (_time.GetElapsedTime(_lookedAt) >= s_look)
                    Renew();
                return _options;
            }
        }
    }

    private void Renew()
    {
        _lookedAt = _time.GetTimestamp();
        (DateTime, DateTime) written = Written(_files);
        if (written == _written)
            return;
        try
        {
            _options = Load();
            _written = written;
            LogRenewed(_logger, _files.Certificate);
        }
        catch (Exception e) when (IsUnusable(e))
        {
            // Tried again at the next look: certificate and key are two files, and this may be the moment between them.
            LogUnusable(_logger, _files.Certificate, e.Message);
        }
    }

    private SslServerAuthenticationOptions Load()
    {
        InputFile.RequirePlain(_files.Certificate);
        InputFile.RequirePlain(_files.Key);
        byte[] key = InputFile.Bytes(_files.Key);
        char[] keyText = new char[key.Length];
        string certificate = Encoding.UTF8.GetString(InputFile.Bytes(_files.Certificate));
        var chain = new X509Certificate2Collection();
        X509Certificate2 leaf;
        try
        {
            chain.ImportFromPem(certificate);
            leaf = X509Certificate2.CreateFromPem(certificate, keyText.AsSpan(0, Encoding.Latin1.GetChars(key, keyText)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            Array.Clear(keyText);
        }

        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(leaf, chain, offline: true),
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        };
    }

    private static (DateTime, DateTime) Written(CertificateSettings files) => (File.GetLastWriteTimeUtc(files.Certificate), File.GetLastWriteTimeUtc(files.Key));

    private static bool IsUnusable(Exception e) => e is CeremonyException or IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    [LoggerMessage(Level = LogLevel.Information, Message = "{Certificate} was renewed and is served from now on")]
    private static partial void LogRenewed(ILogger logger, string certificate);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Certificate} changed and cannot be used, the one before goes on: {Why}")]
    private static partial void LogUnusable(ILogger logger, string certificate, string why);
}
