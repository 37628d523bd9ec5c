using System.CommandLine;
using Qos.Client;
using Qos.Fleet.Api;
using Qos.Keys;

namespace Qos.Cli;

/// <summary><c>--pull-secret FILE</c>: docker's config.json, which leaves this machine encrypted to the service's key alone.</summary>
internal sealed class PullSecretOption : Option<string?>
{
    public PullSecretOption()
        : base("--pull-secret")
    {
        Description = "Docker's config.json with the credentials of a private registry; it is encrypted to the service.";
        HelpName = "FILE";
    }

    /// <summary>The parameters with the secret, when there is one.</summary>
    public async Task<CreateDeploymentParameters> WithSecretAsync(ParseResult parsed, CreateDeploymentParameters parameters, ControlClient control, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(this) is not { } path)
            return parameters;
        byte[] secret = InputFile.Bytes(path);
        string key = (await control.QueryAsync("get_tvc_qos_versions", new QueryParameters(), cancellationToken)).PullSecretPublicKey
            ?? throw new CeremonyException("The service names no key for pull secrets.");
        try
        {
            return parameters with { PivotContainerEncryptedPullSecret = Convert.ToHexStringLower(PublicKey.ParseHex(key).Encrypt(secret, SystemRandomSource.Instance)) };
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(secret);
        }
    }
}
