using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Simulator;

namespace Qos.Node.Tests;

/// <summary>How a document differs from that of a node which was booted with a manifest and waits for a key.</summary>
internal sealed record DocumentChange
{
    internal TimeSpan Age { get; init; }

    internal SimulatorPki? Pki { get; init; }

    internal byte[]? Pcr0 { get; init; }

    internal byte[]? Pcr3 { get; init; }

    internal bool IsExtended { get; init; } = true;

    internal ushort LockedPcrs { get; init; } = 32;

    internal ReadOnlyMemory<byte>? Nonce { get; init; }

    internal bool HasUserData { get; init; } = true;

    internal bool HasKey { get; init; } = true;

    internal ReadOnlyMemory<byte>? AttestedKey { get; init; }

    internal ReadOnlyMemory<byte>? CommittedKey { get; init; }

    internal byte[] Make(TestQuorum quorum, Manifest manifest)
    {
        var clock = new TestClock { Now = quorum.Clock.Now - Age };
        Dictionary<int, byte[]> pcrs = Enumerable.Range(0, 5).ToDictionary(index => index, TestQuorum.PcrValue);
        pcrs[0] = Pcr0 ?? pcrs[0];
        pcrs[3] = Pcr3 ?? pcrs[3];
        using var module = new SoftwareNsm(new SoftwareNsmOptions
        {
            Pcrs = pcrs,
            TimeProvider = clock,
            Pki = Pki ?? quorum.Pki,
            ModuleId = "sim-test-enc1",
        });

        using KeySet setup = KeySet.Generate(quorum.Random);
        byte[] hash = ManifestFormat.Hash(manifest);
        ReadOnlyMemory<byte> committed = CommittedKey ?? setup.PublicKey.Memory;
        if (IsExtended)
            module.Send(new NsmRequest.ExtendPcr(16, ManifestCommitment.Setup(committed.Span, hash).Extension.ToArray()));
        module.Send(new NsmRequest.LockPcrs(LockedPcrs));
        var request = new NsmRequest.Attestation(hash, Nonce, AttestedKey ?? committed);
        if (!HasKey)
            request = request with { PublicKey = null };
        if (!HasUserData)
            request = request with { UserData = null };
        NsmResponse answer = module.Send(request);
        return Assert.IsType<NsmResponse.Attestation>(answer).Document.ToArray();
    }
}
