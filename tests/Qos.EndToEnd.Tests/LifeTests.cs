using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Qos.EndToEnd.Local;
using Qos.Protocol;
using Qos.Verify;

namespace Qos.EndToEnd.Tests;

/// <summary>A node's whole life, as an operator, the members, a user and a verifier see it. Format: docs/protocol/messages.md; host.md; proofs.md.</summary>
public sealed class LifeTests(ITestOutputHelper output) : NodeTests(output)
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(2, 1)]
    public async Task From_genesis_to_a_proof_that_anyone_can_check(int first, int second)
    {
        using Quorum quorum = await GenesisAsync();
        int port = LocalNode.FreePort();
        await using LocalNode node = await NodeAsync(new NodeSetup { Host = ["--publish", $"3000=127.0.0.1:{port}"] });
        (byte[] app, Manifest manifest) = Echo(quorum, node, 3000, "0.0.0.0");
        ManifestEnvelope envelope = quorum.Approve(manifest);

        ReadOnlyMemory<byte> document = await node.Client.BootAsync(envelope, Programs.Find("qos-sample-echo"));
        Assert.False((await node.Client.AskAsync<ProtocolMessage.ProvisionResponse>(quorum.Share(first, node, document, envelope))).Reconstructed);
        NodeStatus waiting = await node.Client.StatusAsync();
        Assert.Equal([quorum.Holders[first].Alias], waiting.Shares!.Received);
        Assert.True((await node.Client.AskAsync<ProtocolMessage.ProvisionResponse>(quorum.Share(second, node, document, envelope))).Reconstructed);

        PublishedProof proof = new(await EchoAsync(node, port), BootProof.Parse(await node.Http.GetByteArrayAsync("qos/boot-proof")));
        VerificationResult trusted = Verify(proof, node.RootDer, app, manifest.Namespace.QuorumKey);
        Assert.True(trusted.IsValid, trusted.ToText());
        Assert.False(Verify(proof, Nsm.AwsRoot.Der.ToArray(), app, manifest.Namespace.QuorumKey).IsValid);
        Assert.False(Verify(proof, node.RootDer, [.. app, 0], manifest.Namespace.QuorumKey).IsValid);
        AppProof forged = proof.App! with { Payload = proof.App!.Payload.Replace("hello", "hallo", StringComparison.Ordinal) };
        Assert.False(Verify(proof with { App = forged }, node.RootDer, app, manifest.Namespace.QuorumKey).IsValid);
    }

    [RootFact]
    public async Task With_an_isolated_network_the_bridge_has_the_same_port_on_both_sides()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await NodeAsync(new NodeSetup { Enclave = ["--network", "isolated"] });
        int port = LocalNode.FreePort();
        (byte[] app, Manifest manifest) = Echo(quorum, node, (ushort)port, "127.0.0.1");
        await node.RunAsync(quorum, manifest, app);
        Assert.Contains("hello", (await EchoAsync(node, port)).Payload, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_and_enclave_start_in_any_order_and_each_may_be_restarted()
    {
        using var quorum = Quorum.Deal();
        int port = LocalNode.FreePort();
        await using LocalNode node = Prepared(new NodeSetup { Host = ["--publish", $"3000=127.0.0.1:{port}"] });
        await node.StartSimulatorAsync();
        node.StartHost();
        await node.HostAnswersAsync();
        Assert.Equal(500, await HealthAsync(node));

        await node.StartEnclaveAsync();
        Assert.Equal(503, await HealthAsync(node));
        (byte[] app, Manifest manifest) = Echo(quorum, node, 3000, "0.0.0.0");
        await node.RunAsync(quorum, manifest, app);
        Assert.Equal(200, await HealthAsync(node));
        await EchoAsync(node, port);

        // A new host finds the node as it is.
        Assert.Equal(0, await node.Host.TerminateAsync());
        node.StartHost();
        await node.HostAnswersAsync();
        Assert.Equal(200, await HealthAsync(node));
        await EchoAsync(node, port);

        // A new enclave has a new module and knows nothing; the bridges of the old one go.
        Assert.Equal(0, await node.Enclave.TerminateAsync());
        Assert.Equal(0, await node.Simulator.TerminateAsync());
        Directory.Delete(node.Directory, recursive: true);
        Directory.CreateDirectory(node.Directory);
        await node.StartSimulatorAsync();
        await node.StartEnclaveAsync();
        Assert.Equal(503, await HealthAsync(node));
        await node.Host.SaysAsync("bridges closed");
        await Assert.ThrowsAsync<HttpRequestException>(() => node.Http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/health")));
        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, (await node.Client.StatusAsync()).Phase);
    }

    private async Task<Quorum> GenesisAsync()
    {
        await using LocalNode node = await NodeAsync();
        Quorum quorum = await Quorum.FromGenesisAsync(node);
        Assert.Equal(ProtocolPhase.GenesisBooted, await node.PhaseAsync());
        Assert.Equal(200, await HealthAsync(node));
        return quorum;
    }

    private static (byte[] App, Manifest Manifest) Echo(Quorum quorum, LocalNode node, ushort port, string host)
    {
        byte[] app = File.ReadAllBytes(Programs.Find("qos-sample-echo"));
        Manifest manifest = quorum.Manifest(node, app, "--port", port.ToString(CultureInfo.InvariantCulture), "--qos-dir", node.Directory);
        return (app, manifest with { Pivot = manifest.Pivot with { BridgeConfig = [new BridgeConfig.Server(port, host)] } });
    }

    private static async Task<AppProof> EchoAsync(LocalNode node, int port)
    {
        byte[] answer = await Eventually.IsAsync(
            async () =>
            {
                try
                {
                    using var body = new StringContent("{\"say\":\"hello\"}", Encoding.UTF8, "application/json");
                    using HttpResponseMessage response = await node.Http.PostAsync(new Uri($"http://127.0.0.1:{port}/echo"), body);
                    return response.IsSuccessStatusCode ? await response.Content.ReadAsByteArrayAsync() : null;
                }
                catch (Exception e) when (e is HttpRequestException or SocketException)
                {
                    return null;
                }
            },
            () => $"The app does not answer through its bridge.\n{node.Log}");
        return PublishedProof.Parse(answer).App!;
    }

    private static async Task<int> HealthAsync(LocalNode node)
    {
        using HttpResponseMessage response = await node.Http.GetAsync("qos/enclave-health");
        return (int)response.StatusCode;
    }

    private static VerificationResult Verify(PublishedProof proof, ReadOnlyMemory<byte> root, byte[] pivot, ReadOnlyMemory<byte> quorumKey) =>
        new ProofVerifier(new VerificationPolicy
        {
            Identity = DeploymentIdentity.FromQuorumKey(quorumKey),
            Measurements = TrustedMeasurements.AnyOf(new PcrProfile("release", Enumerable.Range(0, 3).ToDictionary(index => index, LocalNode.Pcr))),
            Manifest = new() { Pivots = [System.Security.Cryptography.SHA256.HashData(pivot)] },
            TrustAnchor = root,
        }).Verify(proof);
}
