using System.Text;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>
/// One message in both encodings, made of its fields. In JSON it is a member of its name whose value is an object of the fields; a message without
/// fields is its name alone, and a few are the one field's value. In Borsh it is its index and the fields in order. Format: docs/protocol/messages.md, Messages.
/// </summary>
internal abstract class MessageFormat(MessageIndex index, string name)
{
    /// <summary>The Borsh index; <see cref="MessageIndex.None"/> for what is JSON only.</summary>
    internal MessageIndex Index => index;

    /// <summary>The name in JSON; that of message 23 is never written.</summary>
    internal string Name => name;

    /// <summary>The message's type.</summary>
    internal abstract Type Type { get; }

    /// <summary>Whether it has no fields.</summary>
    internal virtual bool IsUnit => false;

    /// <summary>Whether it carries an envelope, which is read in Borsh as V1 and as V0.</summary>
    internal virtual bool CarriesEnvelope => false;

    /// <summary>The envelope that it carries, or null.</summary>
    internal virtual ManifestEnvelope? EnvelopeOf(ProtocolMessage message) => null;

    internal abstract ProtocolMessage ReadJson(ref QosJsonReader reader);

    internal abstract void WriteJson(QosJsonWriter writer, ProtocolMessage message);

    internal abstract ProtocolMessage ReadBorsh(ref BorshReader reader, ManifestVersion version);

    internal abstract void WriteBorsh(BorshWriter writer, ProtocolMessage message);
}

/// <summary>A message without fields.</summary>
internal sealed class UnitFormat<TMessage>(MessageIndex index, string name) : MessageFormat(index, name)
    where TMessage : ProtocolMessage, new()
{
    internal override Type Type => typeof(TMessage);

    internal override bool IsUnit => true;

    internal override ProtocolMessage ReadJson(ref QosJsonReader reader) => new TMessage();

    internal override void WriteJson(QosJsonWriter writer, ProtocolMessage message) => writer.WriteString(Name);

    internal override ProtocolMessage ReadBorsh(ref BorshReader reader, ManifestVersion version) => new TMessage();

    internal override void WriteBorsh(BorshWriter writer, ProtocolMessage message)
    {
    }
}

/// <summary>A message of one field, whose value stands in JSON either in an object or by itself.</summary>
internal sealed class FieldFormat<TMessage, T>(
    MessageIndex index, string name, MessageField<T> content, Func<TMessage, T> get, Func<T, TMessage> make, bool isBare = false) : MessageFormat(index, name)
    where TMessage : ProtocolMessage
{
    internal override Type Type => typeof(TMessage);

    internal override bool CarriesEnvelope => content.IsEnvelope;

    internal override ManifestEnvelope? EnvelopeOf(ProtocolMessage message) => content.IsEnvelope ? get((TMessage)message) as ManifestEnvelope : null;

    internal override ProtocolMessage ReadJson(ref QosJsonReader reader)
    {
        if (isBare)
            return make(content.ReadJson(ref reader));
        var slot = new FieldSlot<T>(content);
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> member))
        {
            if (!slot.TryRead(ref reader, member))
                throw JsonMembers.Unknown(ref reader, member);
        }

        return make(slot.Value(ref reader));
    }

    internal override void WriteJson(QosJsonWriter writer, ProtocolMessage message)
    {
        if (isBare)
        {
            content.WriteJson(writer, get((TMessage)message));
            return;
        }

        writer.BeginObject();
        FieldSlot<T>.Write(writer, content, get((TMessage)message));
        writer.EndObject();
    }

    internal override ProtocolMessage ReadBorsh(ref BorshReader reader, ManifestVersion version) => make(content.ReadBorsh(ref reader, version));

    internal override void WriteBorsh(BorshWriter writer, ProtocolMessage message) => content.WriteBorsh(writer, get((TMessage)message));
}

/// <summary>A message of two fields.</summary>
internal sealed class FieldsFormat<TMessage, T1, T2>(
    MessageIndex index, string name, MessageField<T1> first, MessageField<T2> second, Func<TMessage, (T1 First, T2 Second)> get, Func<T1, T2, TMessage> make)
    : MessageFormat(index, name)
    where TMessage : ProtocolMessage
{
    internal override Type Type => typeof(TMessage);

    internal override bool CarriesEnvelope => first.IsEnvelope || second.IsEnvelope;

    internal override ManifestEnvelope? EnvelopeOf(ProtocolMessage message)
    {
        (T1 one, T2 two) = get((TMessage)message);
        return first.IsEnvelope ? one as ManifestEnvelope : second.IsEnvelope ? two as ManifestEnvelope : null;
    }

    internal override ProtocolMessage ReadJson(ref QosJsonReader reader)
    {
        var one = new FieldSlot<T1>(first);
        var two = new FieldSlot<T2>(second);
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> member))
        {
            if (!one.TryRead(ref reader, member) && !two.TryRead(ref reader, member))
                throw JsonMembers.Unknown(ref reader, member);
        }

        return make(one.Value(ref reader), two.Value(ref reader));
    }

    internal override void WriteJson(QosJsonWriter writer, ProtocolMessage message)
    {
        (T1 one, T2 two) = get((TMessage)message);
        writer.BeginObject();
        if (string.CompareOrdinal(first.Name, second.Name) < 0)
        {
            FieldSlot<T1>.Write(writer, first, one);
            FieldSlot<T2>.Write(writer, second, two);
        }
        else
        {
            FieldSlot<T2>.Write(writer, second, two);
            FieldSlot<T1>.Write(writer, first, one);
        }

        writer.EndObject();
    }

    internal override ProtocolMessage ReadBorsh(ref BorshReader reader, ManifestVersion version)
    {
        T1 one = first.ReadBorsh(ref reader, version);
        return make(one, second.ReadBorsh(ref reader, version));
    }

    internal override void WriteBorsh(BorshWriter writer, ProtocolMessage message)
    {
        (T1 one, T2 two) = get((TMessage)message);
        first.WriteBorsh(writer, one);
        second.WriteBorsh(writer, two);
    }
}

/// <summary>A field's value while an object is read, whose members come in any order.</summary>
internal struct FieldSlot<T>(MessageField<T> source)
{
    private T _value = default!;
    private bool _isRead;

    internal bool TryRead(ref QosJsonReader reader, ReadOnlySpan<byte> member)
    {
        if (!Ascii.Equals(member, source.Name))
            return false;
        _isRead = true;
        if (!source.IsOptional || !reader.TryReadNull())
            _value = source.ReadJson(ref reader);
        return true;
    }

    internal readonly T Value(ref QosJsonReader reader) =>
        _isRead || source.IsOptional ? _value : throw JsonMembers.Missing(ref reader, source.Name);

    internal static void Write(QosJsonWriter writer, MessageField<T> source, T value)
    {
        if (source.IsOptional && value is null)
            return;
        writer.WritePropertyName(source.Name);
        source.WriteJson(writer, value);
    }
}
