namespace Qos.Verify;

/// <summary>One of the objects of a stream of proofs, not read yet.</summary>
/// <param name="Number">Which one it is, from 1.</param>
/// <param name="Line">The line on which it begins, from 1.</param>
/// <param name="IsInArray">Whether the stream is one JSON array, not objects behind each other.</param>
/// <param name="Json">Its bytes, valid until the next one is taken.</param>
public readonly record struct ProofObject(long Number, long Line, bool IsInArray, ReadOnlyMemory<byte> Json);
