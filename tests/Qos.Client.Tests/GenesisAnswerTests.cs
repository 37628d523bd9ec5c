using Qos.Keys;
using Qos.Protocol;
using Qos.Vectors;
using Qos.Verify;

namespace Qos.Client.Tests;

/// <summary>A node makes one genesis and keeps nothing of it: what it answered is never lost.</summary>
public sealed class GenesisAnswerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly KeySet _alice = KeySet.Generate(SystemRandomSource.Instance);
    private readonly KeySet _bob = KeySet.Generate(SystemRandomSource.Instance);

    // Nobody listens there: a run that asks the node fails.
    private readonly NodeClient _nobody = new("http://127.0.0.1:1");

    private string Out => _folder["genesis"];

    private MemberSet Set => new(2, [new("alice", _alice.PublicKey.Memory), new("bob", _bob.PublicKey.Memory)]);

    public void Dispose()
    {
        _nobody.Dispose();
        _alice.Dispose();
        _bob.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Room_is_real_bytes_and_an_answer_that_is_kept_comes_back()
    {
        using (GenesisAnswerFile file = GenesisAnswerFile.Open(Out))
        {
            Assert.Null(file.Read());
            file.Reserve(members: 3, aliasBytes: 15);
            Assert.True(new FileInfo(Path.Combine(Out, GenesisAnswerFile.FileName)).Length >= 64 * 1024);
        }

        // Killed before the node answered: nothing is kept.
        using (GenesisAnswerFile file = GenesisAnswerFile.Open(Out))
        {
            Assert.Null(file.Read());
            file.Keep("the answer"u8);
        }

        using GenesisAnswerFile again = GenesisAnswerFile.Open(Out);
        Assert.Equal("the answer"u8.ToArray(), again.Read());
        Assert.Contains("cannot be written into", Assert.Throws<CeremonyException>(() => GenesisAnswerFile.Open(Out)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_written_through_a_link()
    {
        string elsewhere = _folder["elsewhere"];
        Directory.CreateDirectory(Out);
        foreach (bool isThere in (bool[])[false, true])
        {
            if (isThere)
                File.WriteAllBytes(elsewhere, []);
            string link = Path.Combine(Out, GenesisAnswerFile.FileName);
            File.CreateSymbolicLink(link, elsewhere);
            Assert.Contains("symbolic link", Assert.Throws<CeremonyException>(() => GenesisAnswerFile.Open(Out)).Message, StringComparison.Ordinal);
            Assert.Equal(isThere, File.Exists(elsewhere));
            File.Delete(link);
        }
    }

    [Fact]
    public void An_answer_that_was_written_and_not_cut_is_read_without_what_was_reserved()
    {
        Directory.CreateDirectory(Out);
        File.WriteAllBytes(Path.Combine(Out, GenesisAnswerFile.FileName), [.. "the answer"u8, .. new byte[4096]]);
        using GenesisAnswerFile file = GenesisAnswerFile.Open(Out);
        Assert.Equal("the answer"u8.ToArray(), file.Read());
    }

    [Fact]
    public async Task A_node_that_is_not_reached_leaves_nothing_behind()
    {
        CeremonyException refused = await Assert.ThrowsAsync<CeremonyException>(() => RunAsync(Policy));
        Assert.Contains("cannot be reached", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Out));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_run_that_was_killed_between_its_files_is_finished_by_the_next_without_the_node(int written)
    {
        ProtocolMessage.BootGenesisResponse answer = Answer();
        using (GenesisAnswerFile file = GenesisAnswerFile.Open(Out))
        {
            file.Reserve(2, 8);
            file.Keep(MessageCodec.Encode(answer, WireEncoding.Json));
        }

        string[] names = [GenesisCeremony.OutputFileName, GenesisCeremony.DocumentFileName, GenesisCeremony.QuorumKeyFileName];
        byte[][] contents =
        [
            GenesisOutputFormat.Write(answer.GenesisOutput), Document(), System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(answer.GenesisOutput.QuorumKey.Span)),
        ];
        for (int i = 0; i < written; i++)
            File.WriteAllBytes(Path.Combine(Out, names[i]), contents[i]);

        // A wrong root first: the answer is kept. The document is another enclave's, so the right one is to believe anything.
        CeremonyException refused = await Assert.ThrowsAsync<CeremonyException>(() => RunAsync(Policy));
        Assert.Contains("is kept in", refused.Message, StringComparison.Ordinal);
        Assert.True(GenesisAnswerFile.IsIn(Out));
        (GenesisOutput output, bool isResumed) = await RunAsync(AttestationPolicy.UnsafeSkip);
        Assert.True(isResumed);
        Assert.Equal(_alice.PublicKey.Memory, output.QuorumKey);
        Assert.Equal(names.Order(StringComparer.Ordinal), Directory.GetFiles(Out).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach ((string name, byte[] content) in names.Zip(contents))
            Assert.Equal(content, File.ReadAllBytes(Path.Combine(Out, name)));
    }

    [Theory]
    [InlineData(1u, "threshold is 1")]
    [InlineData(3u, "threshold is 3")]
    public async Task A_set_of_which_no_key_can_be_made_is_refused_before_the_node_is_asked(uint threshold, string because)
    {
        CeremonyException refused = await Assert.ThrowsAsync<CeremonyException>(() =>
            GenesisCeremony.RunAsync(_nobody, Set with { Threshold = threshold }, null, Policy, Out, TestContext.Current.CancellationToken));
        Assert.Contains(because, refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Out));
    }

    private static AttestationPolicy Policy => AttestationPolicy.From(new Dictionary<int, byte[]>(), ValidationTime.Now, null);

    private Task<(GenesisOutput Output, bool IsResumed)> RunAsync(AttestationPolicy policy) =>
        GenesisCeremony.RunAsync(_nobody, Set, null, policy, Out, TestContext.Current.CancellationToken);

    private static byte[] Document() => VectorFiles.Bytes("attestation", "2cc69c5331850e34.cbor");

    private ProtocolMessage.BootGenesisResponse Answer() => new(
        new Nsm.NsmResponse.Attestation(Document()),
        new GenesisOutput
        {
            Set = new GenesisSet(Set.Members, 2),
            QuorumKey = _alice.PublicKey.Memory,
            MemberOutputs = [.. Set.Members.Select(static member => new GenesisMemberOutput(member, new byte[200], new byte[64]))],
            QuorumKeyHash = new byte[64],
            TestMessageCiphertext = new byte[100],
            TestMessageSignature = new byte[64],
            TestMessage = "qos-test-message"u8.ToArray(),
        });
}
