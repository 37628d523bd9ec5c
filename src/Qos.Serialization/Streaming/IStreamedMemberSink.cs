namespace Qos.Serialization;

/// <summary>Takes the bytes of a streamed member while they arrive.</summary>
public interface IStreamedMemberSink
{
    /// <summary>Takes the next bytes, decoded from hex; at most 16 KiB at a time, and not at all if the member is empty.</summary>
    /// <param name="decoded">Ends with the call. What these bytes belong to has not been checked yet: the message may still be refused.</param>
    void Write(ReadOnlySpan<byte> decoded);
}
