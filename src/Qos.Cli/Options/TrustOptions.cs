using System.CommandLine.Parsing;
using System.CommandLine;
using Qos.Client;
using Qos.Nsm;
using Qos.Verify;

namespace Qos.Cli;

/// <summary>What an operator believes before a document is believed: root, time, measurements.</summary>
internal sealed class TrustOptions
{
    /// <param name="requiresMeasurements">
    /// Whether a document must be compared with a release's measurements: a genesis has no manifest that names them, and whoever rents an
    /// enclave can make one that the root vouches for.
    /// </param>
    public TrustOptions(bool requiresMeasurements = false)
    {
        Pcrs.Required = requiresMeasurements;
        Pcr3.Validators.Add(static result => ValidatePcr(result, "--pcr3"));
    }

    /// <summary>The root.</summary>
    public Option<string?> Root { get; } = new("--root")
    {
        Description = "The root certificate that documents must lead to, PEM or DER. Default: AWS's.",
        HelpName = "PEM",
    };

    /// <summary>When.</summary>
    public TimeOption Time { get; } = new();

    /// <summary>A release's measurements.</summary>
    public Option<string?> Pcrs { get; } = new("--pcrs")
    {
        Description = "Measurements that the enclave must have: lines \"<hex> PCR<n>\", or the JSON that measuring an image prints.",
        HelpName = "FILE",
    };

    /// <summary>PCR3 itself.</summary>
    public Option<string?> Pcr3 { get; } = new("--pcr3") { Description = "PCR3 as 96 hex digits.", HelpName = "HEX" };

    /// <summary>What PCR3 is made of.</summary>
    public Option<string?> RoleArn { get; } = new("--role-arn") { Description = "The parent instance's IAM role, which makes PCR3.", HelpName = "ARN" };

    /// <summary>The policy that was asked for.</summary>
    public AttestationPolicy Policy(ParseResult parsed) => AttestationPolicy.From(Measurements(parsed), Time.Read(parsed), RootDer(parsed));

    /// <summary>The root in DER; null for AWS's.</summary>
    public byte[]? RootDer(ParseResult parsed) => parsed.GetValue(Root) is { } path ? TrustAnchorFile.Read(path) : null;

    /// <summary>The measurements that were named: the file's, then the role's.</summary>
    /// <exception cref="UsageException">PCR3 is named twice.</exception>
    public Dictionary<int, byte[]> Measurements(ParseResult parsed)
    {
        Dictionary<int, byte[]> pcrs = parsed.GetValue(Pcrs) is { } file ? new(PcrFile.Read(file)) : [];
        string? arn = parsed.GetValue(RoleArn);
        string? hex = parsed.GetValue(Pcr3);
        if (arn is not null && hex is not null)
            throw new UsageException("--pcr3 and --role-arn both say what PCR3 is: give one of them");
        if (arn is not null)
            pcrs[3] = Pcr.FromRoleArn(arn);
        else if (hex is not null)
            pcrs[3] = Convert.FromHexString(hex);
        return pcrs;
    }

    private static void ValidatePcr(OptionResult result, string name)
    {
        string text = result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;
        if (text.Length != 2 * Pcr.Size || !text.All(char.IsAsciiHexDigit))
            result.AddError($"{name} has 96 hex digits, SHA-384");
    }
}
