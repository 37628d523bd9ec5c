using System.Text;

namespace Qos.App;

/// <summary>The name of a derived key, as it goes into the derivation. Format: docs/protocol/keys.md, Derived keys.</summary>
internal static class KeyName
{
    private const int MaxBytes = 255;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="ArgumentException">It is empty, too long or no Unicode.</exception>
    internal static byte[] ToBytes(string name)
    {
        if (name.Length is 0 or > MaxBytes)
            throw Refused(name);
        try
        {
            byte[] bytes = s_strict.GetBytes(name);
            return bytes.Length <= MaxBytes ? bytes : throw Refused(name);
        }
        catch (EncoderFallbackException)
        {
            throw Refused(name);
        }
    }

    private static ArgumentException Refused(string name) =>
        new($"The name of a derived key has 1 to {MaxBytes} bytes of UTF-8.", nameof(name));
}
