using System.Security.Cryptography;

namespace Qos.Verify.Tests;

/// <summary>The examples of docs/verify.md, so that they compile; <see cref="DocumentationTests"/> compares them.</summary>
internal static class DocumentationExamples
{
    public static ProofVerifier One()
    {
        var verifier = new ProofVerifier(new VerificationPolicy
        {
            Identity = DeploymentIdentity.FromQuorumKey(Convert.FromHexString(File.ReadAllText("quorum_key.pub"))),
            Measurements = TrustedMeasurements.AnyOf(PcrProfile.Read("v1.pcrs"), PcrProfile.Read("v2.pcrs")),
            Manifest = new() { Namespace = "prod/signer", MinimumNonce = 7, Pivots = [SHA256.HashData(File.ReadAllBytes("signer"))] },
            Time = ValidationTime.Document,
        });

        VerificationResult result = verifier.Verify(PublishedProof.Parse(File.ReadAllBytes("proof.json")));
        if (result.Proven is { } proven)
            Console.WriteLine($"{proven.Manifest!.Namespace.Name} says: {proven.Payload}");
        foreach (Check check in result.Failures)
            Console.Error.WriteLine($"{check.Name}: {check.Detail}; expected {check.Expected}, found {check.Actual}");

        return verifier;
    }

    public static ProofTally Many(Stream archive, ProofVerifier verifier)
    {
        var tally = new ProofTally();
        foreach (StreamedProof proof in ProofStream.Verify(archive, verifier))
        {
            tally.Add(proof);
            if (!proof.IsValid)
                Console.Error.WriteLine($"proof {proof.Number}: {proof.Problem ?? proof.Result!.Failures.First().Name}");
        }

        return tally;
    }
}
