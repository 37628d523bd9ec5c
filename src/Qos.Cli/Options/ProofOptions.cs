using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography;
using Qos.Client;
using Qos.Nsm;
using Qos.Verify;

namespace Qos.Cli;

/// <summary>What a verifier trusts and asks for.</summary>
internal sealed class ProofOptions
{
    private const int MaxNonceBytes = 512;

    private readonly TimeOption _time = new();
    private readonly Option<bool> _json = StandardOptions.Json();

    private readonly Option<string?> _root = new("--root")
    {
        Description = "The root certificate that documents must lead to, PEM or DER. Default: AWS's.",
        HelpName = "PEM",
    };

    private readonly Option<string[]> _pcrs = new("--pcrs")
    {
        Description = "Measurements that you trust, of a release; repeat it for several releases, one of which must match.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _pivots = new("--pivot") { Description = "A binary that you trust; may be repeated.", HelpName = "FILE" };
    private readonly Option<string[]> _pivotHashes = new("--pivot-hash") { Description = "SHA-256 of a binary that you trust; may be repeated.", HelpName = "HEX" };

    private readonly Option<bool> _allowUncommitted = new("--allow-uncommitted")
    {
        Description = "Accept documents of older nodes, which lack the commitment to the live key in PCR17.",
    };

    private readonly Option<string?> _nonce = new("--nonce")
    {
        Description = "The nonce that you asked for, which the document must carry. Without it, a document that is compared with a manifest must have none.",
        HelpName = "HEX",
    };

    public ProofOptions()
    {
        _pivotHashes.Validators.Add(ValidateHash);
        _nonce.Validators.Add(ValidateNonce);
    }

    /// <summary>The options for documents.</summary>
    public Symbol[] ForDocuments => [_root, _time, _pcrs, _nonce, _json];

    /// <summary>The options for proofs.</summary>
    public Symbol[] ForProofs => [_root, _time, _pcrs, _pivots, _pivotHashes, _allowUncommitted, _json];

    /// <summary>A verifier that trusts what was named.</summary>
    /// <exception cref="CeremonyException">A file cannot be read, or the root is no root.</exception>
    public ProofVerifier Verifier(ParseResult parsed)
    {
        var options = new VerificationOptions
        {
            Time = _time.Read(parsed),
            TrustedPcrs = [.. (parsed.GetValue(_pcrs) ?? []).Select(PcrProfile.Read)],
            TrustedPivots =
            [
                .. (parsed.GetValue(_pivots) ?? []).Select(static path => (ReadOnlyMemory<byte>)PivotFile.Hash(path)),
                .. (parsed.GetValue(_pivotHashes) ?? []).Select(static hex => (ReadOnlyMemory<byte>)Convert.FromHexString(hex)),
            ],
            AllowUncommitted = parsed.GetValue(_allowUncommitted),
            Nonce = parsed.GetValue(_nonce) is { } nonce ? Convert.FromHexString(nonce) : default(ReadOnlyMemory<byte>?),
        };
        if (parsed.GetValue(_root) is not { } root)
            return new ProofVerifier(options);
        try
        {
            return new ProofVerifier(options with { TrustAnchor = TrustAnchorFile.Read(root) });
        }
        catch (AttestationException e)
        {
            throw new CeremonyException($"{root} cannot be trusted: {e.Message}", e);
        }
    }

    /// <summary>Whether results are for machines.</summary>
    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>Shows a result, and refuses when it is not valid.</summary>
    /// <exception cref="CeremonyException">A check does not hold.</exception>
    public void Show(ParseResult parsed, Terminal terminal, VerificationResult result)
    {
        if (IsJson(parsed))
            JsonResult.Write(terminal, ResultJson.Of(result));
        else
            ShowLines(terminal.Page, ResultText.Of(result));
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

    private static void ValidateHash(OptionResult result)
    {
        foreach (Token token in result.Tokens)
        {
            if (token.Value.Length != 2 * SHA256.HashSizeInBytes || !token.Value.All(char.IsAsciiHexDigit))
                result.AddError($"--pivot-hash '{token.Value}' is not 64 hex digits");
        }
    }

    private static void ValidateNonce(OptionResult result)
    {
        string text = result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;
        if (text.Length is 0 or > 2 * MaxNonceBytes || text.Length % 2 != 0 || !text.All(char.IsAsciiHexDigit))
            result.AddError($"--nonce has an even number of hex digits, at most {2 * MaxNonceBytes}");
    }
}
