using System.CommandLine;
using System.Globalization;
using Qos.Client;
using Qos.Verify;

namespace Qos.Compat;

/// <summary>Whether and how a document is believed: the reference's switch to skip all checks, and our root for modules that are not AWS's.</summary>
internal sealed class TrustOptions
{
    private readonly Option<bool> _skip = Standard.Flag(
        "unsafe-skip-attestation", "NEVER IN PRODUCTION: believe every attestation document.");

    /// <summary>Ours: the root that documents must lead to.</summary>
    public Option<string?> Root { get; } = Standard.Optional("root", "Root certificate, PEM or DER (an option of ours). Default: AWS's.");

    /// <summary>When the certificates must be valid.</summary>
    public Option<string?> Time { get; } = Standard.Optional("validation-time-override", "Unix time at which the certificates must be valid. Default: now.");

    /// <summary>The switch and the root.</summary>
    public Option[] All => [_skip, Root];

    /// <summary>What is believed; says so when it is everything.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="pcrs">Reads the measurements to demand; not called when everything is believed, as scripts then name files that do not exist.</param>
    /// <param name="screen">For the warning.</param>
    public AttestationPolicy Policy(ParseResult parsed, Func<IReadOnlyDictionary<int, byte[]>> pcrs, Screen screen)
    {
        if (parsed.GetValue(_skip))
        {
            screen.Output.WriteLine("**WARNING:** Skipping attestation document verification.");
            return AttestationPolicy.UnsafeSkip;
        }

        return AttestationPolicy.From(pcrs(), TimeOf(parsed), RootDer(parsed));
    }

    /// <summary>The root in DER; null for AWS's.</summary>
    public byte[]? RootDer(ParseResult parsed) => parsed.GetValue(Root) is { } path ? TrustAnchorFile.Read(path) : null;

    private ValidationTime TimeOf(ParseResult parsed) => parsed.GetResult(Time) is null || parsed.GetValue(Time) is not { } text
        ? ValidationTime.Now
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? ValidationTime.At(DateTimeOffset.FromUnixTimeSeconds(seconds))
            : throw new FormatException($"--validation-time-override '{text}' is not a Unix time in seconds");
}
