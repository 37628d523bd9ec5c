using Qos.Keys;

namespace Qos.App;

/// <summary>
/// The records of one domain and name as far as they were read and found to be the application's own. It notices what a store changed, left out, put in
/// or rolled back. Not for use by several threads at a time. Format: docs/verifiable-data.md, Records.
/// </summary>
public sealed class StateChain
{
    private readonly PublicKey _quorumKey;

    // The hash of every record from _first on, so that an old head can be looked up: 32 bytes each.
    private readonly List<byte[]> _hashes = [];
    private readonly ulong _first = 1;

    /// <summary>A chain without records yet.</summary>
    /// <param name="quorumKey">The application's.</param>
    /// <param name="domain">As it was signed.</param>
    /// <param name="name">As it was signed.</param>
    public StateChain(PublicKey quorumKey, string domain, string name)
    {
        ArgumentNullException.ThrowIfNull(quorumKey);
        StateRecord.RequireNames(domain, name);
        _quorumKey = quorumKey;
        Domain = domain;
        Name = name;
    }

    /// <summary>A chain that goes on from a head, whose records need not be read again.</summary>
    /// <param name="quorumKey">The application's.</param>
    /// <param name="domain">As it was signed.</param>
    /// <param name="name">As it was signed.</param>
    /// <param name="after">A head that this application found itself: of a store's head nothing would be checked.</param>
    public StateChain(PublicKey quorumKey, string domain, string name, StateHead after)
        : this(quorumKey, domain, name)
    {
        ArgumentNullException.ThrowIfNull(after);
        Head = after;
        _first = after.Sequence;
        _hashes.Add(after.Hash.ToArray());
    }

    /// <summary>The chain's domain.</summary>
    public string Domain { get; }

    /// <summary>The chain's name.</summary>
    public string Name { get; }

    /// <summary>Where it stands; null without a record.</summary>
    public StateHead? Head { get; private set; }

    /// <summary>
    /// Takes in the records that follow <see cref="Head"/>, all of them or none. The hashes tie each to the one before it, so that the last one's
    /// signature, which is verified, holds for all.
    /// </summary>
    /// <exception cref="StateException">They are not the records that the application signed next.</exception>
    public void Extend(IReadOnlyList<StateRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        StateHead? head = Head;
        var hashes = new List<byte[]>(records.Count);
        foreach (StateRecord record in records)
        {
            if (record.Domain != Domain || record.Name != Name)
                throw new StateException(StateError.OtherChain, $"record {record.Sequence} belongs to another chain");
            ulong expected = (head?.Sequence ?? 0) + 1;
            if (record.Sequence != expected)
                throw new StateException(StateError.Gap, $"record {record.Sequence} stands where record {expected} belongs");
            if (!record.Previous.Span.SequenceEqual(head is null ? new byte[StateHead.HashSize] : head.Hash.Span))
                throw new StateException(StateError.Changed, $"record {record.Sequence} does not follow from the one before it");
            head = record.Head;
            hashes.Add(head.Hash.ToArray());
        }

        if (records.Count > 0 && !_quorumKey.Verify(records[^1].SignedBytes(), records[^1].Signature.Span))
            throw new StateException(StateError.NotSigned, $"record {records[^1].Sequence} is not signed by the application");
        Head = head;
        _hashes.AddRange(hashes);
    }

    /// <summary>Requires that a head which somebody knows (a client, another replica) is part of this history.</summary>
    /// <exception cref="StateException"><see cref="StateError.RolledBack"/> or <see cref="StateError.Forked"/>.</exception>
    /// <exception cref="ArgumentException">It is older than the head that this chain goes on from, so that nothing can be said about it.</exception>
    public void Require(StateHead known)
    {
        ArgumentNullException.ThrowIfNull(known);
        if (known.Sequence > (Head?.Sequence ?? 0))
            throw new StateException(StateError.RolledBack, $"record {known.Sequence} is known, and the history ends with record {Head?.Sequence ?? 0}");
        if (known.Sequence < _first)
            throw new ArgumentException($"The head of record {known.Sequence} is older than record {_first}, from which this chain goes on.", nameof(known));
        if (!known.Hash.Span.SequenceEqual(_hashes[(int)(known.Sequence - _first)]))
            throw new StateException(StateError.Forked, $"another record {known.Sequence} is known than this history has");
    }
}
