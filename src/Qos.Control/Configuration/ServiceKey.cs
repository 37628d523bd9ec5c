using System.Buffers.Text;
using Qos.Client;
using Qos.Keys;
using Qos.Registry;

namespace Qos.Control;

/// <summary>The key that pull secrets are encrypted to: it opens registries' credentials, and nothing of an enclave.</summary>
internal sealed class ServiceKey : IDisposable
{
    public const string FileName = "service.secret";
    private readonly KeySet _key;

    private ServiceKey(KeySet key) => _key = key;

    public PublicKey PublicKey => _key.PublicKey;

    /// <summary>Makes a key file for its owner alone, unless one is there.</summary>
    public static void Make(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (File.Exists(path))
            return;
        using KeySet key = KeySet.Generate(SystemRandomSource.Instance);
        using SecretMemory seed = key.ExportSeed();
        OutputFile.Write(path, seed.Span, ownerOnly: true);
    }

    /// <exception cref="ControlException">It is missing, or no key.</exception>
    public static ServiceKey Open(string path)
    {
        try
        {
            InputFile.RequirePlain(path);
            using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, BufferSize = 0 });
            using SecretMemory seed = SecretMemory.Allocate(KeySet.SeedSize);
            return file.Length == KeySet.SeedSize && file.ReadAtLeast(seed.Span, KeySet.SeedSize, throwOnEndOfStream: false) == KeySet.SeedSize
                ? new ServiceKey(KeySet.FromSeed(seed.Span))
                : throw new ControlException($"{path} is not a key of the service.");
        }
        catch (CeremonyException e)
        {
            throw new ControlException(e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KeyException)
        {
            throw new ControlException($"{path} cannot be used: {e.Message} 'qos-control init' makes one.", e);
        }
    }

    /// <summary>Opens a pull secret: a public-key envelope in hex or base64 of docker's config.json.</summary>
    /// <exception cref="RegistryException">It is not encrypted to this key, or something else.</exception>
    public RegistryCredentials OpenPullSecret(string encrypted)
    {
        byte[] envelope = Decode(encrypted);
        try
        {
            using SecretMemory json = _key.Decrypt(envelope);
            return Registry.RegistryCredentials.Parse(json.Span);
        }
        catch (KeyException e)
        {
            throw new RegistryException(RegistryError.Reference, "The pull secret is not encrypted to this service's key; get_tvc_qos_versions tells that key.", e);
        }
    }

    public void Dispose() => _key.Dispose();

    private static byte[] Decode(string text)
    {
        if (text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit))
            return Convert.FromHexString(text);
        byte[] bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        return Convert.TryFromBase64String(text, bytes, out int written)
            ? bytes[..written]
            : throw new RegistryException(RegistryError.Reference, "The pull secret is neither hex nor base64.");
    }
}
