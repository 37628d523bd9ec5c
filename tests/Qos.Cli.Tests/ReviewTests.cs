namespace Qos.Cli.Tests;

/// <summary>Nobody agrees to what they do not see.</summary>
public class ReviewTests
{
    [Fact]
    public void A_question_about_what_went_into_a_file_is_not_asked()
    {
        var terminal = new Terminal(TextWriter.Null, TextWriter.Null, new ScriptedKeyboard(["y"]), isOutputSeen: false);
        Assert.True(terminal.CanAsk, "a passphrase can be asked for all the same");
        Assert.Throws<UsageException>(() => terminal.Confirm("Do you agree?", "--yes"));
    }

    [Fact]
    public void A_question_about_what_is_kept_for_a_program_comes_after_what_it_is_about()
    {
        using var error = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(TextWriter.Null, error, new ScriptedKeyboard(["y", "y"]));
        terminal.Page.Record = new PageRecord();
        terminal.Page.Heading("A reshare");
        terminal.Page.Field("new share for", "mallory");
        Assert.True(terminal.Confirm("Do you agree?", "--yes"));
        terminal.Page.Line("and more");
        Assert.True(terminal.Confirm("Really?", "--yes"));
        Assert.Equal("A reshare\n  new share for    mallory\nDo you agree? [y/N] and more\nReally? [y/N] ", error.ToString());
    }

    [Theory]
    [InlineData("y", true)]
    [InlineData("YES", true)]
    [InlineData(" yes ", true)]
    [InlineData("", false)]
    [InlineData("n", false)]
    [InlineData("yeah", false)]
    [InlineData("j", false)]
    public void Only_yes_is_a_yes(string answer, bool agreed) => Assert.Equal(
        agreed, new Terminal(TextWriter.Null, TextWriter.Null, new ScriptedKeyboard([answer])).Confirm("Do you agree?", "--yes"));
}
