using Qos.Native;
using Tmds.Linux;

namespace Qos.Keys.Tests;

public class SecretMemoryTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(4097)]
    [InlineData(20_000_000)]
    public void Fresh_memory_is_zero_and_writable(int length)
    {
        using SecretMemory secret = SecretMemory.Allocate(length);
        Assert.Equal(length, secret.Span.Length);
        Assert.True(secret.Span.IndexOfAnyExcept((byte)0) < 0);
        secret.Span.Fill(0xa5);
        Assert.True(secret.Span.IndexOfAnyExcept((byte)0xa5) < 0);
    }

    [Fact]
    public void A_disposed_secret_is_gone()
    {
        SecretMemory secret = SecretMemory.CopyOf([1, 2, 3]);
        secret.Dispose();
        secret.Dispose();
        Assert.Throws<ObjectDisposedException>(() => secret.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => secret.Borrow().Span.Length);
    }

    [Fact]
    public void A_borrowed_secret_outlives_its_owner_until_given_back()
    {
        SecretMemory secret = SecretMemory.CopyOf([1, 2, 3]);
        SecretBorrow borrowed = secret.Borrow();
        secret.Dispose();
        Assert.Equal([1, 2, 3], borrowed.Span.ToArray());
        borrowed.Dispose();
        borrowed.Dispose();
        Assert.True(borrowed.Span.IsEmpty);
    }

    [Fact]
    public void A_copy_is_independent()
    {
        byte[] source = [1, 2, 3];
        using SecretMemory copy = SecretMemory.CopyOf(source);
        source[0] = 9;
        Assert.Equal([1, 2, 3], copy.Span.ToArray());
    }

    [Fact]
    public void Text_forms_say_nothing_secret()
    {
        byte[] seed = new TestRandom(40).Bytes(32);
        using SecretMemory secret = SecretMemory.CopyOf(seed);
        using KeySet keys = KeySet.FromSeed(seed);
        foreach (string text in (string[])[$"{secret}", $"{keys}", keys.PublicKey.ToString()])
            Assert.DoesNotContain(Convert.ToHexStringLower(seed)[..8], text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_protected_process_leaves_no_core_file_and_is_not_looked_into()
    {
        const int GetDumpable = 3;
        ProcessMemory.Protect();
        try
        {
            Assert.Matches("Max core file size +0 +0 ", File.ReadAllText("/proc/self/limits"));
            Assert.Equal(0, LibC.prctl(GetDumpable, 0, 0, 0, 0));
        }
        finally
        {
            // The other tests' process may be looked into.
            Assert.Equal(0, LibC.prctl(LibC.PR_SET_DUMPABLE, 1, 0, 0, 0));
        }
    }
}
