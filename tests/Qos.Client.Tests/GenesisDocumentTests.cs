using Qos.Keys;
using Qos.Node;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Simulator;
using Qos.Verify;

namespace Qos.Client.Tests;

/// <summary>A genesis document is a node's that was not booted: an app in the same image can ask its module for any user data. Format: docs/protocol/messages.md, Genesis.</summary>
public sealed class GenesisDocumentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SimulatorPki _pki = SimulatorPki.Create();
    private readonly Dictionary<int, byte[]> _pcrs = Enumerable.Range(0, 4).ToDictionary(static index => index, static index => Enumerable.Repeat((byte)(index + 1), Pcr.Size).ToArray());

    public void Dispose()
    {
        _pki.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(ManifestCommitment.SetupPcrIndex)]
    [InlineData(ManifestCommitment.LivePcrIndex)]
    public async Task One_with_a_commitment_is_refused(int extended)
    {
        // The output itself is a real one, as whoever knows the key can make it at home.
        using var module = new SoftwareNsm(new SoftwareNsmOptions { Pki = _pki, Pcrs = _pcrs });
        using var files = new NodeFiles(Directory.CreateDirectory(_folder["node"]).FullName);
        using var node = new QuorumNode(module, files, SystemRandomSource.Instance, new NodeOptions { Version = "1", Commit = "1" });
        using KeySet alice = KeySet.Generate(SystemRandomSource.Instance);
        using KeySet bob = KeySet.Generate(SystemRandomSource.Instance);
        var set = new GenesisSet([new("alice", alice.PublicKey.Memory), new("bob", bob.PublicKey.Memory)], 2);
        var made = (ProtocolMessage.BootGenesisResponse)await node.HandleAsync(new ProtocolMessage.BootGenesisRequest(set, null));

        using var app = new SoftwareNsm(new SoftwareNsmOptions { Pki = _pki, Pcrs = _pcrs });
        if (extended >= 0)
            app.Send(new NsmRequest.ExtendPcr((ushort)extended, new byte[48]));
        app.Send(new NsmRequest.LockPcrs(32));
        var answer = (NsmResponse.Attestation)app.Send(new NsmRequest.Attestation(GenesisOutputFormat.Hash(made.GenesisOutput), null, null));
        OutputFile.Write(_folder["genesis/genesis_output"], GenesisOutputFormat.Write(made.GenesisOutput));
        OutputFile.Write(_folder["genesis/genesis_attestation_doc"], answer.Document.Span);

        AttestationPolicy policy = AttestationPolicy.From(_pcrs, ValidationTime.Now, _pki.RootDer.ToArray());
        if (extended < 0)
        {
            GenesisCeremony.Read(_folder["genesis"], policy);
            return;
        }

        string refusal = Assert.Throws<CeremonyException>(() => GenesisCeremony.Read(_folder["genesis"], policy)).Message;
        Assert.Contains($"PCR{extended}", refusal, StringComparison.Ordinal);
        Assert.Contains("is not a genesis's", refusal, StringComparison.Ordinal);
    }
}
