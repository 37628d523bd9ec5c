using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Qos.Client;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Verify;

namespace Qos.Cli;

/// <summary>Checks a bundle offline: its proofs, its key's history, and that they belong together.</summary>
internal sealed class BundleReport
{
    private const string Proofs = "proofs/";

    private readonly List<(string Name, VerificationResult Result)> _results = [];

    private BundleReport(KeyHistory? history, string? problem) => (History, Problem) = (history, problem);

    /// <summary>The history, where the bundle has one.</summary>
    public KeyHistory? History { get; }

    /// <summary>Why the whole is refused; null when it holds.</summary>
    public string? Problem { get; private set; }

    /// <summary>Checks everything.</summary>
    /// <exception cref="CeremonyException">There is no proof, or a file is something else.</exception>
    public static BundleReport Of(ProofBundle bundle, ProofVerifier verifier, AttestationPolicy historyPolicy)
    {
        KeyHistory? history = null;
        string? problem = null;
        if (bundle.History.Count > 0)
        {
            try
            {
                history = KeyHistory.Read(bundle, historyPolicy);
            }
            catch (CeremonyException e)
            {
                problem = $"the history cannot be read: {e.Message}";
            }
        }

        var report = new BundleReport(history, problem);
        report.Verify(bundle, verifier);
        return report;
    }

    /// <summary>The certificates of the documents of a file's proofs, for readers without our tools.</summary>
    public static string Certificates(IEnumerable<PublishedProof> proofs)
    {
        var text = new StringBuilder();
        foreach (AttestationDocument document in proofs.Select(static proof => proof.Boot).OfType<BootProof>().Select(static boot => AttestationDocument.Parse(boot.AttestationDocument.Span)))
        {
            foreach (byte[] der in (byte[][])[.. document.CaBundle.Select(static der => der.ToArray()), document.Certificate.ToArray()])
            {
                using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);
                text.Append(CultureInfo.InvariantCulture, $"# {certificate.Subject}, {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm:ss}Z to {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm:ss}Z\n");
                text.Append(certificate.ExportCertificatePem()).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>Shows it.</summary>
    public void Show(Page page)
    {
        foreach ((string name, VerificationResult result) in _results)
        {
            page.Heading(name);
            foreach (string line in result.ToText().TrimEnd('\n').Split('\n'))
                page.Line(line, line.StartsWith("FAILED", StringComparison.Ordinal) || line.StartsWith("REFUSED", StringComparison.Ordinal) ? Tone.Bad : line.StartsWith("VALID", StringComparison.Ordinal) ? Tone.Good : Tone.Plain);
        }

        if (History is not null)
            HistoryPage.Show(page, History);
        if (Problem is null)
            page.Line($"VALID: every proof of the bundle, {At()}{(History is null ? "" : ", and the key's history")}", Tone.Good);
    }

    /// <summary>For machines.</summary>
    public void WriteJson(Terminal terminal) => JsonResult.Write(terminal, writer =>
    {
        writer.BeginObject();
        writer.WritePropertyName("valid");
        writer.WriteBool(Problem is null);
        writer.WritePropertyName("proofs");
        writer.BeginArray();
        foreach ((string name, VerificationResult result) in _results)
        {
            writer.BeginObject();
            writer.Member("file", name);
            writer.WritePropertyName("result");
            writer.WriteRaw(result.ToJson());
            writer.EndObject();
        }

        writer.EndArray();
        writer.WritePropertyName("history");
        if (History is null)
            writer.WriteNull();
        else
            HistoryPage.Write(writer, History);
        writer.EndObject();
    });

    /// <summary>Refuses a bundle in which something does not hold.</summary>
    /// <exception cref="CeremonyException">The first failure.</exception>
    public void RequireValid()
    {
        if (Problem is not null)
            throw new CeremonyException($"The bundle is refused: {Problem}");
    }

    private string At() => _results[0].Result.TimeChoice is { IsDocuments: false } chosen ? $"at the time that was chosen ({chosen})" : "at its own time";

    private void Verify(ProofBundle bundle, ProofVerifier verifier)
    {
        (string Name, PublishedProof Proof)[] proofs =
        [
            .. bundle.Files.Where(static file => file.Key.StartsWith(Proofs, StringComparison.Ordinal))
                .SelectMany(static file => InputFile.Understand(file.Key, file.Value, static bytes => PublishedProof.ParseAll(bytes), "a proof").Select(proof => (file.Key, proof))),
        ];
        BootProof[] boots = [.. proofs.Select(static proof => proof.Proof.Boot).OfType<BootProof>()];
        if (boots.Length == 0)
            throw new CeremonyException("The bundle holds no boot proof, without which an app proof says nothing about where its key lives.");
        foreach ((string name, PublishedProof proof) in proofs)
        {
            // An app proof that came alone belongs to the boot proof of its key.
            BootProof? boot = proof.Boot ?? boots.FirstOrDefault(boot => string.Equals(boot.EphemeralPublicKeyHex, proof.App!.PublicKeyHex, StringComparison.OrdinalIgnoreCase)) ?? boots[0];
            VerificationResult result = verifier.Verify(proof with { Boot = boot });
            _results.Add((name, result));
            if (!result.IsValid)
                Problem ??= $"{name}, {ProofOptions.FirstFailure(result)}";
        }

        Problem ??= DescribeHistory();
    }

    private string? DescribeHistory()
    {
        if (History is null)
            return null;
        for (int i = 0; i < History.Steps.Count; i++)
        {
            if (History.Steps[i].Findings.FirstOrDefault(static finding => finding.Outcome == HistoryOutcome.Fails) is { } failure)
                return string.Create(CultureInfo.InvariantCulture, $"the history does not hold at step {i + 1}, {History.Steps[i].Source}: {failure.Text}");
        }

        foreach (Manifest manifest in _results.Select(static result => result.Result.Proven?.Manifest).OfType<Manifest>())
        {
            if (!manifest.Namespace.QuorumKey.Span.SequenceEqual(History.QuorumKey.Span))
                return "the history is that of another quorum key than the proofs'";
            byte[] hash = manifest.Hash();
            if (!History.Manifests.Any(known => known.Span.SequenceEqual(hash)))
                return $"the proofs' manifest, {Convert.ToHexStringLower(hash)}, is not in the history";
        }

        return null;
    }
}
