using System.Text;
using Qos.Protocol;
using Qos.Serialization;
using Qos.Vectors;

namespace Qos.Verify.Tests;

/// <summary>Many proofs in one file, taken one by one.</summary>
public sealed class ProofStreamTests
{
    private static List<string> Objects(string text, int chunk = int.MaxValue)
    {
        using var stream = new ChunkedStream(Encoding.UTF8.GetBytes(text), chunk);
        return [.. ProofStream.Objects(stream).Select(found => Encoding.UTF8.GetString(found.Json.Span))];
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
    [InlineData("{", "the input ends within a proof, in proof 1, which begins on line 1, at byte 1.")]
    [InlineData("{\"a\":\"}", "the input ends within a proof, in proof 1, which begins on line 1, at byte 7.")]
    [InlineData("{}\n{}\n\n{\n\n", "the input ends within a proof, in proof 3, which begins on line 4, at byte 10.")]
    [InlineData("7", "expected a proof, an object, on line 1, at byte 0.")]
    [InlineData("{} x", "expected a proof, an object, behind proof 1, on line 1, at byte 3.")]
    [InlineData("{}\n,{}", "expected a proof, an object, behind proof 1, on line 2, at byte 3.")]
    [InlineData("\"text\"", "expected a proof, an object, on line 1, at byte 0.")]
    [InlineData("\uFEFF{}", "expected a proof, an object, on line 1, at byte 0.")]
    [InlineData("]", "expected a proof, an object, on line 1, at byte 0.")]
    [InlineData("[[{}]]", "expected a proof, an object, on line 1, at byte 1.")]
    [InlineData("[,{}]", "expected a proof, an object, on line 1, at byte 1.")]
    [InlineData("[{},]", "expected a proof, an object, behind proof 1, on line 1, at byte 4.")]
    [InlineData("[{},,{}]", "expected a proof, an object, behind proof 1, on line 1, at byte 4.")]
    [InlineData("[{} {}]", "expected a comma or the array's end, behind proof 1, on line 1, at byte 4.")]
    [InlineData("[{}", "the input ends within its array, behind proof 1, on line 1, at byte 3.")]
    [InlineData("[{}]{}", "expected nothing behind the array, behind proof 1, on line 1, at byte 4.")]
    [InlineData("{}[{}]", "expected a proof, an object, behind proof 1, on line 1, at byte 2.")]
    public void Anything_else_is_refused_with_its_place(string text, string message)
    {
        for (int chunk = 1; chunk <= text.Length + 1; chunk++)
            Assert.Equal(message, Assert.Throws<EncodingException>(() => Objects(text, chunk)).Message);
    }

    [Fact]
    public void Numbers_and_lines_tell_where_a_proof_is()
    {
        using var stream = new MemoryStream("[{},\n{\n\"a\":\n1},{}\n\n,{}]"u8.ToArray());
        Assert.Equal(
            [(1, 1, true), (2, 2, true), (3, 4, true), (4, 6, true)],
            ProofStream.Objects(stream).Select(found => (found.Number, found.Line, found.IsInArray)));
    }

    [Theory]
    [InlineData("{\"a\":")]
    [InlineData("{\"a\":[")]
    public void What_nests_without_end_is_refused_before_it_is_held(string level)
    {
        using var stream = new EndlessStream(Encoding.UTF8.GetBytes(level));
        EncodingException refused = Assert.Throws<EncodingException>(() => ProofStream.Objects(stream).Count());
        Assert.StartsWith("the proof nests deeper than 64 levels, in proof 1, which begins on line 1", refused.Message, StringComparison.Ordinal);
        Assert.InRange(stream.Given, 0, 1024 * 1024);
    }

    [Theory]
    [InlineData("{\"", "x")]
    [InlineData("{", " ")]
    public void A_proof_without_end_is_refused_at_the_limit(string start, string filling)
    {
        using var stream = new EndlessStream(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(filling, 4096))), Encoding.UTF8.GetBytes(start));
        EncodingException refused = Assert.Throws<EncodingException>(() => ProofStream.Objects(stream).Count());
        Assert.StartsWith($"the proof is longer than {ProofStream.MaxProofBytes} bytes, in proof 1", refused.Message, StringComparison.Ordinal);
        Assert.InRange(stream.Given, ProofStream.MaxProofBytes, ProofStream.MaxProofBytes + (1024 * 1024));
    }

    [Fact]
    public void Random_objects_come_out_as_they_went_in()
    {
        const int Seed = 5;
        var random = new Random(Seed);
        for (int run = 0; run < 300; run++)
        {
            string[] proofs = [.. Enumerable.Range(0, random.Next(6)).Select(_ => RandomObject(random, 0))];
            bool isArray = random.Next(2) == 0;
            string text = isArray ? $"[{string.Join(" ,\n", proofs)}]" : string.Join(random.Next(2) == 0 ? "\n" : "", proofs);
            int chunk = random.Next(1, 20);
            Assert.True(proofs.SequenceEqual(Objects(text, chunk)), $"seed {Seed}, run {run}, chunk {chunk}: {text}");
        }
    }

    [Fact]
    public void One_that_cannot_be_verified_does_not_hide_the_others()
    {
        string good = Encoding.UTF8.GetString(VectorFiles.Bytes("proofs", "turnkey_1.json")).Trim();
        PublishedProof read = PublishedProof.Parse(Encoding.UTF8.GetBytes(good));
        string forged = good.Replace(read.App!.SignatureHex, new string('1', 128), StringComparison.Ordinal);
        string[] proofs = [good, "{\"appProof\":7}", forged, "{}", Encoding.UTF8.GetString(read.Boot!.ToJson()), good];
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', proofs)));

        var verifier = new ProofVerifier(SimulatedDeployment.AwsOptions with { Time = ValidationTime.Document, AllowUncommitted = true });
        var tally = new ProofTally();
        List<string> seen = [];
        foreach (StreamedProof proof in ProofStream.Verify(stream, verifier))
        {
            tally.Add(proof);
            seen.Add($"{proof.Number} {proof.Line} {proof.IsValid} {proof.Problem ?? proof.Result!.Failures.FirstOrDefault()?.Name}".TrimEnd());
        }

        Assert.Equal(
            [
                "1 1 True",
                "2 22 False is not a proof: the app proof is not an object",
                "3 23 False app.signature",
                "4 44 False is not a proof: the file holds neither an app proof nor a boot proof",
                "5 45 False should hold an app proof and a boot proof: {\"appProof\":…,\"bootProof\":…}",
                "6 46 True",
            ],
            seen);
        Assert.Equal((6, 2, 4, 2, 1), (tally.Proofs, tally.Accepted, tally.Refused, tally.Waived, tally.Keys));
    }

    [Theory]
    [InlineData(ProofPart.AppProof, "True True False")]
    [InlineData(ProofPart.BootProof, "True False True")]
    [InlineData(ProofPart.Deployment, "True False False")]
    public void The_part_that_is_asked_for_is_what_is_verified(ProofPart part, string valid)
    {
        using var node = new SimulatedDeployment();
        string app = Encoding.UTF8.GetString(Json(node.App())), boot = Encoding.UTF8.GetString(node.Boot().ToJson());
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes($"{{\"appProof\":{app},\"bootProof\":{boot}}}{app}{boot}"));
        StreamedProof[] proofs = [.. ProofStream.Verify(stream, new ProofVerifier(SimulatedDeployment.Options), part)];
        Assert.Equal(valid, string.Join(' ', proofs.Select(proof => proof.IsValid)));
    }

    private static byte[] Json(AppProof proof) => System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new
    {
        scheme = proof.Scheme,
        publicKey = proof.PublicKeyHex,
        proofPayload = proof.Payload,
        signature = proof.SignatureHex,
    });

    private static string RandomObject(Random random, int depth)
    {
        string Text() => "\"" + string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => (string[])["a", "{", "}", "[", "]", ",", "\\\"", "\\\\", "\n", "é"]).Select(all => all[random.Next(all.Length)])) + "\"";
        string Value() => random.Next(depth > 3 ? 2 : 4) switch
        {
            0 => Text(),
            1 => "1",
            2 => RandomObject(random, depth + 1),
            _ => $"[{string.Join(',', Enumerable.Range(0, random.Next(3)).Select(_ => RandomObject(random, depth + 1)))}]",
        };
        return $"{{{string.Join(" , ", Enumerable.Range(0, random.Next(3)).Select(_ => $"{Text()}: {Value()}"))}}}";
    }

    [Fact]
    public void The_published_proof_many_times_over_is_verified_each_time()
    {
        byte[] line = VectorFiles.Bytes("proofs", "turnkey_1.json");
        const int Count = 64;
        using var stream = new MemoryStream();
        for (int i = 0; i < Count; i++)
            stream.Write(line);
        stream.Position = 0;

        var verifier = new ProofVerifier(SimulatedDeployment.AwsOptions with { Time = ValidationTime.Document, AllowUncommitted = true });
        Assert.Equal(Count, ProofStream.Verify(stream, verifier).Count(proof => proof.IsValid));
    }

    /// <summary>Gives at most so many bytes at once.</summary>
    private sealed class ChunkedStream(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, chunk)]);
    }

    /// <summary>Gives the same bytes again and again.</summary>
    private sealed class EndlessStream(byte[] bytes, byte[]? first = null) : MemoryStream
    {
        public long Given { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            ReadOnlySpan<byte> next = Given == 0 && first is not null ? first : bytes;
            next = next[..Math.Min(next.Length, buffer.Length)];
            next.CopyTo(buffer);
            Given += next.Length;
            return next.Length;
        }
    }
}
