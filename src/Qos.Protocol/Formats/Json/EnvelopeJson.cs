using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Approvals and envelopes in JSON; V0's envelope has its members in snake_case. Format: docs/protocol/manifest.md, Envelope.</summary>
internal static class EnvelopeJson
{
    internal static Approval ReadApproval(ref QosJsonReader reader)
    {
        byte[]? signature = null;
        QuorumMember? member = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("signature"u8))
                signature = reader.ReadHex(ProtocolLimits.MaxSignatureBytes);
            else if (name.SequenceEqual("member"u8))
                member = MemberJson.Read(ref reader);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new Approval(
            signature ?? throw JsonMembers.Missing(ref reader, "signature"),
            member ?? throw JsonMembers.Missing(ref reader, "member"));
    }

    internal static void WriteApproval(QosJsonWriter writer, Approval approval)
    {
        writer.BeginObject();
        writer.WritePropertyName("signature"u8);
        writer.WriteHex(approval.Signature.Span);
        writer.WritePropertyName("member"u8);
        MemberJson.Write(writer, approval.Member);
        writer.EndObject();
    }

    internal static ManifestEnvelope Read(ref QosJsonReader reader)
    {
        Manifest? manifest = null;
        List<Approval>? manifestSet = null;
        List<Approval>? shareSet = null;
        bool snake = false;
        bool camel = false;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("manifest"u8))
            {
                manifest = ManifestJson.Read(ref reader);
                continue;
            }

            bool ofManifestSet = name.SequenceEqual("manifestSetApprovals"u8) || name.SequenceEqual("manifest_set_approvals"u8);
            bool ofShareSet = name.SequenceEqual("shareSetApprovals"u8) || name.SequenceEqual("share_set_approvals"u8);
            if (!ofManifestSet && !ofShareSet)
                throw JsonMembers.Unknown(ref reader, name);
            bool isSnake = name.Contains((byte)'_');
            snake |= isSnake;
            camel |= !isSnake;
            List<Approval> approvals = JsonMembers.ReadList(ref reader, ProtocolLimits.MaxApprovals, ReadApproval);
            if (ofManifestSet)
                manifestSet = approvals;
            else
                shareSet = approvals;
        }

        manifest = manifest ?? throw JsonMembers.Missing(ref reader, "manifest");
        if (manifest.Version == ManifestVersion.V0 ? camel : snake)
            throw reader.Error("the approvals' names are camelCase, and snake_case for a V0 manifest");
        return new ManifestEnvelope(
            manifest,
            manifestSet ?? throw JsonMembers.Missing(ref reader, "manifestSetApprovals"),
            shareSet ?? throw JsonMembers.Missing(ref reader, "shareSetApprovals"));
    }

    internal static void Write(QosJsonWriter writer, ManifestEnvelope envelope)
    {
        bool snake = envelope.Manifest.Version == ManifestVersion.V0;
        writer.BeginObject();
        writer.WritePropertyName("manifest"u8);
        ManifestJson.Write(writer, envelope.Manifest);
        writer.WritePropertyName(snake ? "manifest_set_approvals"u8 : "manifestSetApprovals"u8);
        JsonMembers.WriteList(writer, envelope.ManifestSetApprovals, WriteApproval);
        writer.WritePropertyName(snake ? "share_set_approvals"u8 : "shareSetApprovals"u8);
        JsonMembers.WriteList(writer, envelope.ShareSetApprovals, WriteApproval);
        writer.EndObject();
    }
}
