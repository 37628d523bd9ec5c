using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Qos.Arguments;

/// <summary>
/// Standard input, output and error as a program gets them: any of them may be closed, or lead to a full disk. A closed one must not become the number of a file or a
/// connection, into which would go what is printed; and a complaint that cannot be written changes nothing about how the program ends.
/// </summary>
public static class StandardStreams
{
    private const int Error = 2;

    // For as long as the process lives.
    private static readonly List<SafeFileHandle> s_occupied = [];

    /// <summary>Makes them safe to use. To be called first, before anything is opened.</summary>
    /// <param name="mayLoseOutput">Whether what is printed while standard output is closed is lost, as a service's log; else printing fails with an <see cref="IOException"/>.</param>
    public static void Prepare(bool mayLoseOutput)
    {
        // Into one that can only be read nothing is written by mistake.
        while (true)
        {
            SafeFileHandle spare = File.OpenHandle("/dev/null", FileMode.Open, mayLoseOutput ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite);
            if (spare.DangerousGetHandle() > Error)
            {
                spare.Dispose();
                break;
            }

            s_occupied.Add(spare);
        }

        Console.SetOut(Writer(new Checked(Console.OpenStandardOutput(), mayBeClosed: mayLoseOutput, mayBeFull: false)));
        Console.SetError(Writer(new Checked(Console.OpenStandardError(), mayBeClosed: true, mayBeFull: true)));
    }

    /// <summary>Says in one line on standard error why a program does not go on.</summary>
    /// <returns><paramref name="status"/>.</returns>
    public static int Complain(string program, string what, int status)
    {
        Console.Error.WriteLine($"{program}: {what}");
        return status;
    }

    private static StreamWriter Writer(Stream stream) => new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };

    private sealed class Checked(Stream stream, bool mayBeClosed, bool mayBeFull) : Stream
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

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                stream.Write(buffer);
            }
            catch (UnauthorizedAccessException e)
            {
                // So the framework tells of a descriptor that cannot be written to.
                if (!mayBeClosed)
                    throw new IOException("standard output is closed", e);
            }
            catch (IOException) when (mayBeFull)
            {
                // There is nowhere to say it.
            }
        }
    }
}
