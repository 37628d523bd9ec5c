using Qos.Encoding;

namespace Qos.Protocol;

/// <summary>Messages to and from bytes. Specification: protocol, Messages.</summary>
public static class MessageCodec
{
    /// <summary>Reads a message: as JSON first, then as Borsh.</summary>
    /// <exception cref="ProtocolException">
    /// <see cref="ProtocolErrorCode.OversizeMsg"/>, <see cref="ProtocolErrorCode.LegacyGenesisNotSupported"/> for genesis in Borsh, or
    /// <see cref="ProtocolErrorCode.ProtocolMsgDeserialization"/> with what was wrong in words.
    /// </exception>
    public static DecodedMessage Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > ProtocolLimits.MaxMessageBytes)
            throw new ProtocolException(ProtocolErrorCode.OversizeMsg);

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
    /// Writes an answer, and where its encoding cannot express it, the error that says so, as the reference does.
    /// </summary>
    public static byte[] EncodeAnswer(ProtocolMessage answer, WireEncoding encoding)
    {
        try
        {
            return Encode(answer, encoding);
        }
        catch (ProtocolException refusal)
        {
            return Encode(new ProtocolMessage.ProtocolErrorResponse(refusal.Error), encoding);
        }
    }

    private static byte[] EncodeBorsh(ProtocolMessage message)
    {
        if (message is ProtocolMessage.BootGenesisRequest or ProtocolMessage.BootGenesisResponse)
            throw new ProtocolException(ProtocolErrorCode.LegacyGenesisNotSupported);
        if (message is ProtocolMessage.NodeStatusRequest or ProtocolMessage.NodeStatusResponse)
            throw new ProtocolException(ProtocolErrorCode.InvalidMsg, "the node's status is JSON only");
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
