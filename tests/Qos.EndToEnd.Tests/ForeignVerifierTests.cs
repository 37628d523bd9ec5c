using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Qos.EndToEnd.Local;
using Qos.Protocol;
using Qos.Vectors;
using Qos.Verify;

namespace Qos.EndToEnd.Tests;

/// <summary>
/// Proofs as our programs print them, before a verifier that others wrote: <c>verify</c> and <c>verifyWithQosPolicy</c> of the npm package
/// @turnkey/crypto. Format: docs/protocol/proofs.md, Verification.
/// </summary>
public sealed class ForeignVerifierTests(ITestOutputHelper output) : NodeTests(output)
{
    private static readonly string[] s_pcrs = [.. Enumerable.Range(0, 4).Select(index => Convert.ToHexStringLower(LocalNode.Pcr(index)))];

    [NpmFact]
    public async Task A_deployment_of_ours_is_accepted_under_the_simulators_root_and_no_other()
    {
        using var quorum = Quorum.Deal();
        int port = LocalNode.FreePort();
        await using LocalNode node = await NodeAsync(new NodeSetup { Host = ["--publish", $"3000=127.0.0.1:{port}"] });
        byte[] app = await File.ReadAllBytesAsync(Programs.Find("qos-sample-echo"));
        Manifest manifest = quorum.Manifest(node, app, "--port", "3000", "--qos-dir", node.Directory);
        manifest = manifest with { Pivot = manifest.Pivot with { BridgeConfig = [new BridgeConfig.Server(3000, "0.0.0.0")] } };
        await node.RunAsync(quorum, manifest, app);

        // Byte for byte what app and host answer, through no code of the verifier's that is ours.
        string appProof = (await AnswerAsync(node, port))["appProof"]!.ToJsonString();
        string bootProof = await node.Http.GetStringAsync("qos/boot-proof");
        string root = await File.ReadAllTextAsync(node.In("root.pem"));
        string hash = Convert.ToHexStringLower(manifest.Hash());
        JsonObject Case(string name, Action<JsonObject>? change = null)
        {
            var proof = new JsonObject
            {
                ["name"] = name,
                ["root"] = root,
                ["policy"] = Policy(s_pcrs, hash),
                ["appProof"] = JsonNode.Parse(appProof),
                ["bootProof"] = JsonNode.Parse(bootProof),
            };
            change?.Invoke(proof);
            return proof;
        }

        IReadOnlyDictionary<string, string> outcomes = await ForeignVerifier.VerifyAsync(
            Case("ours"),
            Case("under AWS's root", proof => proof.Remove("root")),
            Case("another payload", proof => proof["appProof"]!["proofPayload"] = proof["appProof"]!["proofPayload"]!.GetValue<string>().Replace("hello", "hallo", StringComparison.Ordinal)),
            Case("another manifest", proof => proof["bootProof"]!["qosManifestB64"] = Convert.ToBase64String((manifest with { Namespace = manifest.Namespace with { Nonce = 2 } }).HashedBytes())),
            Case("another key", proof => proof["bootProof"]!["ephemeralPublicKeyHex"] = quorum.Approvers[0].Key.PublicKey.ToHex()),
            Case("another release", proof => proof["policy"] = Policy([s_pcrs[1], .. s_pcrs[1..]], hash)),
            Case("a manifest that is not trusted", proof => proof["policy"] = Policy(s_pcrs, new string('0', 64))));
        Assert.Equal("accepted", outcomes["ours"]);
        AssertRefused(outcomes, "under AWS's root", "Certificate chain verification failed");
        AssertRefused(outcomes, "another payload", "Signature verification failed");
        AssertRefused(outcomes, "another manifest", "user_data doesn't match the hash of the manifest");
        AssertRefused(outcomes, "another key", "should all match");
        AssertRefused(outcomes, "another release", "QOS PCR0 does not match policy");
        AssertRefused(outcomes, "a manifest that is not trusted", "not allowed by policy");

        // And our own command says the same of the same bytes.
        await File.WriteAllTextAsync(node.In("deployment.json"), $"{{\"appProof\":{appProof},\"bootProof\":{bootProof}}}");
        (int status, string[] lines, string[] errors) = await RunningProgram.RunAsync(
            "qos", "verify", "deployment", node.In("deployment.json"), "--manifest-hash", hash, "--root", node.In("root.pem"), "--pcrs", node.In("release.pcrs"));
        Assert.True(status == 0, string.Join('\n', [.. lines, .. errors]));
    }

    [NpmFact]
    public async Task The_published_proof_is_accepted_by_both()
    {
        JsonObject Published() => (JsonObject)JsonNode.Parse(VectorFiles.Bytes("proofs", "turnkey_1.json"))!;
        JsonObject proof = Published(), forged = Published();
        proof["name"] = "published";
        forged["name"] = "forged";
        forged["appProof"]!["proofPayload"] = forged["appProof"]!["proofPayload"]!.GetValue<string>().Replace("m/44", "m/45", StringComparison.Ordinal);

        IReadOnlyDictionary<string, string> outcomes = await ForeignVerifier.VerifyAsync(proof, forged);
        Assert.Equal("accepted", outcomes["published"]);
        AssertRefused(outcomes, "forged", "Signature verification failed");

        var ours = new ProofVerifier(new()
        {
            Identity = DeploymentIdentity.Anyone,
            Measurements = TrustedMeasurements.Any,
            Time = ValidationTime.Document,
            AllowUncommitted = true,
        });
        Assert.True(ours.Verify(PublishedProof.Parse(VectorFiles.Bytes("proofs", "turnkey_1.json"))).IsValid);
    }

    private static JsonObject Policy(string[] pcrs, string manifest) => new()
    {
        ["pcrs"] = new JsonArray([.. pcrs.Select(pcr => JsonValue.Create(pcr))]),
        ["manifests"] = new JsonArray(manifest),
    };

    private static void AssertRefused(IReadOnlyDictionary<string, string> outcomes, string name, string reason)
    {
        Assert.StartsWith("refused: ", outcomes[name], StringComparison.Ordinal);
        Assert.Contains(reason, outcomes[name], StringComparison.Ordinal);
    }

    private static async Task<JsonNode> AnswerAsync(LocalNode node, int port) => await Eventually.IsAsync(
        async () =>
        {
            try
            {
                using var body = new StringContent("{\"say\":\"hello\"}", Encoding.UTF8, "application/json");
                using HttpResponseMessage response = await node.Http.PostAsync(
                    new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/echo")), body);
                return response.IsSuccessStatusCode ? JsonNode.Parse(await response.Content.ReadAsStringAsync()) : null;
            }
            catch (Exception e) when (e is HttpRequestException or SocketException)
            {
                return null;
            }
        },
        () => $"The app does not answer through its bridge.\n{node.Log}");
}
