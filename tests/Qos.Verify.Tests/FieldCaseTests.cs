using System.Security.Cryptography;
using Qos.Nsm;
using Qos.Vectors;

namespace Qos.Verify.Tests;

/// <summary>Files on which verifiers failed in the field. They lie beside the vectors, in <c>shared/cases</c>; where they do not, there is nothing to read.</summary>
public sealed class FieldCaseTests
{
    [Theory]
    [InlineData("describe-eif-nested.json")]
    [InlineData("describe-enclaves.json")]
    public void Measurements_are_read_out_of_what_describes_an_image_or_enclaves(string name)
    {
        IReadOnlyDictionary<int, byte[]> pcrs = PcrFile.Read(Case(name));
        Assert.Equal([0, 1, 2], pcrs.Keys);
        Assert.StartsWith("40bd9530d2ab76f3", Convert.ToHexStringLower(pcrs[0]), StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused_in_words()
    {
        string path = Case("surrogate.pcrs");
        FormatException refused = Assert.Throws<FormatException>(() => PcrFile.Read(path));
        Assert.StartsWith(path, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_document_with_as_much_user_data_as_the_module_takes_is_valid()
    {
        string pem = File.ReadAllText(Case("simulator-root.pem"));
        var verifier = new ProofVerifier(new VerificationPolicy
        {
            Identity = DeploymentIdentity.Anyone,
            Measurements = TrustedMeasurements.Any,
            TrustAnchor = Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]),
            Time = ValidationTime.Document,
        });
        VerificationResult result = verifier.VerifyAttestation(File.ReadAllBytes(Case("user_data_1024.cose")));
        Assert.True(result.IsValid, result.ToText());
        Assert.Equal(1024, result.Proven?.Document?.UserData?.Length);
    }

    [Fact]
    public void A_boot_proof_whose_time_is_null_is_as_one_without_it()
    {
        byte[] json = File.ReadAllBytes(Case("boot-proof-createdAt-null.json"));
        BootProof? boot = PublishedProof.Parse(json).Boot;
        Assert.NotNull(boot);
        Assert.Null(boot.CreatedAtSeconds);
        var verifier = new ProofVerifier(new VerificationPolicy
        {
            Identity = DeploymentIdentity.Anyone,
            Measurements = TrustedMeasurements.Any,
            Time = ValidationTime.Document,
            AllowUncommitted = true,
        });
        VerificationResult result = verifier.VerifyBootProof(boot);
        Assert.True(result.IsValid, result.ToText());
    }

    [Fact]
    public void A_document_in_base64_is_read()
    {
        AttestationDocument document = AttestationDocument.Parse(AttestationInput.Decode(File.ReadAllBytes(Case("document-as-base64.txt"))));
        Assert.Equal("i-0918f6c55e3b61d89-enc018aa8b8e2285d13", document.ModuleId);
    }

    private static string Case(string name)
    {
        string path = Path.Combine(VectorFiles.Root, "..", "cases", name);
        Assert.SkipUnless(File.Exists(path), "the cases from the field are not beside the vectors");
        return path;
    }
}
