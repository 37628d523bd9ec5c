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
