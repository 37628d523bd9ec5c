using System.CommandLine;
using Qos.Client;
using Qos.Nsm;
using Qos.Verify;

namespace Qos.Cli;

/// <summary>What an operator believes before a document is believed: root, time, measurements.</summary>
/// <param name="requiresMeasurements">
/// Whether a document must be compared with a release's measurements: a genesis has no manifest that names them, and whoever rents an
/// enclave can make one that the root vouches for.
/// </param>
/// <param name="isArchive">Whether documents are verified at their own time unless another one is named.</param>
internal sealed class TrustOptions(bool requiresMeasurements = false, bool isArchive = false)
{
    /// <summary>The root.</summary>
    public SettingOption Root { get; } = new(ProfileSetting.Root);

    /// <summary>When.</summary>
    public TimeOption Time { get; } = new(isArchive);

    /// <summary>A release's measurements.</summary>
    public SettingOption Pcrs { get; } = new(ProfileSetting.Pcrs, requiresMeasurements);

    /// <summary>PCR3 itself.</summary>
    public SettingOption Pcr3 { get; } = new(ProfileSetting.Pcr3);

    /// <summary>What PCR3 is made of.</summary>
    public SettingOption RoleArn { get; } = new(ProfileSetting.RoleArn);

    /// <summary>All of them.</summary>
    public Symbol[] All => [Root, Time, Pcrs, RoleArn, Pcr3];

    /// <summary>The policy that was asked for.</summary>
    public AttestationPolicy Policy(ParseResult parsed) => AttestationPolicy.From(Measurements(parsed), Time.Read(parsed), RootDer(parsed));

    /// <summary>The root in DER; null for AWS's.</summary>
    public byte[]? RootDer(ParseResult parsed) => Root.Read(parsed) is { } path ? TrustAnchorFile.Read(path) : null;

    /// <summary>Refuses measurements that leave open which image it is.</summary>
    /// <param name="pcrs">The measurements.</param>
    /// <param name="file">Where they stand.</param>
    /// <exception cref="CeremonyException">PCR0 is not among them.</exception>
    public static void RequireImage(IReadOnlyDictionary<int, byte[]> pcrs, string file)
    {
        if (!pcrs.ContainsKey(0))
            throw new CeremonyException($"{file} names no PCR0, which measures the image: an enclave of any other image would pass.");
    }

    /// <summary>Warns where the measurements are those of an enclave that keeps no secret.</summary>
    public void WarnOfDebugMode(ParseResult parsed, Terminal terminal)
    {
        if (Measurements(parsed).TryGetValue(0, out byte[]? image) && !image.AsSpan().ContainsAnyExcept((byte)0))
            terminal.Warn("PCR0 is all zero, as only a debug enclave's is: whoever runs one can read the key in its memory");
    }

    /// <summary>The measurements that were named: the file's, then the role's.</summary>
    /// <exception cref="UsageException">PCR3 is named twice.</exception>
    /// <exception cref="CeremonyException">They are required, and name no image.</exception>
    public Dictionary<int, byte[]> Measurements(ParseResult parsed)
    {
        Dictionary<int, byte[]> pcrs = [];
        if (Pcrs.Read(parsed) is { } file)
        {
            InputFile.RequireOwn(file);
            pcrs = new(PcrFile.Read(file));
            if (requiresMeasurements)
                RequireImage(pcrs, file);
        }

        bool isHex = Pcr3.IsOnCommandLine(parsed);
        bool isArn = RoleArn.IsOnCommandLine(parsed);
        if (isHex && isArn)
            throw new UsageException("--pcr3 and --role-arn both say what PCR3 is: give one of them");

        // What was typed comes before the other one in a profile.
        string? arn = isHex ? null : RoleArn.Read(parsed);
        string? hex = isArn ? null : Pcr3.Read(parsed);
        if (arn is not null && hex is not null)
            throw new UsageException("pcr3 and role-arn both say what PCR3 is: leave one of them in the profile or the environment");
        if (arn is not null)
            pcrs[3] = Pcr.FromRoleArn(arn);
        else if (hex is not null)
            pcrs[3] = Convert.FromHexString(hex);
        return pcrs;
    }
}
