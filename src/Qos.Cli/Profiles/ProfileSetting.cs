using Qos.Client;
using Qos.Protocol;
using Qos.Tokens;

namespace Qos.Cli;

/// <summary>A value that may stand on the command line, in the environment or in a ceremony's <c>qos.yaml</c>, under one name.</summary>
/// <param name="Name">The option without its dashes, and the name in the file.</param>
/// <param name="HelpName">What the help calls its value.</param>
/// <param name="Description">What it is, for the help and for the file that <c>qos init</c> makes.</param>
/// <param name="IsPath">Whether it names a file or a folder, which the profile's file names relative to its own folder.</param>
/// <param name="Complain">What is wrong with a value, or null.</param>
internal sealed record ProfileSetting(string Name, string HelpName, string Description, bool IsPath = false, Func<string, string?>? Complain = null)
{
    public static readonly ProfileSetting Host = new("host", "URL", "The node's qos-host; /qos is added when the URL names no path.", Complain: static text => NodeClient.DescribeHost(text));

    public static readonly ProfileSetting Root = new("root", "PEM", "The root certificate that documents must lead to, PEM or DER. Default: AWS's.", IsPath: true);

    public static readonly ProfileSetting Pcrs = new(
        "pcrs", "FILE", "Measurements that the enclave must have, in any form that tools print: lines, or the JSON of nitro-cli and of 'qos eif'.", IsPath: true);

    public static readonly ProfileSetting Pcr3 = new(
        "pcr3", "HEX", "PCR3 as 96 hex digits.", Complain: static text => text.Length == 96 && text.All(char.IsAsciiHexDigit) ? null : "has 96 hex digits, SHA-384");

    public static readonly ProfileSetting RoleArn = new("role-arn", "ARN", "The parent instance's IAM role, which makes PCR3.", Complain: Client.RoleArn.Describe);

    public static readonly ProfileSetting ManifestSet = new("manifest-set", "DIR", "The members that approve: one ALIAS.pub each, and quorum_threshold.", IsPath: true);

    public static readonly ProfileSetting ShareSet = new("share-set", "DIR", "The members that hold shares: one ALIAS.pub each, and quorum_threshold.", IsPath: true);

    public static readonly ProfileSetting QuorumKey = new("quorum-key", "PUB", "The quorum key, from the genesis.", IsPath: true);

    public static readonly ProfileSetting RecoveryKey = new(
        "dr-key", "PUB|none", "The disaster-recovery public key that the seed is also encrypted to, or none.", IsPath: true);

    public static readonly ProfileSetting Namespace = new("namespace", "NAME", "The namespace's name.");

    public static readonly ProfileSetting Pivot = new("pivot", "FILE", "The binary that may run.", IsPath: true);

    public static readonly ProfileSetting PivotHash = new("pivot-hash", "HEX|FILE", "Instead of --pivot: its SHA-256 as 64 hex digits, or a file that holds them.", IsPath: true);

    public static readonly ProfileSetting ManifestHash = new(
        "manifest-hash", "HEX", "The manifest's hash, as somebody you trust told it.",
        Complain: static text => text.Length == 64 && text.All(char.IsAsciiHexDigit) ? null : "has 64 hex digits, SHA-256");

    public static readonly ProfileSetting Previous = new(
        "previous", "MANIFEST", "The namespace's manifest before this one; its nonce must be lower, and what changed is shown first.", IsPath: true);

    public static readonly ProfileSetting Envelope = new("envelope", "FILE", "The manifest envelope, from a source of your own.", IsPath: true);

    public static readonly ProfileSetting Alias = new("alias", "ALIAS", "Your name in the set of members.");

    public static readonly ProfileSetting Secret = new(
        "secret", "FILE", "Your secret key file, or the pkcs11: URI of your key in a token.", IsPath: true, Complain: DescribeSecret);

    public static readonly ProfileSetting Share = new("share", "FILE", "Your share, as 'genesis accept' wrote it.", IsPath: true);

    /// <summary>All of them, in the order of a file.</summary>
    public static IReadOnlyList<ProfileSetting> All { get; } =
    [
        Host, Root, Pcrs, RoleArn, Pcr3, ShareSet, ManifestSet, QuorumKey, RecoveryKey, Namespace, Pivot, PivotHash, ManifestHash, Previous, Envelope, Alias, Secret,
        Share,
    ];

    /// <summary>The environment variable.</summary>
    public string Variable => "QOS_" + Name.ToUpperInvariant().Replace('-', '_');

    /// <summary>The option.</summary>
    public string Option => "--" + Name;

    /// <summary>A path of a file below a folder; what is no path stays as it is.</summary>
    public string Below(string folder, string value) =>
        !IsPath || TokenUri.IsTokenUri(value) || (this == RecoveryKey && value == "none") || (this == PivotHash && IsDigest(value))
            ? value
            : Path.Combine(folder, value);

    private static bool IsDigest(string value) => value.Length == 64 && value.All(char.IsAsciiHexDigit);

    // Said before it is shown anywhere: what is in a profile or on a command line is no secret any more.
    private static string? DescribeSecret(string text) => IsDigest(text)
        ? "names a file or a token, and is never the key itself: a seed that stood here is known to others, so make a new key"
        : VisibleText.NeedsEscape(text) ? "holds a character that cannot be seen" : null;
}
