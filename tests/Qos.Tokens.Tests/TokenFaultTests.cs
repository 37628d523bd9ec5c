using static Qos.Tokens.LibPkcs11;

namespace Qos.Tokens.Tests;

/// <summary>What SoftHSM2 never answers and hardware does.</summary>
public class TokenFaultTests
{
    [Theory]
    [InlineData(0xA0, 0x10000, "does not say how many")]
    [InlineData(0xA0, 0x20000, "one try is left")]
    [InlineData(0xA0, 0x40000, "is locked")]
    [InlineData(0xA2, 0x20000, "one try is left")]
    [InlineData(0xA4, 0, "is locked")]
    [InlineData(0xA3, 0, "has expired")]
    [InlineData(0x32, 0, "went away while logging in")]
    [InlineData(0x102, 0, "no user PIN yet")]
    public void A_refused_pin_tells_of_the_tries_that_are_left(int answer, int flags, string expected)
    {
        var token = new TokenSlot(0, "ops", "maker", "model", "77", (nuint)flags);
        string message = TokenFault.FromPin((nuint)answer, token).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData(0x30, "does not answer as it should while signing")]
    [InlineData(0x32, "went away while signing")]
    [InlineData(0xE0, "went away while signing")]
    [InlineData(0xB0, "went away while signing")]
    [InlineData(0x50, "waited for a touch")]
    [InlineData(0x6, "touch that did not come")]
    [InlineData(0x101, "wants its PIN again")]
    [InlineData(0x70, "does not support signing")]
    [InlineData(0x68, "not allowed to be used for signing")]
    [InlineData(0x123456, "0x123456")]
    public void A_refusal_is_one_line_in_words(int answer, string expected) =>
        Assert.Contains(expected, TokenFault.From((nuint)answer, "signing").Message, StringComparison.Ordinal);

    [Fact]
    public void A_locked_token_gets_no_pin()
    {
        var token = new TokenSlot(0, "ops", "maker", "model", "77", CKF_USER_PIN_LOCKED);
        Assert.True(token.IsLocked);
        Assert.Contains("unblock it", TokenFault.Locked(token).Message, StringComparison.Ordinal);
    }

    /// <summary>The loader would wait for it.</summary>
    [Fact]
    public async Task A_pipe_in_the_modules_place_is_refused()
    {
        string pipe = Path.Combine(Path.GetTempPath(), $"qos-module-{Guid.NewGuid():N}");
        try
        {
            using (var made = System.Diagnostics.Process.Start("mkfifo", [pipe]))
                await made.WaitForExitAsync();
            TokenException refused = await Assert.ThrowsAsync<TokenException>(() => Task.Run(() => TokenModule.Open(pipe)).WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.Equal($"The token's module {pipe} is a pipe or a device, and no library.", refused.Message);
        }
        finally
        {
            File.Delete(pipe);
        }
    }
}
