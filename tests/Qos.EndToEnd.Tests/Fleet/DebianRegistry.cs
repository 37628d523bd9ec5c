using System.Buffers.Text;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Qos.EndToEnd.Local;

namespace Qos.EndToEnd.Fleet;

/// <summary>Debian's docker-registry, filled by skopeo, that wants a password: itself, or at its token service.</summary>
public sealed class DebianRegistry : IAsyncDisposable
{
    public const string User = "puller", Password = "a password";

    // bcrypt of the password, as htpasswd -B makes it.
    private const string Hash = "$2y$05$abcdefghijklmnopqrstuu2sM.EEHj4jPcCa5rwqJGg1PNBllkZXy";

    private readonly string _folder = Directory.CreateTempSubdirectory("qos-registry-").FullName;
    private readonly HttpListener? _tokens;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private RunningProgram? _registry;

    private DebianRegistry(bool withTokens)
    {
        Authority = $"127.0.0.1:{LocalNode.FreePort()}";
        _certificate = new CertificateRequest("CN=tokens", _key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(In("tokens.pem"), _certificate.ExportCertificatePem());
        File.WriteAllText(In("htpasswd"), $"{User}:{Hash}\n");
        string auth = $"htpasswd: {{ realm: test, path: {In("htpasswd")} }}";
        if (withTokens)
        {
            string realm = $"http://127.0.0.1:{LocalNode.FreePort()}/token";
            auth = $"token: {{ realm: \"{realm}\", service: test, issuer: tests, rootcertbundle: {In("tokens.pem")} }}";
            _tokens = new HttpListener { Prefixes = { realm + "/" } };
            _tokens.Start();
            _ = GiveTokensAsync(_tokens);
        }

        File.WriteAllText(In("registry.yml"), $$"""
            version: 0.1
            log: { level: warn }
            storage: { filesystem: { rootdirectory: {{In("data")}} } }
            http: { addr: {{Authority}} }
            auth: { {{auth}} }
            """);
    }

    /// <summary>Why it cannot run here; null when it can.</summary>
    public static string? WhyNot => File.Exists("/usr/bin/docker-registry") && File.Exists("/usr/bin/skopeo") ? null : "docker-registry or skopeo is not installed";

    /// <summary>Host and port.</summary>
    public string Authority { get; }

    /// <summary>The image.</summary>
    public string Image => Authority + "/team/app:1";

    /// <summary>Tokens that were given.</summary>
    public int Tokens { get; private set; }

    /// <summary>A file in docker's format with the password, or another one.</summary>
    public string ConfigFile(string password = Password)
    {
        string path = In($"config-{password.Length}.json");
        File.WriteAllText(path, "{\"auths\":{\"" + Authority + "\":{\"auth\":\"" + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{password}")) + "\"}}}");
        return path;
    }

    /// <summary>A registry that holds one image with a file at <c>/app/server</c>.</summary>
    public static async Task<DebianRegistry> StartAsync(string file, bool withTokens)
    {
        var registry = new DebianRegistry(withTokens);
        try
        {
            registry._registry = RunningProgram.StartAt("docker-registry", "/usr/bin/docker-registry", "serve", registry.In("registry.yml"));
            using var http = new HttpClient();
            await Eventually.TrueAsync(
                async () =>
                {
                    try
                    {
                        return (await http.GetAsync(new Uri($"http://{registry.Authority}/v2/"))).StatusCode == HttpStatusCode.Unauthorized;
                    }
                    catch (HttpRequestException)
                    {
                        return false;
                    }
                },
                () => registry._registry.Log);
            await registry.PushAsync(file);
            return registry;
        }
        catch
        {
            await registry.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_registry is not null)
            await _registry.DisposeAsync();
        _tokens?.Close();
        _certificate.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string In(string name) => Path.Combine(_folder, name);

    private async Task PushAsync(string file)
    {
        string blobs = Path.Combine(_folder, "layout", "blobs", "sha256");
        Directory.CreateDirectory(blobs);
        using var tarred = new MemoryStream();
        using (var tar = new TarWriter(tarred, leaveOpen: true))
        using (FileStream content = File.OpenRead(file))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "app/server") { DataStream = content });
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(tarred.ToArray());
        string layer = Blob(zipped.ToArray());
        string rootfs = $$"""{"type":"layers","diff_ids":["sha256:{{Convert.ToHexStringLower(SHA256.HashData(tarred.ToArray()))}}"]}""";
        string config = Blob(Encoding.UTF8.GetBytes($$"""{"architecture":"amd64","os":"linux","config":{ },"rootfs":{{rootfs}} }"""));
        string manifest = Blob(Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json",{{config}} },"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip",{{layer}} }]}"""));
        File.WriteAllText(In("layout/oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        File.WriteAllText(In("layout/index.json"), $$"""{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",{{manifest}},"annotations":{"org.opencontainers.image.ref.name":"1"} }]}""");
        await using RunningProgram skopeo = RunningProgram.StartAt(
            "skopeo", "/usr/bin/skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false", "--dest-creds", $"{User}:{Password}", $"oci:{In("layout")}:1", $"docker://{Image}");
        Assert.True(await skopeo.ExitAsync() == 0, skopeo.Log);

        string Blob(byte[] bytes)
        {
            string digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
            File.WriteAllBytes(Path.Combine(blobs, digest), bytes);
            return $"\"digest\":\"sha256:{digest}\",\"size\":{bytes.Length}";
        }
    }

    // The token service of the registry's documentation: a password for a signed token that allows what was asked for.
    private async Task GiveTokensAsync(HttpListener listener)
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await listener.GetContextAsync();
                string expected = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));
                if (context.Request.Headers["Authorization"] != expected)
                {
                    context.Response.StatusCode = 401;
                }
                else
                {
                    Tokens++;
                    await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes($$"""{"token":"{{Token(context.Request.QueryString.GetValues("scope") ?? [])}}"}"""));
                }

                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // It was closed.
        }
    }

    private string Token(string[] scopes)
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        object[] access = [.. scopes.Select(static scope => scope.Split(':')).Where(static parts => parts.Length == 3).Select(static parts => new { type = parts[0], name = parts[1], actions = parts[2].Split(',') })];
        string header = Encode(new { typ = "JWT", alg = "ES256", x5c = (string[])[Convert.ToBase64String(_certificate.RawData)] });
        string claims = Encode(new { iss = "tests", sub = User, aud = "test", exp = now + 300, nbf = now - 60, iat = now, jti = Guid.NewGuid().ToString("N"), access });
        byte[] signature = _key.SignData(Encoding.ASCII.GetBytes($"{header}.{claims}"), HashAlgorithmName.SHA256);
        return $"{header}.{claims}.{Base64Url.EncodeToString(signature)}";

        static string Encode(object part) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(part));
    }
}
