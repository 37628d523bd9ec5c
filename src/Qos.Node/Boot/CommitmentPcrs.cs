using Qos.Nsm;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Node;

/// <summary>
/// Binds a boot's manifest and both ephemeral keys into PCR16 and PCR17, or a reshare's request and setup key into PCR16, and believes NSM only what it shows.
/// Format: docs/protocol/messages.md, Standard boot, step 3; nsm.md, Manifest commitment.
/// </summary>
internal sealed class CommitmentPcrs
{
    private readonly NsmClient _nsm;
    private readonly ManifestCommitment[] _commitments;
    private ushort _maxPcrs;

    /// <param name="nsm">The module.</param>
    /// <param name="commitments">One for each PCR that is extended, in this order; at least one.</param>
    internal CommitmentPcrs(NsmClient nsm, params ManifestCommitment[] commitments)
    {
        _nsm = nsm;
        _commitments = commitments;
    }

    /// <summary>Checks, without changing anything, that the PCR bank is as it must be before a boot.</summary>
    /// <exception cref="ProtocolException">It is not.</exception>
    internal void CheckUntouched()
    {
        NsmResponse.DescribeNsm module = _nsm.DescribeModule();
        if (module.Digest != NsmDigest.Sha384)
            throw NsmClient.Error($"expected NSM PCR digest SHA384, got {module.Digest}");
        if (module.MaxPcrs < Pcr.Count)
            throw NsmClient.Error($"NSM has {module.MaxPcrs} PCRs, at least {Pcr.Count} are needed");
        _maxPcrs = module.MaxPcrs;

        foreach (ManifestCommitment commitment in _commitments)
        {
            if (module.LockedPcrs.Contains(commitment.PcrIndex))
                throw NsmClient.Error($"PCR{commitment.PcrIndex} is already locked");
            CheckUntouched(commitment);
        }
    }

    /// <summary>Extends the PCRs, locks the whole bank, and checks that NSM did so.</summary>
    /// <exception cref="ProtocolException">NSM refused the first extension and shows that nothing was changed.</exception>
    /// <exception cref="UnrecoverableException">It failed later: the PCR bank can never again be as it was.</exception>
    internal void ExtendAndLock()
    {
        try
        {
            Extend(_commitments[0]);
        }
        catch (ProtocolException refused)
        {
            // A refused extension changes nothing; but that NSM has to show.
            UnrecoverableException.Guard(() => CheckUntouched(_commitments[0]), refused.Error);
            throw;
        }

        UnrecoverableException.Guard(() =>
        {
            foreach (ManifestCommitment commitment in _commitments[1..])
                Extend(commitment);
            _nsm.LockPcrs(_maxPcrs);
            CheckLocked();
        });
    }

    private void CheckUntouched(ManifestCommitment commitment)
    {
        NsmResponse.DescribePcr pcr = _nsm.DescribePcr(commitment.PcrIndex);
        if (pcr.Lock)
            throw NsmClient.Error($"PCR{commitment.PcrIndex} is locked before it was extended");
        if (pcr.Data.Length != Pcr.Size || pcr.Data.Span.ContainsAnyExcept((byte)0))
            throw NsmClient.Error($"PCR{commitment.PcrIndex} is not zero before it is extended: {Hex.Encode(pcr.Data.Span)}");
    }

    private void Extend(ManifestCommitment commitment)
    {
        ReadOnlyMemory<byte> value = _nsm.ExtendPcr(commitment.PcrIndex, commitment.Extension.ToArray());
        CheckValue(commitment, value.Span, "after it was extended");
    }

    private void CheckLocked()
    {
        NsmResponse.DescribeNsm module = _nsm.DescribeModule();
        if (module.MaxPcrs != _maxPcrs)
            throw NsmClient.Error($"NSM had {_maxPcrs} PCRs and now has {module.MaxPcrs}");
        var locked = module.LockedPcrs.ToHashSet();
        for (int index = 0; index < _maxPcrs; index++)
        {
            if (!locked.Contains((ushort)index))
                throw NsmClient.Error($"PCR{index} is not locked after LockPCRs");
        }

        foreach (ManifestCommitment commitment in _commitments)
        {
            NsmResponse.DescribePcr pcr = _nsm.DescribePcr(commitment.PcrIndex);
            if (!pcr.Lock)
                throw NsmClient.Error($"PCR{commitment.PcrIndex} is not locked after LockPCRs");
            CheckValue(commitment, pcr.Data.Span, "after LockPCRs");
        }
    }

    private static void CheckValue(ManifestCommitment commitment, ReadOnlySpan<byte> value, string when)
    {
        if (value.SequenceEqual(commitment.Pcr))
            return;
        throw NsmClient.Error(
            $"PCR{commitment.PcrIndex} {when}: expected {Hex.Encode(commitment.Pcr)}, got {Hex.Encode(value)}");
    }
}
