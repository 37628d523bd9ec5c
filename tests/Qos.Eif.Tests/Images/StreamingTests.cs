using System.Buffers.Binary;

namespace Qos.Eif.Tests;

/// <summary>Memory does not grow with the image.</summary>
public class StreamingTests
{
    private const long KernelSize = 96L << 20;

    [Fact]
    public void A_large_image_takes_no_more_memory_than_a_small_one()
    {
        RawImage raw = RawImage.Small();
        raw.Sections.RemoveAt(0);
        raw.Sections.Insert(0, (1, []));
        byte[] rest = raw.ToBytes();
        byte[] head = rest[..(RawImage.HeaderSize + 12)];
        BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(RawImage.SizesAt), KernelSize);
        BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(RawImage.HeaderSize + 4), KernelSize);
        for (int i = 1; i < raw.Sections.Count; i++)
        {
            Span<byte> offset = head.AsSpan(RawImage.OffsetsAt + (8 * i), 8);
            BinaryPrimitives.WriteInt64BigEndian(offset, BinaryPrimitives.ReadInt64BigEndian(offset) + KernelSize);
        }

        Read.Image(RawImage.Small().ToBytes());
        using var zeros = new Joined(head, KernelSize, rest[(RawImage.HeaderSize + 12)..]);
        using var pipe = new PipeLike(zeros, mostAtOnce: int.MaxValue);
        long before = GC.GetAllocatedBytesForCurrentThread();
        EifImage image = EifReader.Read(pipe);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(KernelSize, image.Sections[0].Size);
        Assert.Equal(image.Length, pipe.Count);
        Assert.True(allocated < 1 << 20, $"{allocated} bytes were allocated");
    }

    /// <summary>Bytes, zeros that nobody holds, bytes.</summary>
    private sealed class Joined(byte[] head, long zeros, byte[] tail) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => head.Length + zeros + tail.Length;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int length;
            if (_position < head.Length)
            {
                length = Math.Min(buffer.Length, head.Length - (int)_position);
                head.AsSpan((int)_position, length).CopyTo(buffer);
            }
            else if (_position < head.Length + zeros)
            {
                length = (int)Math.Min(buffer.Length, head.Length + zeros - _position);
                buffer[..length].Clear();
            }
            else
            {
                length = (int)Math.Min(buffer.Length, Length - _position);
                tail.AsSpan((int)(_position - head.Length - zeros), length).CopyTo(buffer);
            }

            _position += length;
            return length;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
