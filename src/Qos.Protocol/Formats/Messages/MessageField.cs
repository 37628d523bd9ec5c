using Qos.Nsm;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>A field of a message: its name in JSON, and its value in both encodings, the reader beside the writer.</summary>
/// <param name="Name">The member's name in JSON, snake_case.</param>
/// <param name="ReadJson">Reads the value in JSON.</param>
/// <param name="WriteJson">Writes the value in JSON, canonical.</param>
/// <param name="ReadBorsh">Reads the value in Borsh; an envelope needs to know which version it is tried as.</param>
/// <param name="WriteBorsh">Writes the value in Borsh.</param>
internal sealed record MessageField<T>(
    string Name,
    MessageField.JsonReading<T> ReadJson,
    Action<QosJsonWriter, T> WriteJson,
    MessageField.BorshReading<T> ReadBorsh,
    Action<BorshWriter, T> WriteBorsh)
{
    /// <summary>Whether the member may be missing or null in JSON; then its value is the type's default.</summary>
    internal bool IsOptional { get; init; }

    /// <summary>Whether the value is a manifest envelope, which has two forms in Borsh.</summary>
    internal bool IsEnvelope { get; init; }
}

/// <summary>The fields that messages have. Format: docs/protocol/messages.md, Messages.</summary>
internal static class MessageField
{
    internal delegate T JsonReading<T>(ref QosJsonReader reader);

    internal delegate T BorshReading<T>(ref BorshReader reader, ManifestVersion version);

    internal static readonly MessageField<ProtocolError> Error = new(
        "error",
        ErrorJson.Read,
        ErrorJson.Write,
        static (ref BorshReader reader, ManifestVersion _) => ErrorBorsh.Read(ref reader),
        ErrorBorsh.Write);

    internal static readonly MessageField<ProtocolPhase> Phase = new(
        "phase",
        JsonVariants.ReadPhase,
        static (writer, phase) => writer.WriteString(PhaseText.Format(phase)),
        static (ref BorshReader reader, ManifestVersion _) => ErrorBorsh.ReadPhase(ref reader),
        static (writer, phase) => writer.WriteVariant((int)phase));

    internal static readonly MessageField<NodeStatus> Status = new(
        "status",
        NodeStatusJson.Read,
        static (writer, status) => writer.WriteRaw(JsonMembers.Canonical(status, NodeStatusJson.Write)),
        NoBorsh<NodeStatus>,
        static (_, _) => throw new NotSupportedException());

    internal static readonly MessageField<ReshareEnvelope> ReshareEnvelope = new(
        "reshare_envelope",
        ReshareJson.ReadEnvelope,
        static (writer, envelope) => writer.WriteRaw(JsonMembers.Canonical(envelope, ReshareJson.WriteEnvelope)),
        NoBorsh<ReshareEnvelope>,
        static (_, _) => throw new NotSupportedException());

    internal static readonly MessageField<ReshareState> ReshareState = new(
        "state",
        ReshareJson.ReadState,
        static (writer, state) => writer.WriteRaw(JsonMembers.Canonical(state, ReshareJson.WriteState)),
        NoBorsh<ReshareState>,
        static (_, _) => throw new NotSupportedException());

    internal static readonly MessageField<ManifestEnvelope> Envelope = new(
        "manifest_envelope",
        EnvelopeJson.Read,
        static (writer, envelope) => writer.WriteRaw(ManifestEnvelopeFormat.WriteCanonical(envelope)),
        ManifestBorsh.ReadEnvelope,
        ManifestBorsh.WriteEnvelope)
    {
        IsEnvelope = true,
    };

    /// <summary>The envelope as message 23 has it: a vector that holds its stored JSON.</summary>
    internal static readonly MessageField<ManifestEnvelope> JsonEnvelope = new(
        "manifest_envelope",
        static (ref QosJsonReader reader) => throw reader.Error("unknown message"),
        static (_, _) => throw new NotSupportedException(),
        static (ref BorshReader reader, ManifestVersion _) => ManifestEnvelopeFormat.ReadJson(reader.ReadByteSpan()),
        static (writer, envelope) => writer.WriteBytes(ManifestEnvelopeFormat.WritePlain(envelope)));

    internal static readonly MessageField<ManifestEnvelope?> OptionalEnvelope = new(
        "manifest_envelope",
        EnvelopeJson.Read,
        static (writer, envelope) => writer.WriteRaw(ManifestEnvelopeFormat.WriteCanonical(envelope!)),
        static (ref BorshReader reader, ManifestVersion version) => reader.ReadOption() ? ManifestBorsh.ReadEnvelope(ref reader, version) : null,
        static (writer, envelope) =>
        {
            writer.WriteOption(envelope is not null);
            if (envelope is not null)
                ManifestBorsh.WriteEnvelope(writer, envelope);
        })
    {
        IsEnvelope = true,
        IsOptional = true,
    };

    internal static readonly MessageField<NsmResponse> NsmAnswer = new(
        "nsm_response",
        NsmResponseJson.Read,
        NsmResponseJson.Write,
        static (ref BorshReader reader, ManifestVersion _) => NsmResponseBorsh.Read(ref reader),
        NsmResponseBorsh.Write);

    internal static readonly MessageField<GenesisSet> Set = new(
        "set",
        MemberJson.ReadGenesisSet,
        static (writer, set) => writer.WriteRaw(JsonMembers.Canonical(set, MemberJson.WriteGenesisSet)),
        NoBorsh<GenesisSet>,
        static (_, _) => throw new NotSupportedException());

    internal static readonly MessageField<ReadOnlyMemory<byte>?> DrKey = new(
        "dr_key",
        static (ref QosJsonReader reader) => reader.ReadHex(ProtocolLimits.MaxKeyBytes),
        static (writer, key) => writer.WriteHex(key!.Value.Span),
        NoBorsh<ReadOnlyMemory<byte>?>,
        static (_, _) => throw new NotSupportedException())
    {
        IsOptional = true,
    };

    internal static readonly MessageField<GenesisOutput> Output = new(
        "genesis_output",
        GenesisJson.Read,
        static (writer, output) => writer.WriteRaw(JsonMembers.Canonical(output, GenesisJson.Write)),
        NoBorsh<GenesisOutput>,
        static (_, _) => throw new NotSupportedException());

    internal static readonly MessageField<Approval> Approval = new(
        "approval",
        EnvelopeJson.ReadApproval,
        static (writer, approval) => writer.WriteRaw(JsonMembers.Canonical(approval, EnvelopeJson.WriteApproval)),
        static (ref BorshReader reader, ManifestVersion _) => MemberBorsh.ReadApproval(ref reader),
        MemberBorsh.WriteApproval);

    internal static readonly MessageField<bool> Reconstructed = new(
        "reconstructed",
        static (ref QosJsonReader reader) => reader.ReadBool(),
        static (writer, value) => writer.WriteBool(value),
        static (ref BorshReader reader, ManifestVersion _) => reader.ReadBool(),
        static (writer, value) => writer.WriteBool(value));

    internal static readonly MessageField<ReadOnlyMemory<byte>> Pivot = Bytes("pivot", ProtocolLimits.MaxMessageBytes);
    internal static readonly MessageField<ReadOnlyMemory<byte>> Data = Bytes("data", ProtocolLimits.MaxMessageBytes);
    internal static readonly MessageField<ReadOnlyMemory<byte>> Share = Bytes("share", ProtocolLimits.MaxEncryptedBytes);
    internal static readonly MessageField<ReadOnlyMemory<byte>> Document = Bytes("cose_sign1_attestation_doc", ProtocolLimits.MaxDocumentBytes);
    internal static readonly MessageField<ReadOnlyMemory<byte>> EncryptedQuorumKey = Bytes("encrypted_quorum_key", ProtocolLimits.MaxEncryptedBytes);
    internal static readonly MessageField<ReadOnlyMemory<byte>> Signature = Bytes("signature", ProtocolLimits.MaxSignatureBytes);
    internal static readonly MessageField<string> Version = Text("version");
    internal static readonly MessageField<string> Commit = Text("commit");

    private static MessageField<ReadOnlyMemory<byte>> Bytes(string name, int max) => new(
        name,
        (ref QosJsonReader reader) => reader.ReadHex(max),
        static (writer, bytes) => writer.WriteHex(bytes.Span),
        (ref BorshReader reader, ManifestVersion _) => reader.ReadBytes(max),
        static (writer, bytes) => writer.WriteBytes(bytes.Span));

    private static MessageField<string> Text(string name) => new(
        name,
        static (ref QosJsonReader reader) => reader.ReadString(ProtocolLimits.MaxNameBytes),
        static (writer, text) => writer.WriteString(text),
        static (ref BorshReader reader, ManifestVersion _) => reader.ReadString(ProtocolLimits.MaxNameBytes),
        static (writer, text) => writer.WriteString(text));

    private static T NoBorsh<T>(ref BorshReader reader, ManifestVersion version) => throw reader.Error("this message is JSON only");
}
