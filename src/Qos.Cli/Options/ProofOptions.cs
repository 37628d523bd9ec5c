using System.CommandLine;
using System.CommandLine.Parsing;
using Qos.Client;
using Qos.Nsm;
using Qos.Verify;

namespace Qos.Cli;

/// <summary>What a verifier holds and demands of documents and proofs.</summary>
/// <param name="isArchive">Whether documents are verified at their own time unless another one is named.</param>
internal sealed class ProofOptions(bool isArchive = false)
{
    private const int MaxNonceBytes = 1024;

    private readonly TrustOptions _trust = new(isArchive: isArchive);
    private readonly IdentityOptions _identity = new();
    private readonly RequirementOptions _requirements = new();
    private readonly Option<bool> _json = StandardOptions.Json();

    private readonly Option<string[]> _pcrs = new("--pcrs")
    {
        Description = "Measurements of a release that you trust; repeat it for several releases, one of which must match.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _allowAnyPcrs = new("--allow-any-pcrs") { Description = "Accept an enclave of any image: nothing is proven about its code then." };

    private readonly Option<bool> _allowDebug = new("--allow-debug")
    {
        Description = "Accept debug mode, an enclave's (PCR0 to PCR2 are zero) or a manifest's: others can read what happens in it.",
    };

    private readonly Option<bool> _allowUncommitted = new("--allow-uncommitted")
    {
        Description = "Accept documents of older nodes, which lack the commitment to the live key in PCR17.",
    };

    private readonly Option<string?> _nonce = new("--nonce")
    {
        Description = "The nonce that you asked for, which the document must carry. Without it, a document that is compared with a manifest must have none.",
        HelpName = "HEX",
        Validators = { ValidateNonce },
    };

    /// <summary>The options for documents.</summary>
    public Symbol[] ForDocuments => [_trust.Root, _trust.Time, _pcrs, _trust.RoleArn, _trust.Pcr3, _nonce, _allowDebug, _json];

    /// <summary>The options for a part of proofs.</summary>
    public Symbol[] ForProofs(ProofPart part) => part == ProofPart.AppProof
        ? [.. _identity.ForAppProofs, _json]
        :
        [
            .. _identity.ForDeployments, _pcrs, _trust.RoleArn, _trust.Pcr3, _allowAnyPcrs, .. _requirements.All, _trust.Root, _trust.Time,
            _allowDebug, _allowUncommitted, _json,
        ];

    /// <summary>A verifier of documents.</summary>
    /// <exception cref="CeremonyException">A file cannot be read, or the root cannot be one.</exception>
    public ProofVerifier DocumentVerifier(ParseResult parsed)
    {
        PcrProfile[] profiles = Profiles(parsed);
        return Verifier(parsed, new VerificationPolicy
        {
            // A document is compared with a manifest that the caller names, or with nothing.
            Identity = DeploymentIdentity.Anyone,
            Measurements = profiles.Length == 0 ? TrustedMeasurements.Any : TrustedMeasurements.AnyOf(profiles),
            Nonce = parsed.GetValue(_nonce) is { } nonce ? Convert.FromHexString(nonce) : default(ReadOnlyMemory<byte>?),
        });
    }

    /// <summary>A verifier of proofs, which holds an identity and measurements or has given them up.</summary>
    /// <exception cref="UsageException">Neither is the case.</exception>
    /// <exception cref="CeremonyException">A file cannot be read, or the root cannot be one.</exception>
    public ProofVerifier ProofVerifier(ParseResult parsed, ProofPart part)
    {
        if (part == ProofPart.AppProof)
        {
            return Verifier(parsed, new VerificationPolicy
            {
                Identity = _identity.OfAppProof(parsed) ?? throw new UsageException(
                    "whose key must it be? --ephemeral-key names it, --allow-any-key accepts any; 'verify deployment' tells where a key lives"),
                Measurements = TrustedMeasurements.Any,
            });
        }

        bool isAny = parsed.GetValue(_allowAnyPcrs);
        PcrProfile[] profiles = isAny ? [] : Profiles(parsed);
        if (isAny && (parsed.GetValue(_pcrs) is { Length: > 0 } || _trust.RoleArn.IsOnCommandLine(parsed) || _trust.Pcr3.IsOnCommandLine(parsed)))
            throw new UsageException("--allow-any-pcrs gives up what --pcrs, --role-arn and --pcr3 demand: give one or the other");
        DeploymentIdentity? identity = _identity.OfDeployment(parsed);
        List<string> missing = [];
        if (identity is null)
            missing.Add("whose deployment must it be? name it by --quorum-key, --manifest-set, --manifest-hash or --manifest (--allow-any-quorum accepts a stranger's)");
        if (!isAny && profiles.Length == 0)
            missing.Add("which image must it run? name its measurements by --pcrs (--allow-any-pcrs accepts any)");
        if (missing.Count > 0)
            throw new UsageException(string.Join("; ", missing));
        return Verifier(parsed, new VerificationPolicy
        {
            Identity = identity!,
            Measurements = isAny ? TrustedMeasurements.Any : TrustedMeasurements.AnyOf(profiles),
            Manifest = _requirements.Read(parsed),
            AllowUncommitted = parsed.GetValue(_allowUncommitted),
        });
    }

    private ProofVerifier Verifier(ParseResult parsed, VerificationPolicy policy)
    {
        policy = policy with { Time = _trust.Time.Read(parsed), AllowDebug = parsed.GetValue(_allowDebug) };
        if (_trust.RootDer(parsed) is not { } root)
            return new ProofVerifier(policy);
        try
        {
            return new ProofVerifier(policy with { TrustAnchor = root });
        }
        catch (AttestationException e)
        {
            throw new CeremonyException($"{_trust.Root.Read(parsed)} cannot be trusted: {e.Message}", e);
        }
    }

    // Releases that were typed, else the one of the profile. PCR3 is the parent instance's role, the same for all releases.
    private PcrProfile[] Profiles(ParseResult parsed)
    {
        string[] files = parsed.GetValue(_pcrs) ?? [];
        Dictionary<int, byte[]> measured = _trust.Measurements(parsed);
        if (files.Length == 0)
            return measured.Count == 0 ? [] : [new PcrProfile("the named measurements", measured)];
        PcrProfile[] releases = [.. files.Select(PcrProfile.Read)];
        return measured.TryGetValue(3, out byte[]? role)
            ? [.. releases.Select(release => release with { Pcrs = new SortedDictionary<int, byte[]>(new Dictionary<int, byte[]>(release.Pcrs) { [3] = role }) })]
            : releases;
    }

    /// <summary>The files of the releases that were named.</summary>
    public IReadOnlyList<string> ReleaseFiles(ParseResult parsed) =>
        parsed.GetValue(_pcrs) is { Length: > 0 } files ? files : _trust.Pcrs.Read(parsed) is { } file ? [file] : [];

    /// <summary>The root in DER; null for AWS's.</summary>
    public byte[]? RootDer(ParseResult parsed) => _trust.RootDer(parsed);

    /// <summary>How the documents of a history are believed, by what the verifier holds: root and releases; its proofs' manifests compare the rest.</summary>
    public AttestationPolicy HistoryPolicy(ParseResult parsed)
    {
        PcrProfile[] profiles = parsed.GetValue(_allowAnyPcrs) ? [] : Profiles(parsed);
        return AttestationPolicy.From(new VerificationPolicy
        {
            Identity = DeploymentIdentity.Anyone,
            Measurements = profiles.Length == 0 ? TrustedMeasurements.Any : TrustedMeasurements.AnyOf(profiles),
            Time = ValidationTime.Document,
            TrustAnchor = RootDer(parsed) ?? AwsRoot.Der.ToArray(),
            AllowDebug = parsed.GetValue(_allowDebug),
        });
    }

    /// <summary>Whether results are for machines.</summary>
    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>Shows a result, and refuses when it is not valid.</summary>
    /// <exception cref="CeremonyException">A check does not hold.</exception>
    public void Show(ParseResult parsed, Terminal terminal, VerificationResult result)
    {
        if (IsJson(parsed))
            JsonResult.Write(terminal, result.ToJson());
        else
            ShowLines(terminal.Page, result.ToText());
        if (!result.IsValid)
            throw new CeremonyException($"refused at {FirstFailure(result)}");
    }

    /// <summary>The first check that does not hold, why, and what may be done about it.</summary>
    public static string FirstFailure(VerificationResult result)
    {
        Check first = result.Failures.FirstOrDefault() ?? result.Checks[0];
        string why = first.Detail ?? $"expected {first.Expected ?? "something else"}, found {first.Actual ?? "nothing"}";
        return $"{first.Name}: {why}{Advice(result, first)}";
    }

    // What is advised has to be wanted: each of these believes more than before, so the line says what.
    private static string Advice(VerificationResult result, Check first) => first.Name switch
    {
        CheckNames.DocumentValidity when result.TimeChoice == ValidationTime.Now => " An archived proof is checked at its own time with --time document.",
        CheckNames.DocumentPcrs or CheckNames.LiveCommitment when result.Checks.Any(static check => check is { Name: CheckNames.LiveCommitment, Actual: "absent" }) =>
            "; a node older than PCR17 is accepted with --allow-uncommitted",
        CheckNames.DocumentChain => $" The root was {(result.IsAwsRoot ? "AWS's" : $"the one of SHA-256 {result.RootSha256}")}; another one is named with --root.",
        _ => "",
    };

    private static void ShowLines(Page page, string text)
    {
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            bool failed = line.StartsWith("FAILED", StringComparison.Ordinal) || line.StartsWith("REFUSED", StringComparison.Ordinal);
            page.Line(line, failed ? Tone.Bad : line.StartsWith("VALID", StringComparison.Ordinal) ? Tone.Good : Tone.Plain);
        }
    }

    private static void ValidateNonce(OptionResult result)
    {
        string text = result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;
        if (text.Length is 0 or > 2 * MaxNonceBytes || text.Length % 2 != 0 || !text.All(char.IsAsciiHexDigit))
            result.AddError($"--nonce has an even number of hex digits, at most {2 * MaxNonceBytes}");
    }
}
