using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Node.Tests;

/// <summary>
/// Forwarding between nodes of every kind, under an adversary who owns all hosts: each request goes to each node with each document, and each answer to each node, in every
/// state. The key comes into a node only by the manifest set's approval of that node's own manifest, and never into one that made or splits keys.
/// </summary>
public sealed class ForwardExplorationTests(ITestOutputHelper output)
{
    // A node of the world: what it was started as, and with which manifest.
    private enum Kind
    {
        Holder,
        Forward,
        SameManifest,
        Standard,
        Stranger,
        Lower,
        Reshare,
        Fresh,
    }

    [Fact]
    public void Every_message_to_every_node_in_every_state()
    {
        using var quorum = new TestQuorum();
        using var strangers = new TestQuorum(seed: 2);
        Manifest next = WithNonce(quorum.Manifest, 6);
        Manifest lower = WithNonce(quorum.Manifest, 4);
        // The stranger names the quorum's key and measurements, and chose who approves.
        Manifest foreign = next with { ManifestSet = strangers.Manifest.ManifestSet };
        ManifestEnvelope[] envelopes =
        [
            quorum.Envelope, quorum.Approve(next), quorum.Approve(lower), strangers.Approve(foreign),
            quorum.Approve(next) with { ManifestSetApprovals = [] }, strangers.Approve(next),
            quorum.Approve(next) with { ShareSetApprovals = [quorum.Holders[0].Approve(next)] },
        ];

        // Which of the two nodes that may get the key have it already, in which order.
        int transitions = 0;
        foreach (Kind[] provisioned in (Kind[][])[[], [Kind.Forward], [Kind.SameManifest], [Kind.Forward, Kind.SameManifest], [Kind.SameManifest, Kind.Forward]])
        {
            using var world = new World(quorum, next, lower, foreign, strangers);
            foreach (Kind kind in provisioned)
                world.Forward(kind == Kind.Forward ? envelopes[1] : envelopes[0], kind);

            var answers = new List<(Kind To, ProtocolMessage.InjectKeyRequest Key)>();
            foreach (Kind from in Enum.GetValues<Kind>())
            {
                foreach (ManifestEnvelope envelope in envelopes)
                {
                    foreach (Kind about in Enum.GetValues<Kind>())
                    {
                        if (world.Document(about) is not { } document)
                            continue;
                        transitions++;
                        ProtocolMessage answer = world[from].Send(new ProtocolMessage.ExportKeyRequest(envelope, document));
                        bool expected = world.HasKey(from) && IsSuccessor(world, from, envelope, envelopes) && world.IsSetupOf(about, envelope);
                        Assert.True(
                            expected == answer is ProtocolMessage.ExportKeyResponse,
                            $"[{string.Join(", ", provisioned)}] {from}, envelope {Array.IndexOf(envelopes, envelope)}, document of {about}: expected {(expected ? "the key" : "a refusal")}, got {answer}");
                        if (answer is ProtocolMessage.ExportKeyResponse export)
                            answers.Add((about, new ProtocolMessage.InjectKeyRequest(export.EncryptedQuorumKey, export.Signature)));
                    }
                }
            }

            Assert.NotEmpty(answers);
            foreach ((Kind to, ProtocolMessage.InjectKeyRequest key) in answers)
            {
                foreach (Kind node in Enum.GetValues<Kind>().Where(kind => kind != to || world[kind].Phase != ProtocolPhase.WaitingForForwardedKey))
                {
                    transitions++;
                    ProtocolPhase before = world[node].Phase;
                    ProtocolError refusal = world[node].Refused(key);
                    Assert.True(before == world[node].Phase, $"{node} went from {before} to {world[node].Phase} by a key for {to}, refused with {refusal}");
                }
            }

            // Whatever was tried, the nodes that wait get their key in the end.
            foreach (Kind kind in (Kind[])[Kind.Forward, Kind.SameManifest])
            {
                if (world.HasKey(kind))
                    continue;
                world[kind].Expect<ProtocolMessage.InjectKeyResponse>(answers.First(answer => answer.To == kind).Key);
                Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, world[kind].Phase);
            }

            Assert.All(Enum.GetValues<Kind>().Except([Kind.Holder, Kind.Forward, Kind.SameManifest]), kind =>
                Assert.DoesNotContain("qos.quorum.key", world[kind].Folder.Names));
        }

        output.WriteLine($"{transitions} transitions");
    }

    // 0: the first manifest, 1: the next one. A node of the next gives nothing to one of the first.
    private static bool IsSuccessor(World world, Kind from, ManifestEnvelope envelope, ManifestEnvelope[] all) =>
        ReferenceEquals(envelope, all[1]) || (ReferenceEquals(envelope, all[0]) && world.ManifestOf(from)!.Namespace.Nonce == 5);

    private static Manifest WithNonce(Manifest manifest, uint nonce) => manifest with { Namespace = manifest.Namespace with { Nonce = nonce } };

    private sealed class World : IDisposable
    {
        private readonly Dictionary<Kind, (TestNode Node, Manifest? Manifest)> _nodes = [];

        internal World(TestQuorum quorum, Manifest next, Manifest lower, Manifest foreign, TestQuorum strangers)
        {
            Add(Kind.Holder, quorum, quorum.Manifest, node => node.Provisioned(quorum));
            Add(Kind.Forward, quorum, next, node => node.Expect<ProtocolMessage.BootKeyForwardResponse>(new ProtocolMessage.BootKeyForwardRequest(quorum.Approve(next), quorum.Pivot)));
            Add(Kind.SameManifest, quorum, quorum.Manifest, node => node.Expect<ProtocolMessage.BootKeyForwardResponse>(new ProtocolMessage.BootKeyForwardRequest(quorum.Envelope, quorum.Pivot)));
            Add(Kind.Standard, quorum, next, node => node.Expect<ProtocolMessage.BootStandardResponse>(new ProtocolMessage.BootStandardRequest(quorum.Approve(next), quorum.Pivot)));
            Add(Kind.Stranger, quorum, foreign, node => node.Expect<ProtocolMessage.BootKeyForwardResponse>(new ProtocolMessage.BootKeyForwardRequest(strangers.Approve(foreign), quorum.Pivot)));
            Add(Kind.Lower, quorum, lower, node => node.Expect<ProtocolMessage.BootKeyForwardResponse>(new ProtocolMessage.BootKeyForwardRequest(quorum.Approve(lower), quorum.Pivot)));
            Add(Kind.Reshare, quorum, null, node => new TestReshare(quorum).Begin(node));
            Add(Kind.Fresh, quorum, null, static _ => { });
        }

        internal TestNode this[Kind kind] => _nodes[kind].Node;

        internal Manifest? ManifestOf(Kind kind) => _nodes[kind].Manifest;

        internal bool HasKey(Kind kind) => this[kind].Phase == ProtocolPhase.QuorumKeyProvisioned;

        /// <summary>The document that a node shows now; every node shows one.</summary>
        internal ReadOnlyMemory<byte>? Document(Kind kind)
        {
            ProtocolMessage question = kind switch
            {
                Kind.Fresh => new ProtocolMessage.ModuleDocumentRequest(),
                Kind.Reshare => new ProtocolMessage.ReshareStateRequest(),
                _ => new ProtocolMessage.LiveAttestationDocRequest(),
            };
            NsmResponse? answer = this[kind].Send(question) switch
            {
                ProtocolMessage.LiveAttestationDocResponse live => live.NsmResponse,
                ProtocolMessage.ReshareStateResponse reshare => reshare.State.NsmResponse,
                _ => null,
            };
            return (answer as NsmResponse.Attestation)?.Document;
        }

        /// <summary>Whether a node shows the setup document of this envelope's manifest: it was booted with it and has no key yet.</summary>
        internal bool IsSetupOf(Kind kind, ManifestEnvelope envelope) =>
            this[kind].Phase is ProtocolPhase.WaitingForForwardedKey or ProtocolPhase.WaitingForQuorumShards
            && ManifestFormat.Hash(ManifestOf(kind)!).AsSpan().SequenceEqual(ManifestFormat.Hash(envelope.Manifest));

        internal void Forward(ManifestEnvelope envelope, Kind to)
        {
            var export = this[Kind.Holder].Expect<ProtocolMessage.ExportKeyResponse>(new ProtocolMessage.ExportKeyRequest(envelope, Document(to)!.Value));
            this[to].Expect<ProtocolMessage.InjectKeyResponse>(new ProtocolMessage.InjectKeyRequest(export.EncryptedQuorumKey, export.Signature));
        }

        public void Dispose()
        {
            foreach ((TestNode node, _) in _nodes.Values)
                node.Dispose();
        }

        private void Add(Kind kind, TestQuorum quorum, Manifest? manifest, Action<TestNode> start)
        {
            var node = new TestNode(quorum, seed: 300 + (int)kind, inMemory: true);
            start(node);
            _nodes[kind] = (node, manifest);
        }
    }
}
