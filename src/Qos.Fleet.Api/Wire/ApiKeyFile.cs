using System.Security.Cryptography;
using System.Text.Json;

namespace Qos.Fleet.Api;

/// <summary>Keys of the API: made, and taken from their file or from text.</summary>
public static class ApiKeyFile
{
    private const int MaxBytes = 4096;

    /// <summary>Makes a key.</summary>
    public static ApiKeyBody Make(string organizationId)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new ApiKeyBody(organizationId, ApiStamp.PublicKeyOf(key), Convert.ToHexStringLower(key.ExportParameters(includePrivateParameters: true).D!));
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="ApiException">It is not one.</exception>
    public static ApiKeyBody Read(string path)
    {
        byte[] bytes = [];
        try
        {
            using FileStream file = File.OpenRead(path);
            bytes = new byte[MaxBytes + 1];

            // A pipe tells no length.
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MaxBytes)
                throw new ApiException(ApiCode.InvalidArgument, $"{path} is not a key file of the API: it has more than {MaxBytes} bytes.");
            return JsonSerializer.Deserialize(bytes.AsSpan(0, length), ApiJson.Default.ApiKeyBody) is { OrganizationId: not null, PublicKey: not null, PrivateKey: not null } body
                ? body
                : throw new ApiException(ApiCode.InvalidArgument, $"{path} is not a key file of the API: a member is missing.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ApiException(ApiCode.InvalidArgument, $"{path} cannot be read: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new ApiException(ApiCode.InvalidArgument, $"{path} is not a key file of the API: it is not valid JSON (line {e.LineNumber + 1}).", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>The key to sign with.</summary>
    /// <exception cref="ApiException">The two halves are not one key.</exception>
    public static ECDsa Open(ApiKeyBody body)
    {
        ArgumentNullException.ThrowIfNull(body);
        try
        {
            using ECDsa half = ApiStamp.Import(body.PublicKey.ToLowerInvariant());
            ECParameters parameters = half.ExportParameters(includePrivateParameters: false);
            parameters.D = Convert.FromHexString(body.PrivateKey);
            var key = ECDsa.Create(parameters);
            byte[] probe = new byte[32];
            if (half.VerifyData(probe, key.SignData(probe, HashAlgorithmName.SHA256), HashAlgorithmName.SHA256))
                return key;
            key.Dispose();
            throw new CryptographicException("the public key is not the private key's");
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            throw new ApiException(ApiCode.InvalidArgument, $"The key of the API cannot be used: {e.Message}.", e);
        }
    }
}
