using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Qos.Client;
using Qos.Keys;

namespace Qos.Cli.Tests;

/// <summary>A passphrase is what was typed, whatever was typed. Format: docs/protocol/keys.md, Secrets in memory.</summary>
public class PassphraseTests
{
    [Theory]
    [InlineData("correct horse", "correct horse")]
    [InlineData("a\bb", "b")]
    [InlineData("ä\u007f\u007fc", "c")]
    [InlineData("wrong\u0015right", "right")]
    [InlineData("\U0001F511\b\U0001F511x", "\U0001F511x")]
    [InlineData("a\u001b\tb", "ab")]
    [InlineData("", "")]
    public void What_is_typed_is_taken(string typed, string expected) => Assert.Equal(expected, Typed(typed));

    // Not as data of a theory: an attribute cannot hold half a character.
    [Fact]
    public void Half_a_character_is_none()
    {
        Assert.Equal("x", Typed("\ud83dx\udd11"));
        Assert.Equal("", Typed("\udd11"));
    }

    [Fact]
    public void Any_keys_give_their_characters()
    {
        Gen<char> key = Gen.OneOf(
            ArbMap.Default.GeneratorFor<char>(), Gen.Choose(0, 0x7f).Select(static c => (char)c), Gen.Elements('\b', '\u0015', '\ud83d', '\udd11', 'ß', '€'));
        Prop.ForAll(key.ArrayOf().Select(static keys => new string([.. keys.Where(static c => c is not ('\r' or '\n' or '\u0004'))])).ToArbitrary(), static typed =>
        {
            string expected = Model(typed);
            string taken = Typed(typed);
            return (taken == expected).Label($"{Escaped(typed)}: {Escaped(taken)} instead of {Escaped(expected)}");
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Ctrl_D_gives_up() => Assert.Throws<CeremonyException>(() => Typed("half of it\u0004"));

    [Fact]
    public void One_that_is_too_long_is_refused()
    {
        Assert.Equal(PassphraseDescriptor.MaxBytes, Typed(new string('a', PassphraseDescriptor.MaxBytes)).Length);
        Assert.Throws<CeremonyException>(() => Typed(new string('a', PassphraseDescriptor.MaxBytes) + "b"));
        Assert.Throws<CeremonyException>(() => Typed(new string('a', PassphraseDescriptor.MaxBytes - 1) + "€"));
    }

    private static string Typed(string typed)
    {
        using SecretMemory passphrase = PassphraseEntry.Read(new ScriptedKeyboard([typed]));
        return Encoding.UTF8.GetString(passphrase.Span);
    }

    // Character by character over a list of them, as a person sees it.
    private static string Model(string typed)
    {
        var characters = new List<Rune>();
        for (int i = 0; i < typed.Length; i++)
        {
            if (typed[i] is '\b' or '\u007f')
            {
                if (characters.Count > 0)
                    characters.RemoveAt(characters.Count - 1);
            }
            else if (typed[i] == '\u0015')
            {
                characters.Clear();
            }
            else if (Rune.TryGetRuneAt(typed, i, out Rune rune))
            {
                i += rune.Utf16SequenceLength - 1;
                if (!Rune.IsControl(rune))
                    characters.Add(rune);
            }
        }

        return string.Concat(characters);
    }

    private static string Escaped(string text) => string.Join(' ', text.Select(static c => ((int)c).ToString("x4", null)));
}
