using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Qos.Client;
using Qos.Protocol;
using Qos.Serialization;
using Qos.Verify;

namespace Qos.Cli;

/// <summary>Shows what becomes of many proofs while they are verified, and a summary: people see the refused ones, machines all.</summary>
internal sealed class ProofReport(Terminal terminal, ProofPart part, bool isJson)
{
    private readonly ProofTally _tally = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private string? _firstRefusal;
    private VerificationResult? _any;

    /// <summary>How many there were.</summary>
    public long Proofs => _tally.Proofs;

    /// <summary>Counts a proof and shows it.</summary>
    public void Add(StreamedProof proof)
    {
        _tally.Add(proof);
        _any ??= proof.Result;
        if (isJson)
            JsonResult.Write(terminal, proof.ToJson());
        if (proof.IsValid)
            return;

        string where = string.Create(CultureInfo.InvariantCulture, $"proof {proof.Number} (line {proof.Line})");
        string refusal = VisibleText.Escape(proof.Result is { } result
            ? $"{where} refused at {ProofOptions.FirstFailure(result)}"
            : $"{where} {proof.Problem}");
        _firstRefusal ??= refusal;
        if (!isJson)
            terminal.Page.Line($"REFUSED  {refusal}", Tone.Bad);
    }

    /// <summary>Shows the summary, and refuses when a proof is refused or there may have been more.</summary>
    /// <param name="problem">What made an end of it before the input's end, or null.</param>
    /// <exception cref="CeremonyException">A proof is refused, or the input is broken.</exception>
    public void End(string? problem)
    {
        TimeSpan time = Stopwatch.GetElapsedTime(_start);
        if (isJson)
            ShowJson(time, problem);
        else
            ShowLines(time);
        if (problem is not null)
            throw new CeremonyException(problem);
        if (_tally.Refused > 0)
            throw new CeremonyException($"{_tally.Refused} of {_tally.Proofs} proofs are refused; {_firstRefusal}");
    }

    private void ShowLines(TimeSpan time)
    {
        string keys = $"{_tally.Keys}{(_tally.HasMoreKeys ? " or more" : "")} {(part == ProofPart.AppProof ? "key" : "enclave")}{(_tally.Keys == 1 ? "" : "s")}";
        terminal.Page.Line(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{_tally.Proofs} proof{(_tally.Proofs == 1 ? "" : "s")}: {_tally.Accepted} accepted, {_tally.Refused} refused; {keys}; {time.TotalSeconds:F1} s, {PerSecond(time)}/s"),
            _tally.Refused == 0 ? Tone.Good : Tone.Bad);
        foreach (Manifest manifest in _tally.Deployments)
        {
            terminal.Page.Line(
                $"proven for {VisibleText.Escape(manifest.Namespace.Name)}, nonce {manifest.Namespace.Nonce}, quorum key {Fingerprint(manifest)}, manifest {Convert.ToHexStringLower(manifest.Hash())}");
        }

        if (_tally.HasMoreDeployments)
            terminal.Page.Line($"and for more manifests than {ProofTally.MaxDeployments}");
        if (_tally.Waived > 0)
            terminal.Page.Line($"waived: {string.Join(", ", _tally.Waivers.Select(static waiver => $"{waiver.Key} for {waiver.Value}"))}");
        if (_any is { IsAwsRoot: false, RootSha256: var root })
            terminal.Page.Line($"under a root that is not AWS's: {root}");
    }

    private void ShowJson(TimeSpan time, string? problem) => JsonResult.Write(terminal, writer =>
    {
        writer.BeginObject();
        writer.WritePropertyName("summary"u8);
        writer.BeginObject();
        writer.WritePropertyName("complete"u8);
        writer.WriteBool(problem is null);
        Number(writer, "proofs", _tally.Proofs);
        Number(writer, "accepted", _tally.Accepted);
        Number(writer, "refused", _tally.Refused);
        Number(writer, "waived", _tally.Waived);
        writer.WritePropertyName("waivers"u8);
        writer.BeginObject();
        foreach ((string name, long count) in _tally.Waivers)
            Number(writer, name, count);
        writer.EndObject();
        writer.WritePropertyName("deployments"u8);
        writer.BeginArray();
        foreach (Manifest manifest in _tally.Deployments)
            Write(writer, manifest);
        writer.EndArray();
        Number(writer, "keys", _tally.Keys);
        writer.WritePropertyName("moreKeys"u8);
        writer.WriteBool(_tally.HasMoreKeys);
        Number(writer, "milliseconds", (long)time.TotalMilliseconds);
        Number(writer, "perSecond", PerSecond(time));
        if (_any is { } result)
        {
            writer.WritePropertyName("root"u8);
            writer.BeginObject();
            writer.Member("sha256", result.RootSha256);
            writer.WritePropertyName("aws"u8);
            writer.WriteBool(result.IsAwsRoot);
            writer.EndObject();
        }

        writer.EndObject();
        writer.EndObject();
    });

    private static void Write(QosJsonWriter writer, Manifest manifest)
    {
        writer.BeginObject();
        writer.Member("namespace", manifest.Namespace.Name);
        Number(writer, "nonce", manifest.Namespace.Nonce);
        writer.Member("quorumKeyFingerprint", Fingerprint(manifest));
        writer.Member("manifestHash", manifest.Hash());
        writer.Member("pivotHash", manifest.Pivot.Hash.Span);
        writer.EndObject();
    }

    private static string Fingerprint(Manifest manifest) => Convert.ToHexStringLower(SHA256.HashData(manifest.Namespace.QuorumKey.Span));

    private long PerSecond(TimeSpan time) => (long)(_tally.Proofs / Math.Max(time.TotalSeconds, 0.001));

    private static void Number(QosJsonWriter writer, string name, long value)
    {
        writer.WritePropertyName(name);
        writer.WriteInteger(value);
    }
}
