using Qos.Verify;

namespace Qos.Nsm.Tests;

/// <summary>The cache saves signatures and nothing else: time, place and the bytes above are checked each time.</summary>
public sealed class IntermediateCacheTests
{
    [Fact]
    public void Intermediates_are_remembered_and_the_leaf_is_not()
    {
        TestChain chain = TestChain.Default();
        var cache = new IntermediateCache();
        var verifier = new AttestationExaminer(chain.Root, cache);
        AttestationDocument document = AttestationDocument.Parse(chain.Document());
        verifier.Verify(document, TestChain.Time);
        Assert.Equal(3, cache.Count);
        verifier.Verify(document, TestChain.Time);
        Assert.Equal(3, cache.Count);
    }

    [Fact]
    public void Time_is_checked_with_a_full_cache()
    {
        TestChain chain = TestChain.With("zone", link => link with { NotAfter = TestChain.Time.AddMinutes(10) });
        var verifier = new AttestationExaminer(chain.Root, new IntermediateCache());
        AttestationDocument document = AttestationDocument.Parse(chain.Document());
        verifier.Verify(document, TestChain.Time);
        verifier.Verify(document, TestChain.Time.AddMinutes(10));
        Assert.Equal(
            AttestationError.Expired,
            Assert.Throws<AttestationException>(() => verifier.Verify(document, TestChain.Time.AddMinutes(10).AddSeconds(1))).Error);
        Assert.Equal(
            AttestationError.NotYetValid,
            Assert.Throws<AttestationException>(() => verifier.Verify(document, TestChain.Time.AddHours(-1).AddSeconds(-1))).Error);
    }

    [Fact]
    public void A_shared_cache_does_not_lend_one_roots_trust_to_another()
    {
        TestChain ours = TestChain.Default();
        TestChain other = TestChain.Default();
        var cache = new IntermediateCache();
        AttestationDocument document = AttestationDocument.Parse(ours.Document());
        new AttestationExaminer(ours.Root, cache).Verify(document, TestChain.Time);
        Assert.Equal(
            AttestationError.InvalidChainSignature,
            Assert.Throws<AttestationException>(() => new AttestationExaminer(other.Root, cache).Verify(document, TestChain.Time)).Error);
    }

    [Fact]
    public void A_remembered_certificate_in_another_place_is_checked_there()
    {
        // The region's certificate, which is remembered, straight above the leaf of the instance: its place decides, not its being known.
        TestChain chain = TestChain.Default();
        var verifier = new AttestationExaminer(chain.Root, new IntermediateCache());
        verifier.Verify(AttestationDocument.Parse(chain.Document()), TestChain.Time);
        byte[] document = chain.Document(p => p.Set("cabundle", w => TestPayload.WriteBundle(w, [chain.Bundle[0], chain.Bundle[1]])));
        Assert.Equal(
            AttestationError.NamesNotChained,
            Assert.Throws<AttestationException>(() => verifier.Verify(AttestationDocument.Parse(document), TestChain.Time)).Error);
    }

    [Fact]
    public void It_is_bounded_and_forgets_the_oldest()
    {
        var cache = new IntermediateCache(4);
        for (int i = 0; i < 4; i++)
        {
            TestChain chain = TestChain.Default();
            new AttestationExaminer(chain.Root, cache).Verify(AttestationDocument.Parse(chain.Document()), TestChain.Time);
            Assert.InRange(cache.Count, 3, 4);
        }
    }

    [Fact]
    public void Several_threads_may_use_it()
    {
        TestChain[] chains = [.. Enumerable.Range(0, 3).Select(_ => TestChain.Default())];
        var cache = new IntermediateCache(5);
        AttestationDocument[] documents = [.. chains.Select(chain => AttestationDocument.Parse(chain.Document()))];
        Parallel.For(0, 120, i =>
            new AttestationExaminer(chains[i % 3].Root, cache).Verify(documents[i % 3], TestChain.Time));
        Assert.InRange(cache.Count, 1, 5);
    }
}
