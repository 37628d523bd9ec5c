using System.Text;
using System.Text.Json;
using Qos.Nsm.Tests;
using Qos.Serialization;
using Qos.Vectors;
using Qos.Verify;

namespace Qos.Web.Tests;

/// <summary>The verifier in JavaScript: its own tests, and that it says of every proof what Qos.Verify says.</summary>
public class VerifierTests
{
    private static readonly string[] s_members = ["awsAttestationDocB64", "qosManifestB64", "qosManifestEnvelopeB64"];

    // `make test-web` asks for more.
    private static int Mutants => int.TryParse(Environment.GetEnvironmentVariable("QOS_MUTANTS"), out int count) ? count : 600;

    [Fact]
    public async Task Its_own_tests_pass()
    {
        string[] tests = Directory.GetFiles(Path.Combine(NodeJs.Verifier, "test"), "*.test.mjs");
        (int status, string output) = await NodeJs.RunAsync(["--test", .. tests]);
        Assert.True(status == 0, output);
    }

    [Fact]
    public async Task Of_every_mutant_of_a_proof_both_verifiers_say_the_same()
    {
        byte[] original = VectorFiles.Bytes("proofs", "turnkey_1.json");
        var verifier = new ProofVerifier(new VerificationPolicy
        {
            Identity = DeploymentIdentity.Anyone,
            Measurements = TrustedMeasurements.Any,
            Time = ValidationTime.Document,
            AllowUncommitted = true,
        });
        var random = new Random(20261127);
        string folder = Directory.CreateTempSubdirectory("qos-mutants").FullName;
        try
        {
            string file = Path.Combine(folder, "mutants.jsonl");
            await using (var lines = new StreamWriter(file))
            {
                await lines.WriteLineAsync(Line(original, verifier));
                for (int count = 0; count < Mutants; count++)
                    await lines.WriteLineAsync(Line(Mutant(original, random), verifier));
            }

            (int status, string output) = await NodeJs.RunAsync(Path.Combine(NodeJs.Verifier, "test", "compare.mjs"), file);
            Assert.True(status == 0, output);
            Assert.Equal($"{Mutants + 1} proofs, 0 differences\n", output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Half of the mutants are damaged in what a member holds, the others anywhere in the text.
    private static byte[] Mutant(byte[] original, Random random)
    {
        if (random.Next(2) == 0)
            return Mutation.Of(original, random);
        string text = Encoding.UTF8.GetString(original);
        string member = s_members[random.Next(s_members.Length)];
        int start = text.IndexOf(member, StringComparison.Ordinal);
        start = text.IndexOf('"', text.IndexOf(':', start)) + 1;
        int end = text.IndexOf('"', start);
        string changed = Convert.ToBase64String(Mutation.Of(Convert.FromBase64String(text[start..end]), random));
        return Encoding.UTF8.GetBytes(string.Concat(text.AsSpan(0, start), changed, text.AsSpan(end)));
    }

    // {"proof": base64, "checks": [[name, outcome], …]}, and no checks where the proof cannot be read.
    private static string Line(byte[] proof, ProofVerifier verifier)
    {
        object? checks = null;
        try
        {
            checks = verifier.Verify(PublishedProof.Parse(proof)).Checks
                .Select(check => (string[])[check.Name, JsonNamingPolicy.CamelCase.ConvertName(check.Outcome.ToString())]).ToArray();
        }
        catch (EncodingException)
        {
        }

        return JsonSerializer.Serialize(new { proof = Convert.ToBase64String(proof), checks });
    }
}
