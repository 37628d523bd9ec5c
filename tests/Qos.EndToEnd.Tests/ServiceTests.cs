using System.Text;
using System.Text.Json;
using Qos.EndToEnd.Local;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Verify;

namespace Qos.EndToEnd.Tests;

/// <summary>The app's local service in the published enclave, asked by real pivots with clients that are not ours. Format: docs/service.md.</summary>
public sealed class ServiceTests(ITestOutputHelper output) : NodeTests(output)
{
    private const string Payload = """{"type":"TEST","timestampMs":"1763760000000","text":"Grüße"}""";

    [Fact]
    public async Task An_app_in_shell_reads_its_manifest_signs_proves_and_derives()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        string ask = $"/usr/bin/curl -sS --fail-with-body --max-time 20 --unix-socket {Socket(node)}";
        byte[] pivot = Script($"""
            cd {node.In("")} || exit 1
            {ask} http://app/v1/manifest >manifest
            {ask} http://app/v1/keys >keys
            printf 'pay 5' | {ask} --data-binary @- http://app/v1/sign/quorum >signature
            printf '%s' '{Payload}' | {ask} --data-binary @- http://app/v1/proof >proof
            printf 'a challenge' | {ask} --data-binary @- http://app/v1/document >document
            printf 'backup' | {ask} --data-binary @- http://app/v1/derive >derived
            /usr/bin/head -c 1000000 /dev/zero | {ask} --data-binary @- http://app/v1/encrypt >envelope
            {ask} --data-binary @envelope http://app/v1/decrypt | /usr/bin/cksum >opened
            echo done >end; exec /bin/sleep 100000
            """);
        ManifestEnvelope envelope = await node.RunAsync(quorum, quorum.Manifest(node, pivot), pivot);
        await FileAsync(node, "end");

        PublicKey quorumKey = PublicKey.Parse(quorum.PublicKey.Span);
        Assert.Equal(envelope.Manifest.Hash(), ManifestEnvelopeFormat.Read(await File.ReadAllBytesAsync(node.In("manifest"))).Manifest.Hash());
        using JsonDocument keys = JsonDocument.Parse(await FileAsync(node, "keys"));
        Assert.Equal(quorumKey.ToHex(), keys.RootElement.GetProperty("quorumKey").GetString());
        using JsonDocument signature = JsonDocument.Parse(await FileAsync(node, "signature"));
        Assert.True(quorumKey.Verify("pay 5"u8, Convert.FromHexString(signature.RootElement.GetProperty("signature").GetString()!)));

        // The proof and a document with the caller's nonce, verified as a stranger would.
        byte[] document = await File.ReadAllBytesAsync(node.In("document"));
        byte[] manifest = ManifestFormat.HashedBytes(envelope.Manifest);
        PublishedProof proof = PublishedProof.Parse(Encoding.UTF8.GetBytes(await FileAsync(node, "proof")));
        Assert.Equal(Payload, proof.App!.Payload);
        var boot = new BootProof
        {
            EphemeralPublicKeyHex = keys.RootElement.GetProperty("ephemeralKey").GetString()!,
            AttestationDocument = document,
            Manifest = manifest,
            ManifestEnvelope = await File.ReadAllBytesAsync(node.In("manifest")),
        };
        var policy = new VerificationPolicy
        {
            Identity = DeploymentIdentity.FromQuorumKey(quorum.PublicKey.ToArray()),
            Measurements = TrustedMeasurements.Any,
            TrustAnchor = node.RootDer,
            Nonce = "a challenge"u8.ToArray(),
        };
        VerificationResult verified = new ProofVerifier(policy).VerifyAppProof(proof.App, boot);
        Assert.True(verified.IsValid, verified.ToText());
        Assert.False(new ProofVerifier(policy with { Nonce = "another"u8.ToArray() }).VerifyAppProof(proof.App, boot).IsValid);

        Assert.Equal("1345294785 1000000\n", await FileAsync(node, "opened"));
        Assert.Equal(66 + 8, (await FileAsync(node, "derived")).Trim().Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Socket(node)));
        Assert.Equal(0, await node.Enclave.TerminateAsync());
        Assert.False(File.Exists(Socket(node)));
        AssertReadable(node.Enclave.Errors);
    }

    [Fact]
    public async Task A_manifest_that_chooses_none_has_none()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        byte[] pivot = Script($"echo done >{node.In("end")}; exec /bin/sleep 100000");
        Manifest manifest = quorum.Manifest(node, pivot);
        SortedDictionary<string, string> off = new(StringComparer.Ordinal) { [LocalServiceChoice.Variable] = "off" };
        await node.RunAsync(quorum, manifest with { Pivot = manifest.Pivot with { Env = off } }, pivot);
        await FileAsync(node, "end");
        await node.Enclave.SaysAsync("the app has no service");
        Assert.False(File.Exists(Socket(node)));
    }

    [RootFact]
    public async Task Two_apps_under_qos_dev_run_each_have_the_socket_of_an_image()
    {
        string folder = Directory.CreateTempSubdirectory("qos-dev-service-").FullName;
        try
        {
            string app = Path.Combine(folder, "app");
            await File.WriteAllBytesAsync(app, Script("/usr/bin/curl -sS --unix-socket /run/qos.sock http://app/v1/keys; echo; exec /bin/sleep 100000"));
            RunningProgram Run() => RunningProgram.StartAt("qos", "env", $"TMPDIR={folder}", Programs.Find("qos"), "dev", "run", app);
            await using RunningProgram first = Run(), second = Run();
            string one = await first.SaysAsync("ephemeralKey"), two = await second.SaysAsync("ephemeralKey");
            Assert.NotEqual(one, two);
            foreach (RunningProgram run in (RunningProgram[])[first, second])
            {
                await run.SignalAsync("INT");
                Assert.Equal(130, await run.ExitAsync());
            }

            Assert.False(File.Exists("/run/qos.sock"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Socket(LocalNode node) => Path.Combine(node.Directory, "run", "qos.sock");

    private static Task<string> FileAsync(LocalNode node, string name) => Eventually.IsAsync(
        async () => File.Exists(node.In(name)) && new FileInfo(node.In(name)).Length > 0 ? await File.ReadAllTextAsync(node.In(name)) : null,
        () => $"{name} does not appear.\n{node.Log}");
}
