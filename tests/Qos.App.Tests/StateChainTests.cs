using System.Text;
using Qos.Keys;

namespace Qos.App.Tests;

/// <summary>Records that went to a store and came back: as they were, or as a store that lies has them. Format: docs/verifiable-data.md, Records.</summary>
public sealed class StateChainTests : IDisposable
{
    private readonly EnclaveFolder _folder = new();
    private readonly QosApp _app;

    public StateChainTests() => _app = _folder.Open();

    [Fact]
    public void A_chain_that_comes_back_as_it_was_is_opened()
    {
        StateRecord[] records = Signed("policy", "acme", 5);
        StateChain chain = Chain();
        chain.Extend([.. records.Select(record => StateRecord.Parse(record.ToBytes()))]);
        Assert.Equal(records[^1].Head, chain.Head);
        Assert.Equal(5ul, chain.Head!.Sequence);
        foreach (StateRecord record in records)
            chain.Require(record.Head);

        // In parts, and from a head on, it is the same.
        StateChain parts = Chain();
        parts.Extend(records[..2]);
        parts.Extend([]);
        parts.Extend(records[2..]);
        Assert.Equal(chain.Head, parts.Head);
        StateChain resumed = new(_app.QuorumKey, "policy", "acme", records[1].Head);
        resumed.Extend(records[2..]);
        Assert.Equal(chain.Head, resumed.Head);
        resumed.Require(records[1].Head);
        Assert.Throws<ArgumentException>(() => resumed.Require(records[0].Head));
    }

    [Fact]
    public void What_a_store_changes_leaves_out_moves_or_makes_up_is_noticed()
    {
        StateRecord[] good = Signed("policy", "acme", 4), other = Signed("policy", "evil", 4), domain = Signed("ledger", "acme", 4);
        using KeySet stranger = KeySet.Generate(SystemRandomSource.Instance);
        StateRecord forged = good[3] with { Value = "x"u8.ToArray() };
        forged = forged with { Signature = stranger.Sign(forged.SignedBytes()) };
        foreach ((string what, StateRecord[] records, StateError expected) in new (string, StateRecord[], StateError)[]
        {
            ("the last value is changed", [.. good[..3], good[3] with { Value = "x"u8.ToArray() }], StateError.NotSigned),
            ("a value inside is changed", [good[0], good[1] with { Value = "x"u8.ToArray() }, good[2], good[3]], StateError.Changed),
            ("the first is left out", good[1..], StateError.Gap),
            ("one inside is left out", [good[0], good[2], good[3]], StateError.Gap),
            ("one is doubled", [good[0], good[0]], StateError.Gap),
            ("two are exchanged", [good[1], good[0]], StateError.Gap),
            ("one inside is left out and the others are counted anew", [good[0], good[2] with { Sequence = 2 }], StateError.Changed),
            ("one of another name", [.. good[..3], other[3]], StateError.OtherChain),
            ("one of another domain", [.. good[..3], domain[3]], StateError.OtherChain),
            ("one of another name is renamed", [.. good[..3], other[3] with { Name = "acme", Previous = good[2].Head.Hash }], StateError.NotSigned),
            ("a stranger's signature", [.. good[..3], forged], StateError.NotSigned),
            ("no signature", [good[0] with { Signature = new byte[64] }], StateError.NotSigned),
        })
        {
            StateChain chain = Chain();
            StateException refused = Assert.Throws<StateException>(() => chain.Extend(records));
            Assert.True(expected == refused.Error, $"{what}: {refused.Error}: {refused.Message}");
            Assert.Null(chain.Head);
        }
    }

    [Fact]
    public void A_history_that_was_rolled_back_or_forked_is_noticed_by_a_head_that_is_known()
    {
        StateRecord[] good = Signed("policy", "acme", 4);
        StateRecord fork = _app.SignRecord("policy", "acme", good[1].Head, "another third"u8);

        // Each of these is a chain that the application signed: without a head from elsewhere nobody can tell.
        StateChain shorter = Chain();
        shorter.Extend(good[..2]);
        Assert.Equal(StateError.RolledBack, Assert.Throws<StateException>(() => shorter.Require(good[3].Head)).Error);
        StateChain empty = Chain();
        Assert.Equal(StateError.RolledBack, Assert.Throws<StateException>(() => empty.Require(good[0].Head)).Error);
        StateChain forked = Chain();
        forked.Extend([.. good[..2], fork]);
        Assert.Equal(StateError.Forked, Assert.Throws<StateException>(() => forked.Require(good[2].Head)).Error);
        forked.Require(good[1].Head);

        // Who holds the longer history does not take the other's continuation.
        StateChain whole = Chain();
        whole.Extend(good);
        Assert.Equal(StateError.Gap, Assert.Throws<StateException>(() => whole.Extend([fork])).Error);
    }

    [Fact]
    public void A_replaced_instance_of_the_application_goes_on()
    {
        StateRecord[] good = Signed("policy", "acme", 2);
        using QosApp next = _folder.Open();
        StateChain chain = new(next.QuorumKey, "policy", "acme");
        chain.Extend(good);
        StateRecord third = next.SignRecord("policy", "acme", chain.Head, "third"u8);
        StateChain all = Chain();
        all.Extend([.. good, third]);
        Assert.Equal(3ul, all.Head!.Sequence);
    }

    [Fact]
    public void A_message_that_could_be_taken_for_a_record_is_not_signed()
    {
        StateRecord record = Signed("policy", "acme", 1)[0];
        Assert.Throws<ArgumentException>(() => _app.SignWithQuorumKey(record.SignedBytes()));
        Assert.Throws<ArgumentException>(() => _app.SignWithQuorumKey("qos-state-record-v1\0"u8));
        Assert.Equal(64, _app.SignWithQuorumKey("qos-state-record-v1"u8).Length);
    }

    [Fact]
    public void Bytes_that_are_no_record_are_refused_whatever_they_are()
    {
        byte[] bytes = Signed("policy", "acme", 1)[0].ToBytes();
        for (int i = 0; i < bytes.Length; i++)
            Assert.Equal(StateError.Malformed, Assert.Throws<StateException>(() => StateRecord.Parse(bytes.AsSpan(0, i))).Error);
        Assert.Equal(StateError.Malformed, Assert.Throws<StateException>(() => StateRecord.Parse([.. bytes, 0])).Error);
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = [.. bytes];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                StateChain chain = Chain();
                chain.Extend([StateRecord.Parse(damaged)]);
                Assert.Fail($"damaged and accepted: {Convert.ToHexString(damaged)}");
            }
            catch (StateException)
            {
                // As it should be: no bit of a record is free.
            }
        }
    }

    [Theory]
    [InlineData("0:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("01:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("+1:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("1:00000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("1:000000000000000000000000000000000000000000000000000000000000000g")]
    [InlineData("1:000000000000000000000000000000000000000000000000000000000000000A")]
    [InlineData("18446744073709551616:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("")]
    [InlineData(null)]
    public void A_head_has_one_form(string? text)
    {
        Assert.False(StateHead.TryParse(text, out _));
        StateHead head = Signed("policy", "acme", 1)[0].Head;
        Assert.True(StateHead.TryParse(head.ToString(), out StateHead? again));
        Assert.Equal(head, again);
        Assert.Equal(head.GetHashCode(), again.GetHashCode());
    }

    [Fact]
    public void Names_and_values_have_their_limits()
    {
        Assert.Throws<ArgumentException>(() => _app.SignRecord("", "a", null, []));
        Assert.Throws<ArgumentException>(() => _app.SignRecord("a", new string('ä', 128), null, []));
        Assert.Throws<ArgumentException>(() => _app.SignRecord("a", $"{(char)0xd800}", null, []));
        Assert.Throws<ArgumentException>(() => _app.SignRecord("a", "a", null, new byte[StateRecord.MaxValue + 1]));
        StateRecord largest = _app.SignRecord(new string('d', 255), new string('n', 255), null, new byte[StateRecord.MaxValue]);
        Assert.Equal(largest.Head, StateRecord.Parse(largest.ToBytes()).Head);
    }

    public void Dispose()
    {
        _app.Dispose();
        _folder.Dispose();
    }

    private StateChain Chain() => new(_app.QuorumKey, "policy", "acme");

    private StateRecord[] Signed(string domain, string name, int count)
    {
        var records = new List<StateRecord>();
        for (int i = 1; i <= count; i++)
            records.Add(_app.SignRecord(domain, name, records.LastOrDefault()?.Head, Encoding.UTF8.GetBytes($"value {i}")));
        return [.. records];
    }
}
