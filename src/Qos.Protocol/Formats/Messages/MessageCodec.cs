using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Messages to and from bytes. Format: docs/protocol/messages.md, Messages.</summary>
public static class MessageCodec
{
    /// <summary>Reads a message: as JSON first, then as Borsh.</summary>
    /// <exception cref="ProtocolException">
    /// <see cref="ProtocolErrorCode.OversizedPayload"/>, <see cref="ProtocolErrorCode.LegacyGenesisNotSupported"/> for genesis in Borsh, or
    /// <see cref="ProtocolErrorCode.ProtocolMsgDeserialization"/> with what was wrong in words.
    /// </exception>
    public static DecodedMessage Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > ProtocolLimits.MaxMessageBytes)
            throw new ProtocolException(ProtocolErrorCode.OversizedPayload);

        EncodingException notJson;
        try
        {
            return new DecodedMessage(ReadJson(bytes), WireEncoding.Json);
        }
        catch (EncodingException exception)
        {
            notJson = exception;
        }

        try
        {
            return new DecodedMessage(ReadBorsh(bytes), WireEncoding.Borsh);
        }
        catch (EncodingException notBorsh)
        {
            EncodingException reason = LooksLikeJson(bytes) ? notJson : notBorsh;
            throw new ProtocolException(ProtocolErrorCode.ProtocolMsgDeserialization, reason.Message, reason);
        }
    }

    /// <summary>Writes a message in one of the encodings.</summary>
    /// <exception cref="ProtocolException">
    /// <see cref="ProtocolErrorCode.LegacyGenesisNotSupported"/> for genesis in Borsh, <see cref="ProtocolErrorCode.InvalidMsg"/> for a
    /// V2 manifest or a message of ours in Borsh, and for message 23 in JSON.
    /// </exception>
    public static byte[] Encode(ProtocolMessage message, WireEncoding encoding)
    {
        try
        {
            return encoding == WireEncoding.Json ? WriteJson(message) : WriteBorsh(message);
        }
        catch (EncodingException exception)
        {
            throw new ProtocolException(ProtocolErrorCode.InvalidMsg, exception.Message, exception);
        }
    }

    /// <summary>
    /// Writes an answer in its request's encoding, and where that cannot express it, <see cref="ProtocolErrorCode.InvalidMsg"/> in JSON,
    /// as the reference does. A refusal of a request that could not be read is written in JSON as well. Whoever asks gets an answer: whatever
    /// an answer holds that has no form, its connection goes on.
    /// </summary>
    public static byte[] EncodeAnswer(ProtocolMessage answer, WireEncoding encoding)
    {
        try
        {
            return Encode(answer, encoding);
        }
        catch (Exception)
        {
            var refusal = new ProtocolError(ProtocolErrorCode.InvalidMsg);
            return Encode(new ProtocolMessage.ProtocolErrorResponse(refusal), WireEncoding.Json);
        }
    }

    private static ProtocolMessage ReadJson(ReadOnlySpan<byte> bytes)
    {
        var reader = new QosJsonReader(bytes);
        ProtocolMessage message;
        if (reader.PeekKind() == JsonKind.String)
        {
            message = MessageTable.TryGet(reader.ReadString(64), out MessageFormat? unit) && unit.IsUnit
                ? unit.ReadJson(ref reader)
                : throw reader.Error("unknown message, or one that needs fields");
        }
        else
        {
            message = MessageTable.TryGet(JsonVariants.Open(ref reader), out MessageFormat? format) && !format.IsUnit
                ? format.ReadJson(ref reader)
                : throw reader.Error("unknown message");
            JsonVariants.Close(ref reader);
        }

        reader.End();
        return message;
    }

    private static byte[] WriteJson(ProtocolMessage message)
    {
        if (message is ProtocolMessage.BootStandardJsonEnvelopeRequest)
            throw new ProtocolException(ProtocolErrorCode.InvalidMsg, "message 23 is Borsh only");
        MessageFormat format = MessageTable.Of(message);
        using var writer = new QosJsonWriter(JsonForm.Canonical);
        if (format.IsUnit)
        {
            format.WriteJson(writer, message);
            return writer.ToArray();
        }

        writer.BeginObject();
        writer.WritePropertyName(format.Name);
        format.WriteJson(writer, message);
        writer.EndObject();
        return writer.ToArray();
    }

    private static ProtocolMessage ReadBorsh(ReadOnlySpan<byte> bytes)
    {
        var reader = new BorshReader(bytes);
        MessageFormat format = MessageTable.ReadIndex(ref reader);
        if (format.Index is MessageIndex.BootGenesisRequest or MessageIndex.BootGenesisResponse)
            throw new ProtocolException(ProtocolErrorCode.LegacyGenesisNotSupported);
        if (!format.CarriesEnvelope)
            return ReadWhole(bytes, ManifestVersion.V1);
        return ReadWithoutEnvelope(bytes, format) ?? FormatChoice.OneOfBorsh(bytes, ReadWhole);
    }

    private static ProtocolMessage ReadWhole(ReadOnlySpan<byte> bytes, ManifestVersion version)
    {
        var reader = new BorshReader(bytes);
        ProtocolMessage message = MessageTable.ReadIndex(ref reader).ReadBorsh(ref reader, version);
        reader.End();
        return message;
    }

    // An answer without its optional envelope fits V1 and V0 and means the same.
    private static ProtocolMessage? ReadWithoutEnvelope(ReadOnlySpan<byte> bytes, MessageFormat format)
    {
        try
        {
            ProtocolMessage message = ReadWhole(bytes, ManifestVersion.V1);
            return format.EnvelopeOf(message) is null ? message : null;
        }
        catch (EncodingException)
        {
            return null;
        }
    }

    private static byte[] WriteBorsh(ProtocolMessage message)
    {
        MessageFormat format = MessageTable.Of(message);
        if (format.Index is MessageIndex.BootGenesisRequest or MessageIndex.BootGenesisResponse)
            throw new ProtocolException(ProtocolErrorCode.LegacyGenesisNotSupported);
        if (format.Index == MessageIndex.None)
            throw new ProtocolException(ProtocolErrorCode.InvalidMsg, "a message of ours is written in JSON only");
        if (format.EnvelopeOf(message)?.Manifest.Version == ManifestVersion.V2)
            throw new ProtocolException(ProtocolErrorCode.InvalidMsg, "a V2 manifest has no Borsh form; use JSON, or message 23 to boot");
        using var writer = new BorshWriter();
        writer.WriteVariant((int)format.Index);
        format.WriteBorsh(writer, message);
        return writer.ToArray();
    }

    // No message's index is a quote or an opening brace.
    private static bool LooksLikeJson(ReadOnlySpan<byte> bytes)
    {
        int first = bytes.IndexOfAnyExcept(" \t\r\n"u8);
        return first >= 0 && bytes[first] is (byte)'{' or (byte)'"';
    }
}
