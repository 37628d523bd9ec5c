using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Qos.Arguments;

/// <summary>
/// Standard input, output and error as a program gets them: any of them may be closed, or lead to a full disk. A closed one must not become the number of a file or a
/// connection, into which would go what is printed; and a complaint that cannot be written changes nothing about how the program ends.
/// </summary>
public static class StandardStreams
{
    private const int Output = 1;
    private const int Error = 2;

    // For as long as the process lives.
    private static readonly List<SafeFileHandle> s_occupied = [];

    /// <summary>Makes them safe to use. To be called first, before anything is opened.</summary>
    /// <param name="mayLoseOutput">Whether what is printed while standard output is closed is lost, as a service's log; else printing fails with an <see cref="IOException"/>.</param>
    public static void Prepare(bool mayLoseOutput)
    {
        bool isOutputClosed = false;
        while (true)
        {
            SafeFileHandle spare = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            nint number = spare.DangerousGetHandle();
            if (number > Error)
            {
                spare.Dispose();
                break;
            }

            s_occupied.Add(spare);
            isOutputClosed |= number == Output;
        }

        if (isOutputClosed && !mayLoseOutput)
            Console.SetOut(Writer(new Stopped()));
        Console.SetError(Writer(new Lossy(Console.OpenStandardError())));
    }

    /// <summary>Says in one line on standard error why a program does not go on.</summary>
    /// <returns><paramref name="status"/>.</returns>
    public static int Complain(string program, string what, int status)
    {
        Console.Error.WriteLine($"{program}: {what}");
        return status;
    }

    private static StreamWriter Writer(Stream stream) => new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };

    private abstract class WriteOnly : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
    }

    private sealed class Stopped : WriteOnly
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("standard output is closed");
    }

    private sealed class Lossy(Stream stream) : WriteOnly
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                stream.Write(buffer);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // There is nowhere to say it.
            }
        }
    }
}
