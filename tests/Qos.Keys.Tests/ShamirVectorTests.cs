using System.Text;
using System.Text.Json;
using Qos.Vectors;

namespace Qos.Keys.Tests;

/// <summary>Shares that the reference made, old and new.</summary>
public class ShamirVectorTests
{
    [Fact]
    public void Old_shares_reconstruct()
    {
        JsonElement.ArrayEnumerator vectors = Vectors("qos", "shamir.json");
        Assert.NotEmpty(vectors);
        foreach (JsonElement vector in vectors)
            CheckSubsets(vector, Encoding.UTF8.GetBytes(vector.Text("secret_utf8")));
    }

    [Fact]
    public void Generated_shares_reconstruct()
    {
        JsonElement.ArrayEnumerator vectors = Vectors("qos", "reference_generated", "shamir.json");
        Assert.NotEmpty(vectors);
        foreach (JsonElement vector in vectors)
            CheckSubsets(vector, vector.Bytes("secret"));
    }

    // The reference's sets go up to 255 members; ours of that form go the same way.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 255)]
    [InlineData(128, 255)]
    [InlineData(255, 255)]
    public void Large_sets_are_checked_alike(int threshold, int members)
    {
        byte[] secret = new TestRandom(members + threshold).Bytes(32);
        SecretMemory[] shares = threshold == 1
            ? [SecretMemory.CopyOf([1, .. secret])]
            : [.. Shamir.Split(secret, members, threshold, new TestRandom(7))];
        string[] hex = [.. shares.Select(static share => Convert.ToHexStringLower(share.Span))];
        CheckSubsets(JsonSerializer.SerializeToElement(new { k = threshold, n = members, shares = hex }), secret);
    }

    private static void CheckSubsets(JsonElement vector, byte[] secret)
    {
        SecretMemory[] shares =
            [.. vector.GetProperty("shares").EnumerateArray().Select(share => SecretMemory.CopyOf(Convert.FromHexString(share.GetString()!)))];
        int threshold = vector.GetProperty("k").GetInt32();
        Assert.Equal(vector.GetProperty("n").GetInt32(), shares.Length);
        foreach (SecretMemory[] chosen in shares.Length <= 10 ? EverySubset(shares) : SubsetsNear(threshold, shares))
        {
            using SecretMemory reconstructed = Shamir.Reconstruct(chosen);
            bool isSecret = reconstructed.Span.SequenceEqual(secret);
            string identifiers = string.Join(' ', chosen.Select(static share => share.Span[0]));
            Assert.True(isSecret == chosen.Length >= threshold, $"k = {threshold}, n = {shares.Length}, shares {identifiers}: secret {isSecret}");
        }

        foreach (SecretMemory share in shares)
            share.Dispose();
    }

    private static IEnumerable<SecretMemory[]> EverySubset(SecretMemory[] shares) =>
        from members in Enumerable.Range(1, (1 << shares.Length) - 1)
        select shares.Where((_, i) => (members >> i & 1) != 0).ToArray();

    // A large set has too many subsets: the first and last ones of the sizes that decide, all, and some drawn in any order.
    private static IEnumerable<SecretMemory[]> SubsetsNear(int threshold, SecretMemory[] shares)
    {
        var random = new Random(255);
        foreach (int size in (int[])[threshold - 1, threshold, Math.Min(threshold + 1, shares.Length), shares.Length])
        {
            if (size == 0)
                continue;

            yield return shares[..size];
            yield return shares[^size..];
            for (int i = 0; i < 4; i++)
                yield return random.GetItems(shares, shares.Length).Concat(shares).Distinct().Take(size).ToArray();
        }
    }

    private static JsonElement.ArrayEnumerator Vectors(params string[] parts) =>
        JsonDocument.Parse(VectorFiles.Bytes(parts)).RootElement.EnumerateArray();
}
