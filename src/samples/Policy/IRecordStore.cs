namespace Qos.Sample.Policy;

/// <summary>Where records lie. Nothing that it says is believed.</summary>
public interface IRecordStore
{
    /// <summary>An organization's records after a sequence, in order, as bytes.</summary>
    /// <exception cref="PolicyException">The store does not answer, or with too much.</exception>
    Task<IReadOnlyList<byte[]>> ReadAsync(string organization, ulong after, CancellationToken cancellationToken);

    /// <summary>Adds a record; false when there is one of this sequence already.</summary>
    /// <exception cref="PolicyException">The store does not answer.</exception>
    Task<bool> AppendAsync(string organization, ulong sequence, byte[] record, CancellationToken cancellationToken);
}
