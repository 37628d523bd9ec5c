using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Qos.Protocol;

namespace Qos.Verify.Tests;

/// <summary>A valid proof of a stranger's deployment is refused, and an accepted one says for whom.</summary>
public sealed class IdentityTests : IDisposable
{
    private readonly SimulatedDeployment _ours = new();
    private readonly SimulatedDeployment _stranger = new();

    public void Dispose()
    {
        _ours.Dispose();
        _stranger.Dispose();
    }

    /// <summary>Same image, same binary, same namespace, same root: only the quorum is another one.</summary>
    [Theory]
    [InlineData(CheckNames.IdentityQuorumKey)]
    [InlineData(CheckNames.IdentityManifestSet)]
    [InlineData(CheckNames.IdentityManifestHash)]
    [InlineData(CheckNames.IdentityEphemeralKey)]
    public void A_strangers_quorum_is_refused(string kind)
    {
        DeploymentIdentity ours = kind switch
        {
            CheckNames.IdentityQuorumKey => DeploymentIdentity.FromQuorumKey(_ours.Manifest.Namespace.QuorumKey),
            CheckNames.IdentityManifestSet => DeploymentIdentity.FromManifestSet(_ours.Manifest.ManifestSet),
            CheckNames.IdentityManifestHash => DeploymentIdentity.FromManifestHash(_ours.Manifest.Hash()),
            _ => DeploymentIdentity.FromEphemeralKey(_ours.Live.PublicKey.Memory),
        };
        AssertFailures(Verify(_ours, ours));
        AssertFailures(Verify(_stranger, ours), kind);
        AssertFailures(Verify(_stranger, DeploymentIdentity.Anyone));

        VerificationResult boot = new ProofVerifier(Policy(ours)).VerifyBootProof(_stranger.Boot());
        AssertFailures(boot, kind);
        Assert.Null(boot.Proven);
    }

    [Fact]
    public void Every_kind_that_is_named_must_hold_and_one_value_of_each_is_enough()
    {
        DeploymentIdentity key = DeploymentIdentity.FromQuorumKey(_ours.Manifest.Namespace.QuorumKey);
        AssertFailures(Verify(_ours, key.And(DeploymentIdentity.FromManifestHash(_stranger.Manifest.Hash()))), CheckNames.IdentityManifestHash);
        AssertFailures(Verify(_ours, key.And(DeploymentIdentity.FromQuorumKey(_stranger.Manifest.Namespace.QuorumKey))));
        Assert.Throws<ArgumentException>(() => key.And(DeploymentIdentity.Anyone));
        Assert.Throws<ArgumentException>(() => DeploymentIdentity.Anyone.And(key));
    }

    /// <summary>Aliases prove nothing, and the order of a set means nothing.</summary>
    [Fact]
    public void A_set_is_its_threshold_and_keys()
    {
        MemberSet set = _ours.Manifest.ManifestSet;
        AssertFailures(Verify(_ours, DeploymentIdentity.FromManifestSet(new(set.Threshold, [.. set.Members.Reverse().Select(static member => member with { Alias = "x" + member.Alias })]))));
        AssertFailures(Verify(_ours, DeploymentIdentity.FromManifestSet(set with { Threshold = 1 })), CheckNames.IdentityManifestSet);
        AssertFailures(Verify(_ours, DeploymentIdentity.FromManifestSet(new(set.Threshold, [.. set.Members.Take(2)]))), CheckNames.IdentityManifestSet);

        // The impostors of the field: the same aliases before other keys.
        MemberSet impostors = new(set.Threshold, [.. set.Members.Zip(_stranger.Manifest.ManifestSet.Members, static (ours, theirs) => theirs with { Alias = ours.Alias })]);
        AssertFailures(Verify(_ours, DeploymentIdentity.FromManifestSet(impostors)), CheckNames.IdentityManifestSet);
    }

    [Fact]
    public void An_app_proof_alone_needs_the_key_itself()
    {
        AppProof app = _ours.App();
        AssertFailures(Sign(DeploymentIdentity.FromEphemeralKey(_ours.Live.PublicKey.Memory)));
        AssertFailures(Sign(DeploymentIdentity.FromEphemeralKey(_stranger.Live.PublicKey.Memory)), CheckNames.IdentityEphemeralKey);
        AssertFailures(Sign(DeploymentIdentity.FromQuorumKey(_ours.Manifest.Namespace.QuorumKey)), CheckNames.Identity);
        VerificationResult any = Sign(DeploymentIdentity.Anyone);
        AssertFailures(any);
        Assert.Equal([CheckNames.Identity], any.Waivers.Select(static check => check.Name));

        VerificationResult measured = new ProofVerifier(Policy(DeploymentIdentity.Anyone) with
        {
            Measurements = TrustedMeasurements.AnyOf(new PcrProfile("release", new Dictionary<int, byte[]> { [0] = SHA384.HashData([0]) })),
        }).VerifyAppSignature(app);
        AssertFailures(measured, CheckNames.TrustedPcrs);

        VerificationResult Sign(DeploymentIdentity identity) => new ProofVerifier(Policy(identity)).VerifyAppSignature(app);
    }

    [Fact]
    public void Debug_mode_is_refused_unless_it_is_waived()
    {
        using var manifest = new SimulatedDeployment(change: static manifest => manifest with { Pivot = manifest.Pivot with { DebugMode = true } });
        AssertFailures(Verify(manifest, DeploymentIdentity.Anyone), CheckNames.ManifestDebug);
        using var enclave = new SimulatedDeployment(hasZeroPcrs: true);
        AssertFailures(Verify(enclave, DeploymentIdentity.Anyone), CheckNames.DocumentDebug);
        foreach (SimulatedDeployment deployment in (SimulatedDeployment[])[manifest, enclave])
        {
            VerificationResult waived = new ProofVerifier(Policy(DeploymentIdentity.Anyone) with { AllowDebug = true }).VerifyBootProof(deployment.Boot());
            AssertFailures(waived);
            Assert.Equal(3, waived.Waivers.Count());
        }
    }

    [Fact]
    public void What_else_the_manifest_must_say_is_compared()
    {
        using var deployment = new SimulatedDeployment(change: static manifest => manifest with
        {
            Namespace = manifest.Namespace with { Nonce = 7 },
            Pivot = manifest.Pivot with
            {
                Args = ["--port", "3000"],
                Env = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["A"] = "1" },
                BridgeConfig = [new BridgeConfig.Server(3000, "0.0.0.0"), new BridgeConfig.Client(443, "api.example.com")],
            },
        });
        var right = new ManifestRequirements
        {
            Namespace = "test/namespace",
            MinimumNonce = 7,
            Arguments = ["--port", "3000"],
            Environment = new Dictionary<string, string> { ["A"] = "1" },
            Bridges = [new BridgeConfig.Client(443, "api.example.com"), new BridgeConfig.Server(3000, "0.0.0.0")],
            ShareSet = deployment.Manifest.ShareSet,
        };
        AssertFailures(Require(right));
        AssertFailures(Require(right with { Namespace = "test/other" }), CheckNames.RequiredNamespace);
        AssertFailures(Require(right with { MinimumNonce = 8 }), CheckNames.RequiredNonce);
        AssertFailures(Require(right with { MinimumNonce = 0 }));
        AssertFailures(Require(right with { Arguments = ["--port 3000"] }), CheckNames.RequiredArguments);
        AssertFailures(Require(right with { Arguments = [] }), CheckNames.RequiredArguments);
        AssertFailures(Require(right with { Environment = new Dictionary<string, string> { ["A"] = "2" } }), CheckNames.RequiredEnvironment);
        AssertFailures(Require(right with { Bridges = [new BridgeConfig.Server(3000, "0.0.0.0")] }), CheckNames.RequiredBridges);
        AssertFailures(Require(right with { ShareSet = _stranger.Manifest.ShareSet }), CheckNames.RequiredShareSet);

        VerificationResult Require(ManifestRequirements required) =>
            new ProofVerifier(Policy(DeploymentIdentity.Anyone) with { Manifest = required }).VerifyBootProof(deployment.Boot());
    }

    [Fact]
    public void Measurements_without_PCR0_are_not_an_images()
    {
        var role = TrustedMeasurements.AnyOf(new PcrProfile("role", new Dictionary<int, byte[]> { [3] = SHA384.HashData([3]) }));
        AssertFailures(new ProofVerifier(Policy(DeploymentIdentity.Anyone) with { Measurements = role }).VerifyBootProof(_ours.Boot()), CheckNames.TrustedPcrs);
        Assert.Throws<ArgumentException>(() => TrustedMeasurements.AnyOf());
        Assert.Throws<ArgumentException>(() => TrustedMeasurements.AnyOf(new PcrProfile("empty", new Dictionary<int, byte[]>())));
    }

    [Fact]
    public void What_is_proven_is_said_and_for_whom()
    {
        VerificationResult result = Verify(_ours, DeploymentIdentity.FromQuorumKey(_ours.Manifest.Namespace.QuorumKey));
        Assert.Equal("{\"timestampMs\":\"1\"}", result.Proven!.Payload);
        Assert.Equal(_ours.Manifest.Hash(), result.Proven.Manifest!.Hash());
        string fingerprint = Convert.ToHexStringLower(SHA256.HashData(_ours.Manifest.Namespace.QuorumKey.Span));
        string text = result.ToText();
        string[] said =
        [
            "namespace        test/namespace", "nonce            1", $"manifest hash    {Hex(_ours.Manifest.Hash())}",
            $"quorum key       {Hex(_ours.Manifest.Namespace.QuorumKey)}", fingerprint, $"pivot hash       {Hex(_ours.Manifest.Pivot.Hash)}",
            "arguments        none", "environment      none", "bridges          none", "2 of 3: member0 ", $"PCR0             {Hex(_ours.Manifest.Enclave.Pcr0)}",
            "payload          {\"timestampMs\":\"1\"}", $"VALID for test/namespace, nonce 1, quorum key {fingerprint}; waived: trusted.pcrs",
        ];
        Assert.All(said, line => Assert.Contains(line, text, StringComparison.Ordinal));
        foreach (QuorumMember member in _ours.Manifest.ManifestSet.Members)
            Assert.Contains(Hex(SHA256.HashData(member.PubKey.Span)), text, StringComparison.Ordinal);

        using JsonDocument json = JsonDocument.Parse(result.ToJson());
        JsonElement proven = json.RootElement.GetProperty("proven");
        Assert.Equal(
            [
                "namespace", "nonce", "manifestHash", "manifestVersion", "quorumKey", "quorumKeyFingerprint", "pivotHash", "restart", "debugMode", "arguments",
                "environment", "bridges", "manifestSet", "shareSet", "approvedBy", "moduleId", "timestampMs", "pcrs", "userData", "ephemeralKey", "payload",
            ],
            proven.EnumerateObject().Select(static member => member.Name));
        Assert.Equal("trusted.pcrs", json.RootElement.GetProperty("waived")[0].GetString());
        Assert.Equal(32, proven.GetProperty("pcrs").EnumerateObject().Count());
        Assert.Equal(fingerprint, proven.GetProperty("quorumKeyFingerprint").GetString());
    }

    [Fact]
    public void A_document_of_the_future_is_named_with_by_how_much()
    {
        var slow = new StoppedClock(DateTimeOffset.UtcNow.AddHours(-26).AddMinutes(-5));
        foreach (ValidationTime time in (ValidationTime[])[ValidationTime.Now, ValidationTime.Document])
        {
            VerificationResult result = new ProofVerifier(Policy(DeploymentIdentity.Anyone) with { Time = time, TimeProvider = slow }).VerifyBootProof(_ours.Boot());
            Check check = result.Failures.Last();
            Assert.Equal(CheckNames.DocumentTime, check.Name);
            Assert.Contains("which is 1 d 2 h ahead of this machine's clock", check.Detail, StringComparison.Ordinal);
        }

        var fast = new StoppedClock(DateTimeOffset.UtcNow.AddHours(5).AddMinutes(1));
        VerificationResult late = new ProofVerifier(Policy(DeploymentIdentity.Anyone) with { TimeProvider = fast }).VerifyBootProof(_ours.Boot());
        AssertFailures(late, CheckNames.DocumentValidity);
        Assert.Matches("The document was made at .*, 5 h [01] min before this machine's clock", late.Failures.Single().Detail);
    }

    [Fact]
    public void A_payload_is_shown_without_steering_the_terminal()
    {
        VerificationResult result = new ProofVerifier(Policy(DeploymentIdentity.Anyone)).VerifyAppProof(_ours.App("{\"\u001b[2J\u202e\":1}"), _ours.Boot());
        Assert.DoesNotContain('\u001b', result.ToText());
        Assert.DoesNotContain('\u202e', result.ToText());
        Assert.Contains("\\u{1b}", result.ToText(), StringComparison.Ordinal);
    }

    private static VerificationPolicy Policy(DeploymentIdentity identity) => SimulatedDeployment.Options with { Identity = identity };

    private static VerificationResult Verify(SimulatedDeployment deployment, DeploymentIdentity identity) =>
        new ProofVerifier(Policy(identity)).VerifyAppProof(deployment.App(), deployment.Boot());

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);

    private static void AssertFailures(VerificationResult result, params string[] names)
    {
        Assert.True(names.SequenceEqual(result.Failures.Select(static check => check.Name)), $"expected {string.Join(", ", names)}\n{result.ToText()}");
        Assert.Equal(names.Length == 0, result.IsValid);
        Assert.Equal(result.IsValid, result.Proven is not null);
    }

    private sealed class StoppedClock(DateTimeOffset time) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time;
    }
}
