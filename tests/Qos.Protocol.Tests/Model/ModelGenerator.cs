using System.Net;
using Qos.Keys;
using Qos.Nsm;
using M = Qos.Protocol.ProtocolMessage;

namespace Qos.Protocol.Tests;

/// <summary>Draws manifests and messages of every kind from a seed, so that a failing one can be made again.</summary>
internal sealed class ModelGenerator(int seed)
{
    private readonly Random _random = new(seed);

    internal Manifest Manifest(ManifestVersion version) => new()
    {
        Version = version,
        Namespace = new ManifestNamespace(Text(), (uint)_random.NextInt64(1L << 32), Bytes(140)),
        Pivot = Pivot(version),
        ManifestSet = Set(),
        ShareSet = Set(),
        Enclave = new EnclaveConfig
        {
            Pcr0 = Bytes(49),
            Pcr1 = Bytes(49),
            Pcr2 = Bytes(49),
            Pcr3 = Bytes(49),
            AwsRootCertificate = Bytes(100),
            QosCommit = Text(),
        },
        PatchSet = version == ManifestVersion.V2 ? null : new PatchSet((uint)_random.Next(), List(() => (ReadOnlyMemory<byte>)Bytes(140))),
        Dns = version == ManifestVersion.V2 && Coin() ? new DnsConfig(List(Address)) : null,
    };

    internal Manifest Manifest() => Manifest((ManifestVersion)_random.Next(3));

    internal ManifestEnvelope Envelope() => new(Manifest(), List(Approval), List(Approval));

    internal ManifestEnvelope Envelope(ManifestVersion version) => new(Manifest(version), List(Approval), List(Approval));

    /// <summary>Any message, with V1 and V0 envelopes only where <paramref name="old"/> says so.</summary>
    internal ProtocolMessage Message(bool old)
    {
        ManifestEnvelope Env() => old ? Envelope((ManifestVersion)_random.Next(2)) : Envelope();
        return _random.Next(31) switch
        {
            0 => new M.ProtocolErrorResponse(Error()),
            1 => new M.StatusRequest(),
            2 => new M.StatusResponse(Phase()),
            3 => new M.BootStandardRequest(Env(), Bytes(300)),
            4 => new M.BootStandardResponse(Nsm()),
            5 when !old => new M.BootGenesisRequest(GenesisSet(), Optional()),
            6 when !old => new M.BootGenesisResponse(Nsm(), Genesis()),
            7 => new M.ProvisionRequest(Bytes(300), Approval()),
            8 => new M.ProvisionResponse(Coin()),
            9 => new M.ProxyRequest(Bytes(300)),
            10 => new M.ProxyResponse(Bytes(300)),
            11 => new M.LiveAttestationDocRequest(),
            12 => new M.LiveAttestationDocResponse(Nsm(), Coin() ? Env() : null),
            13 => new M.BootKeyForwardRequest(Env(), Bytes(300)),
            14 => new M.BootKeyForwardResponse(Nsm()),
            15 => new M.ExportKeyRequest(Env(), Bytes(300)),
            16 => new M.ExportKeyResponse(Bytes(300), Bytes(65)),
            17 => new M.InjectKeyRequest(Bytes(300), Bytes(65)),
            18 => new M.InjectKeyResponse(),
            19 => new M.ManifestEnvelopeRequest(),
            20 => new M.ManifestEnvelopeResponse(Coin() ? Env() : null),
            21 => new M.VersionRequest(),
            22 => new M.VersionResponse(Text(), Text()),
            23 when !old => new M.NodeStatusRequest(),
            24 when !old => new M.NodeStatusResponse(Status()),
            25 when !old => new M.ModuleDocumentRequest(),
            26 when !old => new M.ReshareBootRequest(Reshare()),
            27 when !old => new M.ReshareShareRequest(Bytes(300), Approval()),
            28 when !old => new M.ReshareStateRequest(),
            29 when !old => new M.ReshareStateResponse(new ReshareState(
                Nsm(), Reshare(), List(Member), Coin() ? new ReshareOutput(List(Member), Coin() ? Genesis() : null) : null)),
            _ => new M.StatusRequest(),
        };
    }

    internal ReshareEnvelope Reshare()
    {
        MemberSet? to = Coin() ? new MemberSet((uint)_random.Next(), List(Member)) : null;
        var request = new ReshareRequest
        {
            Nonce = (uint)_random.NextInt64(1L << 32),
            QuorumKey = Bytes(131),
            From = new MemberSet((uint)_random.Next(), List(Member)),
            To = to,
            RecoveryKey = to is null ? null : Optional(),
            Pcrs = [.. Enumerable.Range(0, ReshareFormat.PcrCount).Select(_ => (ReadOnlyMemory<byte>)Exactly(Qos.Nsm.Pcr.Size))],
        };
        return new ReshareEnvelope(request, List(Approval));
    }

    internal GenesisOutput Genesis() => new()
    {
        Set = GenesisSet(),
        DrKey = Optional(),
        QuorumKey = Bytes(131),
        MemberOutputs = List(() => new GenesisMemberOutput(Member(), Bytes(200), Exactly(64))),
        RecoveryPermutations = List<IReadOnlyList<RecoveredMemberShard>>(() => List(() => new RecoveredMemberShard(Member(), Bytes(50)))),
        DrKeyWrappedQuorumKey = Optional(),
        QuorumKeyHash = Exactly(64),
        TestMessageCiphertext = Bytes(100),
        TestMessageSignature = Bytes(65),
        TestMessage = Bytes(20),
    };

    internal ProtocolError Error()
    {
        var code = (ProtocolErrorCode)_random.Next(61);
        return ProtocolError.ShapeOf(code) switch
        {
            ProtocolErrorShape.Text => ProtocolError.WithText(code, Text()),
            ProtocolErrorShape.Phase => ProtocolError.NoMatchingRoute(Phase()),
            ProtocolErrorShape.Transition => ProtocolError.InvalidStateTransition(Phase(), Phase()),
            ProtocolErrorShape.Different => ProtocolError.WithDifference(code, Text(), Text()),
            ProtocolErrorShape.Nonces => ProtocolError.LowNonce((uint)_random.Next(), (uint)_random.Next()),
            ProtocolErrorShape.Approval => ProtocolError.InvalidManifestApproval(Approval()),
            ProtocolErrorShape.Key => KeyFault(code),
            _ => new ProtocolError(code),
        };
    }

    private ProtocolError KeyFault(ProtocolErrorCode code)
    {
        var error = (KeyError)_random.Next(21);
        return ProtocolError.WithKeyError(code, error, error is KeyError.QosHex or KeyError.IOError ? Text() : null);
    }

    private PivotConfig Pivot(ManifestVersion version)
    {
        var env = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int index = _random.Next(4); version == ManifestVersion.V2 && index > 0; index--)
            env["NAME_" + index] = Text();
        return new PivotConfig
        {
            Hash = Exactly(32),
            Restart = (RestartPolicy)_random.Next(2),
            BridgeConfig = version == ManifestVersion.V0 ? [] : List(Bridge),
            DebugMode = version != ManifestVersion.V0 && Coin(),
            Args = List(Text),
            Env = env,
        };
    }

    private BridgeConfig Bridge() => Coin()
        ? new BridgeConfig.Server((ushort)_random.Next(65536), Text())
        : new BridgeConfig.Client((ushort)_random.Next(65536), Coin() ? Text() : null);

    private NsmResponse Nsm() => _random.Next(8) switch
    {
        0 => new NsmResponse.DescribePcr(Coin(), Bytes(49)),
        1 => new NsmResponse.ExtendPcr(Bytes(49)),
        2 => new NsmResponse.LockPcr(),
        3 => new NsmResponse.LockPcrs(),
        4 => new NsmResponse.DescribeNsm(1, 2, 3, Text(), 32, List(() => (ushort)_random.Next(32)), (NsmDigest)_random.Next(3)),
        5 => new NsmResponse.Attestation(Bytes(300)),
        6 => new NsmResponse.GetRandom(Bytes(256)),
        _ => new NsmResponse.Error((NsmError)_random.Next(9)),
    };

    private NodeStatus Status() => new(
        Phase(),
        Coin() ? new ShareStatus((uint)_random.Next(), List(Text), List(Text)) : null,
        Coin() ? Pivot() : null)
    {
        ManifestHash = Coin() ? new ReadOnlyMemory<byte>(Exactly(32)) : (ReadOnlyMemory<byte>?)null,
        EphemeralKey = Coin() ? new ReadOnlyMemory<byte>(Exactly(130)) : (ReadOnlyMemory<byte>?)null,
    };

    private PivotStatus Pivot() => new(
        (PivotState)_random.Next(5), (uint)_random.Next(), Coin() ? new PivotExit(_random.Next(256), null) : null)
    {
        Reason = Coin() ? Text() : null,
        Bridges = List(() => new BridgeStatus(Coin(), (ushort)_random.Next(65_536), Coin() ? Text() : null)),
    };

    private IPAddress Address() => new(Exactly(Coin() ? 4 : 16));

    private GenesisSet GenesisSet() => new(List(Member), (uint)_random.Next());

    private MemberSet Set() => new((uint)_random.NextInt64(1L << 32), List(Member));

    private QuorumMember Member() => new(Text(), Bytes(140));

    private Approval Approval() => new(Bytes(65), Member());

    private ProtocolPhase Phase() => (ProtocolPhase)_random.Next(6);

    private ReadOnlyMemory<byte>? Optional() => Coin() ? Bytes(140).AsMemory() : null;

    private bool Coin() => _random.Next(2) == 1;

    private List<T> List<T>(Func<T> make) => [.. Enumerable.Range(0, _random.Next(4)).Select(_ => make())];

    private byte[] Bytes(int below) => Exactly(_random.Next(below));

    private byte[] Exactly(int length)
    {
        byte[] bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private string Text()
    {
        const string Alphabet = "ab\"\\/\n\u0001\u007f<é€\U0001F511 {}[]:,0";
        var runes = Alphabet.EnumerateRunes().ToArray();
        return string.Concat(Enumerable.Range(0, _random.Next(8)).Select(_ => runes[_random.Next(runes.Length)].ToString()));
    }
}
