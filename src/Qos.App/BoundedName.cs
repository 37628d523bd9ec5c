using System.Text;

namespace Qos.App;

/// <summary>A name that goes into what is derived or signed. Format: docs/protocol/keys.md, Derived keys.</summary>
internal static class BoundedName
{
    internal const int MaxBytes = 255;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="name">The name.</param>
    /// <param name="what">What it names, at the beginning of a sentence.</param>
    /// <exception cref="ArgumentException">It is empty, too long or no Unicode.</exception>
    internal static byte[] ToBytes(string name, string what)
    {
        ArgumentNullException.ThrowIfNull(name);
        try
        {
            // A byte takes no more than one character.
            if (name.Length is > 0 and <= MaxBytes && s_strict.GetBytes(name) is { Length: <= MaxBytes } bytes)
                return bytes;
        }
        catch (EncoderFallbackException)
        {
            // Told below.
        }

        throw new ArgumentException($"{what} has 1 to {MaxBytes} bytes of UTF-8.", nameof(name));
    }
}
