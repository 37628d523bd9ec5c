using System.Text;
using Qos.Client;
using Qos.Keys;

namespace Qos.Cli;

/// <summary>Takes a passphrase key by key into secret memory: there is never a string of it.</summary>
internal static class PassphraseEntry
{
    /// <summary>Reads up to Enter. Backspace takes the last character back, Ctrl-U all of them; Ctrl-D gives up.</summary>
    /// <exception cref="CeremonyException">It is too long, or was given up.</exception>
    public static SecretMemory Read(IKeyboard keyboard)
    {
        using SecretMemory buffer = SecretMemory.Allocate(PassphraseDescriptor.MaxBytes);
        int length = 0;
        char high = '\0';
        while (true)
        {
            ConsoleKeyInfo key = keyboard.ReadKey();
            char c = key.KeyChar;
            char before = high;
            high = '\0';
            if (key.Key == ConsoleKey.Enter || c is '\r' or '\n')
                return SecretMemory.CopyOf(buffer.Span[..length]);
            if (key.Key == ConsoleKey.Backspace || c is '\b' or '\x7f')
                length = WithoutLast(buffer.Span[..length]);
            else if (c == '\x15')
                length = 0;
            else if (c == '\x04')
                throw new CeremonyException("Given up with Ctrl-D; nothing was done.");
            else if (char.IsHighSurrogate(c))
                high = c;
            else if (!char.IsControl(c) && (Rune.TryCreate(c, out Rune rune) || Rune.TryCreate(before, c, out rune)))
                length = Append(buffer.Span, length, rune);
        }
    }

    private static int Append(Span<byte> buffer, int length, Rune rune) => rune.TryEncodeToUtf8(buffer[length..], out int written)
        ? length + written
        : throw new CeremonyException($"A passphrase has at most {buffer.Length} bytes.");

    private static int WithoutLast(ReadOnlySpan<byte> text)
    {
        int end = text.Length;
        while (end > 0 && (text[end - 1] & 0xC0) == 0x80)
            end--;
        return Math.Max(0, end - 1);
    }
}
