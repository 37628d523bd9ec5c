using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Messages to and from bytes. Specification: protocol, Messages.</summary>
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
            return new DecodedMessage(MessageJson.Read(bytes), WireEncoding.Json);
        }
        catch (EncodingException exception)
        {
            notJson = exception;
        }

        try
        {
            return new DecodedMessage(MessageBorsh.Read(bytes), WireEncoding.Borsh);
        }
        catch (EncodingException notBorsh)
        {
            EncodingException reason = MeansJson(bytes) ? notJson : notBorsh;
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
            return encoding == WireEncoding.Json
                ? MessageJson.Write(message) ?? throw new ProtocolException(ProtocolErrorCode.InvalidMsg, "message 23 is Borsh only")
                : EncodeBorsh(message);
        }
        catch (EncodingException exception)
        {
            throw new ProtocolException(ProtocolErrorCode.InvalidMsg, exception.Message, exception);
        }
    }

    /// <summary>
    /// Writes an answer in its request's encoding, and where that cannot express it, <see cref="ProtocolErrorCode.InvalidMsg"/> in JSON,
    /// as the reference does. A refusal of a request that could not be read is written in JSON as well.
    /// </summary>
    public static byte[] EncodeAnswer(ProtocolMessage answer, WireEncoding encoding)
    {
        try
        {
            return Encode(answer, encoding);
        }
        catch (ProtocolException)
        {
            var refusal = new ProtocolError(ProtocolErrorCode.InvalidMsg);
            return Encode(new ProtocolMessage.ProtocolErrorResponse(refusal), WireEncoding.Json);
        }
    }

    private static byte[] EncodeBorsh(ProtocolMessage message)
    {
        if (message is ProtocolMessage.BootGenesisRequest or ProtocolMessage.BootGenesisResponse)
            throw new ProtocolException(ProtocolErrorCode.LegacyGenesisNotSupported);
        if (message is ProtocolMessage.NodeStatusRequest or ProtocolMessage.NodeStatusResponse or ProtocolMessage.ModuleDocumentRequest)
            throw new ProtocolException(ProtocolErrorCode.InvalidMsg, "the node's status and the module's document are asked for in JSON only");
        if (MessageBorsh.EnvelopeOf(message)?.Manifest.Version == ManifestVersion.V2)
            throw new ProtocolException(ProtocolErrorCode.InvalidMsg, "a V2 manifest has no Borsh form; use JSON, or message 23 to boot");
        return BorshLists.Encode(message, MessageBorsh.Write);
    }

    // No variant's index is a quote or an opening brace.
    private static bool MeansJson(ReadOnlySpan<byte> bytes)
    {
        int first = bytes.IndexOfAnyExcept(" \t\r\n"u8);
        return first >= 0 && bytes[first] is (byte)'{' or (byte)'"';
    }
}
