using System.Diagnostics;
using System.Globalization;
using Qos.Nsm;
using Qos.Vectors;
using Qos.Verify;

namespace Qos.Bench.Attestation;

/// <summary>
/// Documents and proofs verified on one thread, against a fifth of what OpenSSL verifies in the same round: a chain of five certificates and
/// the document are five signatures. Both sides count processor time, so that other work on the machine weighs on neither.
/// </summary>
internal sealed class AttestationBenchmark : IBenchmark
{
    private const int SignaturesOfADocument = 5;

    private readonly byte[] _document = VectorFiles.Bytes("qos", "tvc", "attestation_doc.cbor");
    private readonly byte[] _proof = VectorFiles.Bytes("proofs", "turnkey_1.json");
    private readonly DateTimeOffset _time = DateTimeOffset.FromUnixTimeSeconds(1782779620);

    public string Name => "attestation";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        var uncached = new AttestationVerifier(AwsRoot.Der);
        var cached = new AttestationExaminer(AwsRoot.Der, new IntermediateCache());
        ProofVerifier plain = Proofs(null);
        ProofVerifier remembering = Proofs(new IntermediateCache());

        List<double> openssl = [], documents = [], cachedDocuments = [], proofs = [], cachedProofs = [];
        for (int round = 0; round < options.Rounds; round++)
        {
            openssl.Add(await OpenSsl.VerificationsAsync(options.Seconds) / SignaturesOfADocument);
            documents.Add(Rate(options.Seconds, () => uncached.Verify(AttestationDocument.Parse(_document), _time)));
            cachedDocuments.Add(Rate(options.Seconds, () => Examine(cached)));
            proofs.Add(Rate(options.Seconds, () => VerifyProof(plain)));
            cachedProofs.Add(Rate(options.Seconds, () => VerifyProof(remembering)));
        }

        return
        [
            Row("document, whole chain", documents, openssl, "openssl / 5", 0.8),
            Row("document, intermediates remembered", cachedDocuments, documents, "whole chain", 2.2),
            Row("boot proof with app proof, whole chain", proofs, openssl, "openssl / 5", 0.7),
            Row("boot proof with app proof, intermediates remembered", cachedProofs, openssl, "openssl / 5", 0.7),
        ];
    }

    private static ProofVerifier Proofs(IntermediateCache? cache) =>
        new(new()
        {
            Identity = DeploymentIdentity.Anyone,
            Measurements = TrustedMeasurements.Any,
            Time = ValidationTime.Document,
            AllowUncommitted = true,
            Cache = cache,
        });

    private void Examine(AttestationExaminer examiner)
    {
        if (!examiner.Examine(AttestationDocument.Parse(_document), _time).All(static finding => finding.Passed))
            throw new InvalidOperationException("The document does not verify.");
    }

    private void VerifyProof(ProofVerifier verifier)
    {
        VerificationResult result = verifier.Verify(PublishedProof.Parse(_proof));
        if (!result.IsValid)
            throw new InvalidOperationException(result.ToText());
    }

    /// <summary>How often a second of processor time holds the action.</summary>
    private static double Rate(double seconds, Action action)
    {
        using Process self = Process.GetCurrentProcess();
        action();
        TimeSpan start = self.TotalProcessorTime;
        TimeSpan spent;
        int count = 0;
        do
        {
            for (int i = 0; i < 10; i++)
                action();
            count += 10;
            self.Refresh();
            spent = self.TotalProcessorTime - start;
        }
        while (spent.TotalSeconds < seconds);
        return count / spent.TotalSeconds;
    }

    private static BenchRow Row(string measure, List<double> ours, List<double> other, string otherName, double target)
    {
        // The rounds' ratios, not the ratio of the medians: what disturbs a round disturbs both of its sides.
        double ratio = Median([.. ours.Zip(other, (left, right) => left / right)]);
        return new BenchRow(
            measure,
            $"{Median(ours):F0}/s",
            $"{otherName}: {Median(other):F0}/s",
            ratio.ToString("F2", CultureInfo.InvariantCulture),
            $">= {target.ToString(CultureInfo.InvariantCulture)}",
            ratio >= target);
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
