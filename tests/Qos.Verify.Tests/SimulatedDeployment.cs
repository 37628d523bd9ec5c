using System.Security.Cryptography;
using System.Text;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Simulator;

namespace Qos.Verify.Tests;

/// <summary>A node's life as far as proofs see it, with keys, manifest and module of its own; each part can be replaced by a test.</summary>
internal sealed class SimulatedDeployment : IDisposable
{
    private static readonly SimulatorPki s_pki = SimulatorPki.Create();

    private readonly KeySet[] _members;
    private readonly SoftwareNsm _nsm;

    /// <param name="threshold">Of the manifest set, which has three members.</param>
    /// <param name="approvals">How many of them approved.</param>
    /// <param name="version">The manifest's.</param>
    /// <param name="otherPcr">A PCR that the enclave has another value of than the manifest.</param>
    /// <param name="commits">Whether PCR17 commits to the live key.</param>
    /// <param name="lockedPcrs">How many PCRs are locked, and so attested.</param>
    /// <param name="hasZeroPcrs">Whether PCR0 to PCR2 are zero, as in debug mode.</param>
    /// <param name="change">What else is different in the manifest.</param>
    public SimulatedDeployment(
        uint threshold = 2, int approvals = 2, ManifestVersion version = ManifestVersion.V2, int otherPcr = -1, bool commits = true, ushort lockedPcrs = 32,
        bool hasZeroPcrs = false, Func<Manifest, Manifest>? change = null)
    {
        _members = [.. Enumerable.Range(0, 3).Select(_ => KeySet.Generate(SystemRandomSource.Instance))];
        Live = KeySet.Generate(SystemRandomSource.Instance);
        Setup = KeySet.Generate(SystemRandomSource.Instance);
        using KeySet quorum = KeySet.Generate(SystemRandomSource.Instance);
        byte[] pcr(int seed) => hasZeroPcrs && seed < 3 ? new byte[48] : SHA384.HashData([(byte)seed]);
        var set = new MemberSet(threshold, [.. _members.Select((key, i) => new QuorumMember($"member{i}", key.PublicKey.Memory))]);
        Manifest = new Manifest
        {
            Version = version,
            Namespace = new("test/namespace", 1, quorum.PublicKey.Memory),
            Pivot = new PivotConfig { Hash = SHA256.HashData([42]), Restart = RestartPolicy.Never },
            ManifestSet = set,
            ShareSet = set,
            Enclave = new EnclaveConfig
            {
                Pcr0 = pcr(0),
                Pcr1 = pcr(1),
                Pcr2 = pcr(2),
                Pcr3 = pcr(3),
                AwsRootCertificate = s_pki.RootDer,
                QosCommit = "commit",
            },
            PatchSet = version == ManifestVersion.V2 ? null : new PatchSet(0, []),
        };
        Manifest = change is null ? Manifest : change(Manifest);
        Envelope = new ManifestEnvelope(Manifest, [.. Enumerable.Range(0, approvals).Select(i => Approve(i, Manifest))], []);
        _nsm = new SoftwareNsm(new()
        {
            Pki = s_pki,
            Pcrs = Enumerable.Range(0, 4).ToDictionary(i => i, i => pcr(i == otherPcr ? 99 : i)),
        });
        byte[] hash = Manifest.Hash();
        _nsm.Send(new NsmRequest.ExtendPcr(16, ManifestCommitment.Setup(Setup.PublicKey.Bytes, hash).Extension.ToArray()));
        if (commits)
            _nsm.Send(new NsmRequest.ExtendPcr(17, ManifestCommitment.Live(Live.PublicKey.Bytes, hash).Extension.ToArray()));
        _nsm.Send(new NsmRequest.LockPcrs(lockedPcrs));
    }

    public KeySet Live { get; }

    public KeySet Setup { get; }

    public Manifest Manifest { get; }

    public ManifestEnvelope Envelope { get; set; }

    /// <summary>Identity and measurements given up: for tests of everything else.</summary>
    public static VerificationPolicy AwsOptions { get; } = new() { Identity = DeploymentIdentity.Anyone, Measurements = TrustedMeasurements.Any };

    /// <summary>The same under the simulator's root.</summary>
    public static VerificationPolicy Options { get; } = AwsOptions with { TrustAnchor = s_pki.RootDer };

    public Approval Approve(int member, Manifest manifest) =>
        new(_members[member].Sign(manifest.Hash()), new QuorumMember($"member{member}", _members[member].PublicKey.Memory));

    public byte[] Document(KeySet key, byte[]? nonce = null)
    {
        NsmResponse answer = _nsm.Send(new NsmRequest.Attestation(
            Manifest.Hash(), nonce is null ? default(ReadOnlyMemory<byte>?) : nonce, key.PublicKey.Memory));
        return Assert.IsType<NsmResponse.Attestation>(answer).Document.ToArray();
    }

    /// <summary>A document of a node of the same image that was not booted.</summary>
    public byte[] Genesis(byte[] userData)
    {
        using var fresh = new SoftwareNsm(new()
        {
            Pki = s_pki,
            Pcrs = new Dictionary<int, byte[]>
            {
                [0] = Manifest.Enclave.Pcr0.ToArray(),
                [1] = Manifest.Enclave.Pcr1.ToArray(),
                [2] = Manifest.Enclave.Pcr2.ToArray(),
                [3] = Manifest.Enclave.Pcr3.ToArray(),
            },
        });
        return Attest(fresh, userData, null);
    }

    public byte[] Attest(byte[] userData, byte[]? publicKey) => Attest(_nsm, userData, publicKey);

    private static byte[] Attest(SoftwareNsm nsm, byte[] userData, byte[]? publicKey)
    {
        NsmResponse answer = nsm.Send(new NsmRequest.Attestation(
            userData, null, publicKey is null ? default(ReadOnlyMemory<byte>?) : publicKey));
        return Assert.IsType<NsmResponse.Attestation>(answer).Document.ToArray();
    }

    public BootProof Boot() => new()
    {
        EphemeralPublicKeyHex = Live.PublicKey.ToHex(),
        AttestationDocument = Document(Live),
        Manifest = Manifest.HashedBytes(),
        ManifestEnvelope = Manifest.Version == ManifestVersion.V2
            ? ManifestEnvelopeFormat.Write(Envelope)
            : ManifestEnvelopeFormat.WriteBorsh(Envelope),
        DeploymentLabel = "test",
        CreatedAtSeconds = 1,
    };

    public AppProof App(string payload = "{\"timestampMs\":\"1\"}", KeySet? key = null) => new(
        AppProof.EphemeralKeyScheme,
        (key ?? Live).PublicKey.ToHex(),
        payload,
        Convert.ToHexStringLower((key ?? Live).Sign(Encoding.UTF8.GetBytes(payload))));

    public void Dispose()
    {
        _nsm.Dispose();
        Live.Dispose();
        Setup.Dispose();
        foreach (KeySet member in _members)
            member.Dispose();
    }
}
