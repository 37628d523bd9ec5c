using Qos.Encoding;
using Qos.Vectors;

namespace Qos.Verify.Tests;

/// <summary>Many proofs in one file, taken one by one.</summary>
public sealed class ProofStreamTests
{
    private static List<string> Objects(string text, int chunk = int.MaxValue)
    {
        using var stream = new ChunkedStream(System.Text.Encoding.UTF8.GetBytes(text), chunk);
        return [.. ProofStream.Objects(stream).Select(bytes => System.Text.Encoding.UTF8.GetString(bytes.Span))];
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"a\":1}", "{\"a\":1}")]
    [InlineData("{}\n{}\r\n", "{}", "{}")]
    [InlineData("[ {\"a\":{\"b\":\"}\"}} , {\"c\":\"\\\"}{\"} ]", "{\"a\":{\"b\":\"}\"}}", "{\"c\":\"\\\"}{\"}")]
    [InlineData("{\"a\":\"\\\\\"}{}", "{\"a\":\"\\\\\"}", "{}")]
    public void Objects_are_found_wherever_blocks_end(string text, params string[] expected)
    {
        for (int chunk = 1; chunk <= text.Length + 1; chunk++)
            Assert.Equal(expected, Objects(text, chunk));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"a\":\"}")]
    [InlineData("7")]
    [InlineData("{} x")]
    [InlineData("\"text\"")]
    public void Anything_else_is_refused(string text) => Assert.Throws<EncodingException>(() => Objects(text));

    [Fact]
    public void The_published_proof_many_times_over_is_verified_each_time()
    {
        byte[] line = VectorFiles.Bytes("proofs", "turnkey_1.json");
        const int Count = 64;
        using var stream = new MemoryStream();
        for (int i = 0; i < Count; i++)
            stream.Write(line);
        stream.Position = 0;

        var verifier = new ProofVerifier(new() { Time = ValidationTime.Document, AllowUncommitted = true });
        int valid = ProofStream.Objects(stream).Count(bytes => verifier.Verify(PublishedProof.Parse(bytes.Span)).IsValid);
        Assert.Equal(Count, valid);
    }

    /// <summary>Gives at most so many bytes at once.</summary>
    private sealed class ChunkedStream(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, chunk)]);
    }
}
