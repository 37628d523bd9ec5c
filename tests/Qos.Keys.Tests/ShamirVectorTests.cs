using System.Text.Json;
using Qos.Vectors;

namespace Qos.Keys.Tests;

/// <summary>Shares that the reference made, old and new.</summary>
public class ShamirVectorTests
{
    [Fact]
    public void Old_shares_reconstruct()
    {
        foreach (JsonElement vector in Vectors("qos", "shamir.json"))
            CheckEverySubset(vector, System.Text.Encoding.UTF8.GetBytes(vector.Text("secret_utf8")));
    }

    [Fact]
    public void Generated_shares_reconstruct()
    {
        foreach (JsonElement vector in Vectors("qos", "reference_generated", "shamir.json"))
            CheckEverySubset(vector, vector.Bytes("secret"));
    }

    private static void CheckEverySubset(JsonElement vector, byte[] secret)
    {
        SecretMemory[] shares =
            [.. vector.GetProperty("shares").EnumerateArray().Select(share => SecretMemory.CopyOf(Convert.FromHexString(share.GetString()!)))];
        int threshold = vector.GetProperty("k").GetInt32();
        for (int members = 1; members < 1 << shares.Length; members++)
        {
            SecretMemory[] chosen = [.. shares.Where((_, i) => (members >> i & 1) != 0)];
            using SecretMemory reconstructed = Shamir.Reconstruct(chosen);
            bool isSecret = reconstructed.Span.SequenceEqual(secret);
            Assert.True(isSecret == chosen.Length >= threshold, $"k = {threshold}, n = {shares.Length}, members {members:b}: secret {isSecret}");
        }

        foreach (SecretMemory share in shares)
            share.Dispose();
    }

    private static JsonElement.ArrayEnumerator Vectors(params string[] parts) =>
        JsonDocument.Parse(VectorFiles.Bytes(parts)).RootElement.EnumerateArray();
}
