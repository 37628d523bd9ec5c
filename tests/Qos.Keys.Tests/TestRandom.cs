using System.Security.Cryptography;

namespace Qos.Keys.Tests;

/// <summary>Reproducible bytes: SHA-256 of a seed and a counter.</summary>
internal sealed class TestRandom(int seed) : IRandomSource
{
    private int _counter;

    public void Fill(Span<byte> destination)
    {
        Span<byte> input = stackalloc byte[8];
        while (!destination.IsEmpty)
        {
            BitConverter.TryWriteBytes(input, seed);
            BitConverter.TryWriteBytes(input[4..], _counter++);
            byte[] block = SHA256.HashData(input);
            int taken = Math.Min(block.Length, destination.Length);
            block.AsSpan(0, taken).CopyTo(destination);
            destination = destination[taken..];
        }
    }

    public byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        Fill(bytes);
        return bytes;
    }
}
