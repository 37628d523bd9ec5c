namespace Qos.Protocol.Tests;

/// <summary>Text from outside cannot move the cursor, hide or reorder what is shown.</summary>
public sealed class VisibleTextTests
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
    public void Hidden_characters_are_shown_as_escapes(string text, string shown) => Assert.Equal(shown, VisibleText.Escape(text));

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
}
