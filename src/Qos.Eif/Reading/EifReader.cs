using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace Qos.Eif;

/// <summary>
/// Reads an image from its first byte to its last, once, in memory that does not grow with it. Format: docs/protocol/eif.md, File. What it accepts has one
/// reading only: sections without gaps or overlaps, table and section headers that agree, kernel first, command line second, nothing
/// behind the end. The checksum and the signature are judged by <see cref="EifVerification"/>.
/// </summary>
public static class EifReader
{
    /// <summary>Reads a file, or what comes out of a pipe.</summary>
    /// <exception cref="EifException">It is not a well-formed image.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static EifImage ReadFile(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path} is missing, or is not a file.", path);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        return Read(file);
    }

    /// <summary>Reads an image to the end of a stream, which need not be seekable.</summary>
    /// <exception cref="EifException">It is not a well-formed image.</exception>
    public static EifImage Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var pass = new Pass(stream);
        return pass.Run();
    }

    private sealed class Pass(Stream stream) : IDisposable
    {
        private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(EifFormat.BufferSize);
        private readonly EifMeasurer _measurer = new();
        private readonly Crc32 _crc = new();
        private long _position;

        public void Dispose()
        {
            _measurer.Dispose();
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        public EifImage Run()
        {
            Span<byte> first = _buffer.AsSpan(0, EifHeader.Size);
            ReadExactly(first, "the header");
            EifHeader header = EifHeader.Parse(first);
            _crc.Append(first[..EifHeader.CrcOffset]);
            RequireLength(header);

            var sections = new List<EifSection>(header.Sizes.Count);
            byte[] commandLine = [];
            byte[]? metadata = null;
            byte[]? signature = null;
            foreach (long size in header.Sizes)
            {
                EifSection section = ReadSectionHeader(header.Version, size, sections);
                sections.Add(section);
                _measurer.Begin(section.Type);
                if (section.Type == EifSectionType.CommandLine)
                    commandLine = Keep(section);
                else if (section.Type == EifSectionType.Metadata)
                    metadata = Keep(section);
                else if (section.Type == EifSectionType.Signature)
                    signature = Keep(section);
                else
                    Pour(section);
            }

            if (stream.Read(_buffer, 0, 1) != 0)
                throw new EifException("bytes follow the last section", _position);
            RequireSections(header.Version, sections);
            KernelCommandLine.Require(commandLine, sections[1].DataOffset);

            EifSignature? parsed = signature is null ? null : EifSignature.Parse(signature);
            return new EifImage(header, sections, commandLine, metadata, signature, parsed, _measurer.Finish(parsed?.CertificateDer), _crc.GetCurrentHashAsUInt32());
        }

        private void RequireLength(EifHeader header)
        {
            if (!stream.CanSeek)
                return;

            // Said at once, before gigabytes are hashed for nothing.
            long expected = header.Sizes.Aggregate((long)EifHeader.Size, static (sum, size) => sum + EifFormat.SectionHeaderSize + size);
            long actual = stream.Length - stream.Position + EifHeader.Size;
            if (actual < expected)
                throw new EifException($"the file has {actual} bytes, its sections end at {expected}: it was cut", actual);
            if (actual > expected)
                throw new EifException($"the file has {actual} bytes, but its sections end earlier: bytes follow the last section", expected);
        }

        private EifSection ReadSectionHeader(ushort version, long size, List<EifSection> before)
        {
            long offset = _position;
            int index = before.Count;
            Span<byte> bytes = _buffer.AsSpan(0, EifFormat.SectionHeaderSize);
            ReadExactly(bytes, $"the header of section {index}");
            _crc.Append(bytes);

            int number = BinaryPrimitives.ReadUInt16BigEndian(bytes);
            var type = (EifSectionType)number;
            ulong stated = BinaryPrimitives.ReadUInt64BigEndian(bytes[4..]);
            if (number is < (int)EifSectionType.Kernel or > (int)EifSectionType.Metadata)
                throw new EifException($"section {index} is of type {number}; 1 to 5 are known", offset);
            if (BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) != 0)
                throw new EifException($"section {index} has flags, and none are known", offset + 2);
            if (stated != (ulong)size)
                throw new EifException($"section {index} says that it has {stated} bytes, the table says {size}", offset + 4);

            RequirePlace(type, index, offset);
            if ((type == EifSectionType.Signature && version < EifFormat.FirstVersionWithSignature)
                || (type == EifSectionType.Metadata && version < EifFormat.FirstVersionWithMetadata))
            {
                throw new EifException($"version {version} has no {EifFormat.NameOf(type)} section", offset);
            }

            if (type is EifSectionType.Signature or EifSectionType.Metadata && before.Exists(other => other.Type == type))
                throw new EifException($"there is a second {EifFormat.NameOf(type)} section", offset);
            if (size == 0 && type != EifSectionType.CommandLine)
                throw new EifException($"the {EifFormat.NameOf(type)} in section {index} is empty", offset + 4);
            int most = type switch
            {
                EifSectionType.CommandLine => EifFormat.MaxCommandLine,
                EifSectionType.Metadata => EifFormat.MaxMetadata,
                EifSectionType.Signature => EifFormat.MaxSignature,
                _ => int.MaxValue,
            };
            if (most != int.MaxValue && size > most)
                throw new EifException($"the {EifFormat.NameOf(type)} in section {index} has {size} bytes; at most {most} may be", offset + 4);
            return new EifSection(type, offset, size);
        }

        private static void RequirePlace(EifSectionType type, int index, long offset)
        {
            EifSectionType? expected = index switch
            {
                0 => EifSectionType.Kernel,
                1 => EifSectionType.CommandLine,
                _ => null,
            };
            if (expected is { } only && type != only)
                throw new EifException($"section {index} is a {EifFormat.NameOf(type)}, but the {EifFormat.NameOf(only)} comes there", offset);
            if (expected is null && type is EifSectionType.Kernel or EifSectionType.CommandLine && index > 1)
                throw new EifException($"section {index} is a second {EifFormat.NameOf(type)}", offset);
        }

        private static void RequireSections(ushort version, List<EifSection> sections)
        {
            if (!sections.Exists(static section => section.Type == EifSectionType.Ramdisk))
                throw new EifException("there is no ramdisk.");
            if (version >= EifFormat.FirstVersionWithMetadata && !sections.Exists(static section => section.Type == EifSectionType.Metadata))
                throw new EifException($"there is no metadata section, which version {version} must have.");
        }

        private byte[] Keep(EifSection section)
        {
            byte[] data = new byte[section.Size];
            ReadExactly(data, $"the {EifFormat.NameOf(section.Type)}");
            _crc.Append(data);
            _measurer.Append(data);
            return data;
        }

        private void Pour(EifSection section)
        {
            for (long left = section.Size; left > 0;)
            {
                int length = stream.Read(_buffer, 0, (int)Math.Min(left, _buffer.Length));
                if (length == 0)
                    throw Cut($"the {EifFormat.NameOf(section.Type)}");
                Span<byte> data = _buffer.AsSpan(0, length);
                _crc.Append(data);
                _measurer.Append(data);
                _position += length;
                left -= length;
            }
        }

        private void ReadExactly(Span<byte> destination, string what)
        {
            int length = stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
            _position += length;
            if (length < destination.Length)
                throw Cut(what);
        }

        private EifException Cut(string what) => new($"the file ends within {what}", _position);
    }
}
