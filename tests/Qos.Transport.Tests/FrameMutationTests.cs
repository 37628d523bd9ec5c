namespace Qos.Transport.Tests;

/// <summary>Hostile bytes in place of frames: every outcome is a body that was really sent, an end, or one named error.</summary>
public sealed class FrameMutationTests
{
    [Fact]
    public async Task Mutated_streams_of_frames_end_in_a_named_error_or_not_at_all()
    {
        for (int seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            byte[] stream = [.. Enumerable.Range(0, random.Next(1, 6)).SelectMany(i => Pipes.Frame(Pipes.Bytes(random.Next(700), i)))];
            for (int i = random.Next(4); i > 0; i--)
                stream[random.Next(stream.Length)] ^= (byte)(1 << random.Next(8));
            stream = stream[..random.Next(stream.Length + 1)];

            using var reader = new FrameReader(new PieceStream(stream, 1 + random.Next(900)), FrameLimits.Default, new FakeTime());
            long total = 0;
            try
            {
                while (await reader.NextAsync())
                {
                    using FrameBuffer body = await reader.ReadToEndAsync(1 << 20);
                    Assert.Equal(reader.Length, body.Length);
                    total += FrameReader.HeaderLength + body.Length;
                }

                Assert.Equal(stream.Length, total);
            }
            catch (TransportException e)
            {
                Assert.True(e.Error is TransportError.Oversize or TransportError.Disconnected, $"seed {seed}: {e.Error}");
            }
        }
    }
}
