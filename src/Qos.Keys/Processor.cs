namespace Qos.Keys;

/// <summary>What the processor must have for the primitives of key sets.</summary>
public static class Processor
{
    /// <summary>
    /// Why envelopes cannot be made or opened on this machine, in one line; null if they can. libsodium has AES-256-GCM only by the processor's
    /// AES and carry-less multiplication instructions. A program asks before it begins, so that it does not fail at its first envelope.
    /// </summary>
    public static string? Unsupported => NSec.Cryptography.Aes256Gcm.IsSupported
        ? null
        : "this processor, or the virtual machine, has no AES-NI and PCLMULQDQ instructions, which AES-256-GCM needs: use a machine that has them (a virtual one with its CPU model \"host\")";
}
