using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;

namespace Qos.Protocol.Tests;

/// <summary>Text from outside cannot move the cursor, hide or reorder what is shown.</summary>
public sealed partial class VisibleTextTests
{
    [Theory]
    [InlineData("plain é 東京 🔑", "plain é 東京 🔑")]
    [InlineData("a\u001b[2Jb", "a\\u{1b}[2Jb")]
    [InlineData("a\nb\tc\r", "a\\u{a}b\\u{9}c\\u{d}")]
    [InlineData("\u202eevil", "\\u{202e}evil")]
    [InlineData("\u2066x\u2069", "\\u{2066}x\\u{2069}")]
    [InlineData("\u200b\u200f\ufeff", "\\u{200b}\\u{200f}\\u{feff}")]
    [InlineData("a\u2028b", "a\\u{2028}b")]
    [InlineData("a\u0085b\u009b", "a\\u{85}b\\u{9b}")]
    [InlineData("a\\u{1b}", "a\\\\u{1b}")]
    [InlineData("\U000E0041", "\\u{e0041}")]
    [InlineData("a\u00a0b", "a\\u{a0}b")]
    [InlineData("a\u2800b", "a\\u{2800}b")]
    [InlineData("\U0001D159", "\\u{1d159}")]
    [InlineData("a\u17b4\u17b5\u180b\u180f", "a\\u{17b4}\\u{17b5}\\u{180b}\\u{180f}")]
    [InlineData("two words", "two words")]
    [InlineData(" alice", "\\u{20}alice")]
    [InlineData("alice ", "alice\\u{20}")]
    [InlineData("--x    debug mode", "--x \\u{20}\\u{20}\\u{20}debug mode")]
    [InlineData(" ", "\\u{20}")]
    public void Hidden_characters_are_shown_as_escapes(string text, string shown) => Assert.Equal(shown, VisibleText.Escape(text));

    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("alice.smith@example.org", "alice.smith@example.org")]
    [InlineData("Zoë-東京_2", "Zoë-東京_2")]
    [InlineData("alice, bob", "\"alice, bob\"")]
    [InlineData("alice, fingerprint 00", "\"alice, fingerprint 00\"")]
    [InlineData("a\"b", "\"a\"\"b\"")]
    [InlineData("(nobody)", "\"(nobody)\"")]
    [InlineData("", "\"\"")]
    public void A_name_never_looks_like_two(string name, string shown) => Assert.Equal(shown, VisibleText.Name(name));

    [Fact]
    public void Lone_surrogates_are_shown()
    {
        // Attributes cannot carry them, so they are made here.
        string text = "a" + (char)0xD800 + "b";
        Assert.True(VisibleText.NeedsEscape(text));
        Assert.Equal("a\\u{d800}b", VisibleText.Escape(text));
    }

    [Fact]
    public void Two_texts_never_look_the_same_for_their_escapes()
    {
        Assert.NotEqual(VisibleText.Escape("\u001b"), VisibleText.Escape("\\u{1b}"));
        Assert.False(VisibleText.NeedsEscape("plain"));
        Assert.True(VisibleText.NeedsEscape("\u202e"));
    }

    [Fact]
    public void Any_text_is_shown_whole_and_visible()
    {
        string[] pieces = ["a", " ", "\\", "u{", "1b}", "\u001b", "\u202e", "\u00a0", "\U0001F511", "\U000E0041", ((char)0xD83D).ToString(), ((char)0xDD11).ToString(), "é"];
        Prop.ForAll<int[]>(choices =>
        {
            string text = string.Concat(choices.Select(choice => pieces[(int)((uint)choice % pieces.Length)]));
            string shown = VisibleText.Escape(text);
            Assert.False(VisibleText.NeedsEscape(shown), shown);
            Assert.Equal(text, Unescaped(shown));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    // That it can be undone shows that two different texts never look the same.
    private static string Unescaped(string shown) => EscapeSequence().Replace(shown, static match => match.Groups[1].Success
        ? Character(Convert.ToInt32(match.Groups[1].Value, 16))
        : "\\");

    private static string Character(int value) => value is >= 0xD800 and < 0xE000 ? ((char)value).ToString() : char.ConvertFromUtf32(value);

    [GeneratedRegex(@"\\u\{([0-9a-f]+)\}|\\\\")]
    private static partial Regex EscapeSequence();
}
