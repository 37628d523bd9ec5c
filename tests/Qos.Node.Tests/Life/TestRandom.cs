using System.Security.Cryptography;
using System.Text;
using Qos.Keys;

namespace Qos.Node.Tests;

/// <summary>Random bytes that are the same in every run.</summary>
internal sealed class TestRandom(int seed) : IRandomSource
{
    private readonly Lock _gate = new();
    private long _block;

    public void Fill(Span<byte> destination)
    {
        lock (_gate)
        {
            while (!destination.IsEmpty)
            {
                byte[] block = SHA256.HashData(Encoding.ASCII.GetBytes($"{seed}/{_block++}"));
                int taken = Math.Min(block.Length, destination.Length);
                block.AsSpan(0, taken).CopyTo(destination);
                destination = destination[taken..];
            }
        }
    }
}
