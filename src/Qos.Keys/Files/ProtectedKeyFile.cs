namespace Qos.Keys;

/// <summary>A secret file under a passphrase.</summary>
public static class ProtectedKeyFile
{
    private static ReadOnlySpan<byte> Header => "qos-protected-key-v1"u8;

    /// <summary>Whether a key file's bytes are of this form.</summary>
    public static bool IsProtected(ReadOnlySpan<byte> content) => content.StartsWith(Header);
}
