namespace Qos.Fleet.Storage;

/// <summary>What reading the whole chain of boot proofs came to.</summary>
/// <param name="Records">How many records were read and hold.</param>
/// <param name="Head">The last one's hash, hex: keep it, and any later change of what is before it shows.</param>
/// <param name="Fault">What is wrong with the first record that does not hold; null when all do.</param>
public sealed record ChainReport(long Records, string Head, string? Fault);
