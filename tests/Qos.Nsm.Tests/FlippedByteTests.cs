using Qos.Simulator;
using Qos.Verify;

namespace Qos.Nsm.Tests;

/// <summary>A document with any single byte changed never verifies: a real one and a simulated one, every byte of each.</summary>
public sealed class FlippedByteTests
{
    [Fact]
    public void Of_a_real_document()
    {
        AttestationVectors.Entry entry = AttestationVectors.All.Where(e => e.Valid).MinBy(e => e.Bytes.Length)!;
        AssertNoFlipVerifies(entry.Bytes, AwsRoot.Der.ToArray(), DateTimeOffset.FromUnixTimeSeconds(entry.Time), seed: 1);
    }

    [Fact]
    public void Of_a_simulated_document()
    {
        using SimulatorPki pki = SimulatorPki.FromMockDirectory(Vectors.VectorFiles.PathOf("qos", "qos_nsm-static", "mock_pki"));
        using var nsm = new SoftwareNsm(new() { Pki = pki });
        var answer = (NsmResponse.Attestation)nsm.Send(new NsmRequest.Attestation(new byte[32], null, new byte[130]));
        AssertNoFlipVerifies(answer.Document.ToArray(), pki.RootDer.ToArray(), DateTimeOffset.UtcNow, seed: 2);
    }

    private static void AssertNoFlipVerifies(byte[] document, byte[] root, DateTimeOffset time, int seed)
    {
        var cache = new IntermediateCache();
        var verifier = new AttestationExaminer(root, cache);
        verifier.Verify(AttestationDocument.Parse(document), time);

        int[] bits = new Random(seed).GetItems([0, 1, 2, 3, 4, 5, 6, 7], document.Length);
        Parallel.For(0, document.Length, at =>
        {
            byte[] flipped = [.. document];
            flipped[at] ^= (byte)(1 << bits[at]);
            try
            {
                verifier.Verify(AttestationDocument.Parse(flipped), time);
            }
            catch (AttestationException)
            {
                return;
            }

            Assert.Fail($"seed {seed}: verifies with bit {bits[at]} of byte {at} flipped");
        });
    }
}
