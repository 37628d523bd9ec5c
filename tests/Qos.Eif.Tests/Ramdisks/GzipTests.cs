using System.IO.Compression;
using FsCheck;
using FsCheck.Fluent;

namespace Qos.Eif.Tests;

/// <summary>The compressor against the framework's decompressor.</summary>
public class GzipTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(257)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(65537)]
    [InlineData(200_000)]
    public void Data_of_every_kind_come_back(int length)
    {
        var random = new Random(length);
        byte[] noise = new byte[length];
        random.NextBytes(noise);
        byte[] few = [.. noise.Select(static value => (byte)(value % 3))];
        byte[] steps = [.. noise.Select(static (_, i) => (byte)(i / 1000))];
        byte[] repeated = [.. noise.Select((_, i) => noise[i % Math.Min(length, 40_000)])];
        byte[][] kinds = [noise, few, steps, repeated, new byte[length]];
        Assert.All(kinds, static data => Assert.True(Inflate(Compress(data)).AsSpan().SequenceEqual(data)));
        Assert.InRange(Compress(noise).Length, length, length + 64 + (length / 1000));
        Assert.InRange(Compress(new byte[length]).Length, 20, 64 + (length / 200));
    }

    [Fact]
    public void Whatever_comes_in_comes_back() =>
        Prop.ForAll<byte[], byte, int>(static (data, value, repeats) =>
        {
            byte[] text = [.. data ?? [], .. Enumerable.Repeat(value, Math.Abs(repeats % 700)), .. data ?? []];
            return Inflate(Compress(text)).AsSpan().SequenceEqual(text);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void It_compresses_about_as_well_as_others()
    {
        byte[] program = File.ReadAllBytes(typeof(GzipTests).Assembly.Location);
        using var other = new MemoryStream();
        using (var gzip = new GZipStream(other, CompressionLevel.SmallestSize, leaveOpen: true))
            gzip.Write(program);
        Assert.InRange(Compress(program).Length, 1, other.Length * 1.03);
    }

    private static byte[] Compress(byte[] data)
    {
        using var output = new MemoryStream();
        GzipWriter.Write(data, output);
        Assert.Equal(0, output.Length % 4);
        return output.ToArray();
    }

    private static byte[] Inflate(byte[] compressed)
    {
        using var input = new MemoryStream(compressed);
        using var gzip = new GZipStream(input, CompressionMode.Decompress);
        using var output = new MemoryStream();
        gzip.CopyTo(output);
        return output.ToArray();
    }
}
