using System.Buffers.Binary;
using System.Text;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Client;

/// <summary>
/// A boot request as its bytes before and after the pivot, so that a client sends a pivot of 60 MiB from its file without holding it.
/// Format: docs/protocol/messages.md, Messages (3, 13, 23).
/// </summary>
public sealed class BootRequestWriter
{
    private const int BlockBytes = 32 * 1024;

    /// <summary>A request for a pivot of a known length.</summary>
    /// <param name="envelope">The approved manifest.</param>
    /// <param name="form">How to write it.</param>
    /// <param name="pivotLength">The pivot's length in bytes.</param>
    /// <exception cref="ProtocolException"><see cref="ProtocolErrorCode.OversizedPayload"/> when the message would be above its limit.</exception>
    /// <exception cref="InvalidOperationException">A V2 manifest in Borsh.</exception>
    public BootRequestWriter(ManifestEnvelope envelope, BootRequestForm form, long pivotLength)
    {
        Form = form;
        PivotLength = pivotLength;
        (Prefix, Suffix) = PivotIsHex ? Json(envelope, form) : (Raw(envelope, form, pivotLength), []);
        if (pivotLength < 0 || TotalLength > ProtocolLimits.MaxMessageBytes)
        {
            throw new ProtocolException(
                ProtocolErrorCode.OversizedPayload,
                $"the boot request would have {TotalLength} bytes; at most {ProtocolLimits.MaxMessageBytes} are allowed"
                + (PivotIsHex ? ", and the raw form needs half" : ""));
        }
    }

    /// <summary>How the request is written.</summary>
    public BootRequestForm Form { get; }

    /// <summary>The pivot's length in bytes.</summary>
    public long PivotLength { get; }

    /// <summary>Whether the pivot goes between prefix and suffix as lower-case hex; otherwise as it is.</summary>
    public bool PivotIsHex => Form is BootRequestForm.StandardJson or BootRequestForm.KeyForwardJson;

    /// <summary>What goes before the pivot.</summary>
    public ReadOnlyMemory<byte> Prefix { get; }

    /// <summary>What goes after the pivot.</summary>
    public ReadOnlyMemory<byte> Suffix { get; }

    /// <summary>The whole message's length in bytes.</summary>
    public long TotalLength => Prefix.Length + (PivotIsHex ? 2 * PivotLength : PivotLength) + Suffix.Length;

    /// <summary>Writes the message, with the pivot read from a stream in small blocks.</summary>
    /// <exception cref="EndOfStreamException">The pivot is shorter than announced.</exception>
    /// <exception cref="InvalidDataException">The pivot is longer than announced.</exception>
    public async Task WriteAsync(Stream destination, Stream pivot, CancellationToken cancellationToken = default)
    {
        await destination.WriteAsync(Prefix, cancellationToken).ConfigureAwait(false);
        byte[] block = new byte[BlockBytes];
        byte[] hex = PivotIsHex ? new byte[2 * BlockBytes] : [];
        long left = PivotLength;
        while (left > 0)
        {
            int read = await pivot.ReadAsync(block.AsMemory(0, (int)Math.Min(left, BlockBytes)), cancellationToken).ConfigureAwait(false);
            if (read == 0)
                throw new EndOfStreamException($"The pivot ended {left} bytes early; it changed while it was read.");
            left -= read;
            ReadOnlyMemory<byte> part = block.AsMemory(0, read);
            if (PivotIsHex)
            {
                Hex.Encode(part.Span, hex.AsSpan(0, 2 * read));
                part = hex.AsMemory(0, 2 * read);
            }

            await destination.WriteAsync(part, cancellationToken).ConfigureAwait(false);
        }

        if (await pivot.ReadAsync(block.AsMemory(0, 1), cancellationToken).ConfigureAwait(false) != 0)
            throw new InvalidDataException("The pivot is longer than announced; it changed while it was read.");
        await destination.WriteAsync(Suffix, cancellationToken).ConfigureAwait(false);
    }

    private static (byte[] Prefix, byte[] Suffix) Json(ManifestEnvelope envelope, BootRequestForm form)
    {
        string name = form == BootRequestForm.KeyForwardJson ? "bootKeyForwardRequest" : "bootStandardRequest";
        byte[] json = ManifestEnvelopeFormat.WriteCanonical(envelope);
        byte[] prefix =
        [
            .. Encoding.UTF8.GetBytes("{\"" + name + "\":{\"manifest_envelope\":"),
            .. json,
            .. ",\"pivot\":\""u8,
        ];
        return (prefix, "\"}}"u8.ToArray());
    }

    private static byte[] Raw(ManifestEnvelope envelope, BootRequestForm form, long pivotLength)
    {
        // What is a value of its own in message 23 has its length before it; the other two go on where the envelope ends.
        bool isText = form == BootRequestForm.StandardRaw;
        byte[] content = isText ? ManifestEnvelopeFormat.WritePlain(envelope) : ManifestEnvelopeFormat.WriteBorsh(envelope);
        byte[] prefix = new byte[1 + (isText ? sizeof(uint) : 0) + content.Length + sizeof(uint)];
        prefix[0] = form switch
        {
            BootRequestForm.StandardRaw => (byte)MessageIndex.BootStandardJsonEnvelopeRequest,
            BootRequestForm.StandardBorsh => (byte)MessageIndex.BootStandardRequest,
            _ => (byte)MessageIndex.BootKeyForwardRequest,
        };
        if (isText)
            BinaryPrimitives.WriteUInt32LittleEndian(prefix.AsSpan(1), (uint)content.Length);
        content.CopyTo(prefix, prefix.Length - sizeof(uint) - content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix.AsSpan(prefix.Length - sizeof(uint)), (uint)pivotLength);
        return prefix;
    }
}
