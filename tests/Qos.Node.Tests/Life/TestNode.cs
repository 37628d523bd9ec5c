using Microsoft.Extensions.Logging;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Simulator;

namespace Qos.Node.Tests;

/// <summary>A node on a simulated module and in a folder of its own.</summary>
internal sealed class TestNode : IDisposable
{
    private readonly SoftwareNsm _module;
    private readonly TestLog _log = new();

    internal TestNode(TestQuorum quorum, Func<INodeFiles, INodeFiles>? around = null, ReadOnlyMemory<byte>? trustAnchor = null, int seed = 100, Manifest? measuredAs = null, bool inMemory = false)
    {
        _module = new SoftwareNsm(new SoftwareNsmOptions
        {
            Pcrs = Pcrs((measuredAs ?? quorum.Manifest).Enclave),
            TimeProvider = quorum.Clock,
            Pki = quorum.Pki,
            ModuleId = "sim-test-enc1",
        });
        Nsm = new ScriptedNsm(_module);
        Folder = new TestFolder(inMemory);
        RealFiles = new NodeFiles(Folder.Path);
        Files = around?.Invoke(RealFiles) ?? RealFiles;
        Node = new QuorumNode(Nsm, Files, new TestRandom(seed), new NodeOptions
        {
            Version = "1.2.3",
            Commit = "abcdef",
            TrustAnchor = () => trustAnchor,
        }, _log);
    }

    internal ScriptedNsm Nsm { get; }

    internal TestFolder Folder { get; }

    internal NodeFiles RealFiles { get; }

    internal INodeFiles Files { get; }

    internal QuorumNode Node { get; }

    internal NsmFaults Faults
    {
        set => _module.Faults = value;
    }

    internal IReadOnlyList<(LogLevel Level, string Message)> Log => _log.Lines;

    internal ProtocolPhase Phase => Node.Phase;

    internal ProtocolMessage Send(ProtocolMessage request) => Node.HandleAsync(request).AsTask().GetAwaiter().GetResult();

    /// <summary>The answer, which must be of this kind.</summary>
    internal T Expect<T>(ProtocolMessage request)
        where T : ProtocolMessage => Assert.IsType<T>(Send(request));

    /// <summary>The error that a request is refused with.</summary>
    internal ProtocolError Refused(ProtocolMessage request) =>
        Expect<ProtocolMessage.ProtocolErrorResponse>(request).Error;

    internal AttestationDocument Document()
    {
        var answer = Expect<ProtocolMessage.LiveAttestationDocResponse>(new ProtocolMessage.LiveAttestationDocRequest());
        return AttestationDocument.Parse(Assert.IsType<NsmResponse.Attestation>(answer.NsmResponse).Document.Span);
    }

    internal ReadOnlyMemory<byte> DocumentBytes()
    {
        var answer = Expect<ProtocolMessage.LiveAttestationDocResponse>(new ProtocolMessage.LiveAttestationDocRequest());
        return Assert.IsType<NsmResponse.Attestation>(answer.NsmResponse).Document;
    }

    /// <summary>The ephemeral key that the node attests.</summary>
    internal PublicKey EphemeralKey() => PublicKey.Parse(Document().PublicKey!.Value.Span);

    internal PublicKey Boot(TestQuorum quorum)
    {
        Expect<ProtocolMessage.BootStandardResponse>(quorum.BootRequest);
        return EphemeralKey();
    }

    /// <summary>Boots and provisions.</summary>
    internal TestNode Provisioned(TestQuorum quorum)
    {
        PublicKey setup = Boot(quorum);
        for (int holder = 0; holder < quorum.Manifest.ShareSet.Threshold; holder++)
            Expect<ProtocolMessage.ProvisionResponse>(quorum.Post(setup, holder));
        Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, Phase);
        return this;
    }

    internal NodeStatus Status() => Expect<ProtocolMessage.NodeStatusResponse>(new ProtocolMessage.NodeStatusRequest()).Status;

    private static Dictionary<int, byte[]> Pcrs(EnclaveConfig enclave) => new()
    {
        [0] = enclave.Pcr0.ToArray(),
        [1] = enclave.Pcr1.ToArray(),
        [2] = enclave.Pcr2.ToArray(),
        [3] = enclave.Pcr3.ToArray(),
        [4] = TestQuorum.PcrValue(4),
    };

    public void Dispose()
    {
        Node.Dispose();
        RealFiles.Dispose();
        Folder.Dispose();
        _module.Dispose();
    }

    private sealed class TestLog : ILogger
    {
        private readonly List<(LogLevel Level, string Message)> _lines = [];

        internal IReadOnlyList<(LogLevel Level, string Message)> Lines
        {
            get
            {
                lock (_lines)
                    return [.. _lines];
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
                _lines.Add((logLevel, formatter(state, exception)));
        }
    }
}
