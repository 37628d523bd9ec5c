using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Reshare requests, their envelopes and what comes of them, in JSON. Format: docs/protocol/reshare.md.</summary>
internal static class ReshareJson
{
    private const string Version = "reshare-v1";
    private const string Reshare = "reshare";
    private const string Drill = "drill";

    internal static ReshareRequest Read(ref QosJsonReader reader)
    {
        string? version = null;
        string? purpose = null;
        uint? nonce = null;
        byte[]? quorumKey = null;
        MemberSet? from = null;
        MemberSet? to = null;
        byte[]? recoveryKey = null;
        ReadOnlyMemory<byte>[]? pcrs = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("version"u8))
                version = reader.ReadString(Version.Length);
            else if (name.SequenceEqual("purpose"u8))
                purpose = reader.ReadString(Reshare.Length);
            else if (name.SequenceEqual("nonce"u8))
                nonce = reader.ReadUInt32();
            else if (name.SequenceEqual("quorumKey"u8))
                quorumKey = reader.ReadHex(ProtocolLimits.MaxKeyBytes);
            else if (name.SequenceEqual("from"u8))
                from = MemberJson.ReadSet(ref reader);
            else if (name.SequenceEqual("to"u8))
                to = reader.TryReadNull() ? null : MemberJson.ReadSet(ref reader);
            else if (name.SequenceEqual("recoveryKey"u8))
                recoveryKey = GenesisJson.ReadOptionalHex(ref reader, ProtocolLimits.MaxKeyBytes);
            else if (name.SequenceEqual("enclave"u8))
                pcrs = ReadPcrs(ref reader);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        // Every reader must see at once which of the two a request is; that it also follows from the other members is a check.
        if ((version ?? throw JsonMembers.Missing(ref reader, "version")) != Version)
            throw reader.Error($"the version is not {Version}");
        if ((purpose ?? throw JsonMembers.Missing(ref reader, "purpose")) != (to is null ? Drill : Reshare))
            throw reader.Error("the purpose is reshare with a member \"to\", and drill without");
        if (to is null && recoveryKey is not null)
            throw reader.Error("a drill has no recovery key");
        return new ReshareRequest
        {
            Nonce = nonce ?? throw JsonMembers.Missing(ref reader, "nonce"),
            QuorumKey = quorumKey ?? throw JsonMembers.Missing(ref reader, "quorumKey"),
            From = from ?? throw JsonMembers.Missing(ref reader, "from"),
            To = to,
            RecoveryKey = recoveryKey.AsOptional(),
            Pcrs = pcrs ?? throw JsonMembers.Missing(ref reader, "enclave"),
        };
    }

    internal static void Write(QosJsonWriter writer, ReshareRequest request)
    {
        writer.BeginObject();
        writer.WritePropertyName("version"u8);
        writer.WriteString(Version);
        writer.WritePropertyName("purpose"u8);
        writer.WriteString(request.IsDrill ? Drill : Reshare);
        writer.WritePropertyName("nonce"u8);
        writer.WriteInteger((ulong)request.Nonce);
        writer.WritePropertyName("quorumKey"u8);
        writer.WriteHex(request.QuorumKey.Span);
        writer.WritePropertyName("from"u8);
        MemberJson.WriteSet(writer, request.From);
        if (request.To is { } to)
        {
            writer.WritePropertyName("to"u8);
            MemberJson.WriteSet(writer, to);
        }

        if (request.RecoveryKey is { } key)
        {
            writer.WritePropertyName("recoveryKey"u8);
            writer.WriteHex(key.Span);
        }

        writer.WritePropertyName("enclave"u8);
        writer.BeginObject();
        for (int i = 0; i < request.Pcrs.Count; i++)
        {
            writer.WritePropertyName(PcrName(i));
            writer.WriteHex(request.Pcrs[i].Span);
        }

        writer.EndObject();
        writer.EndObject();
    }

    internal static ReshareEnvelope ReadEnvelope(ref QosJsonReader reader)
    {
        ReshareRequest? request = null;
        List<Approval>? approvals = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("request"u8))
                request = Read(ref reader);
            else if (name.SequenceEqual("approvals"u8))
                approvals = JsonMembers.ReadList(ref reader, ProtocolLimits.MaxApprovals, EnvelopeJson.ReadApproval);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new ReshareEnvelope(
            request ?? throw JsonMembers.Missing(ref reader, "request"),
            approvals ?? throw JsonMembers.Missing(ref reader, "approvals"));
    }

    internal static void WriteEnvelope(QosJsonWriter writer, ReshareEnvelope envelope)
    {
        writer.BeginObject();
        writer.WritePropertyName("request"u8);
        Write(writer, envelope.Request);
        writer.WritePropertyName("approvals"u8);
        JsonMembers.WriteList(writer, envelope.Approvals, EnvelopeJson.WriteApproval);
        writer.EndObject();
    }

    internal static ReshareOutput ReadOutput(ref QosJsonReader reader)
    {
        List<QuorumMember>? contributors = null;
        GenesisOutput? shares = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("contributors"u8))
                contributors = JsonMembers.ReadList(ref reader, ProtocolLimits.MaxMembers, MemberJson.Read);
            else if (name.SequenceEqual("genesisOutput"u8))
                shares = reader.TryReadNull() ? null : GenesisJson.Read(ref reader);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new ReshareOutput(contributors ?? throw JsonMembers.Missing(ref reader, "contributors"), shares);
    }

    internal static void WriteOutput(QosJsonWriter writer, ReshareOutput output)
    {
        writer.BeginObject();
        writer.WritePropertyName("contributors"u8);
        JsonMembers.WriteList(writer, output.Contributors, MemberJson.Write);
        if (output.Shares is { } shares)
        {
            writer.WritePropertyName("genesisOutput"u8);
            GenesisJson.Write(writer, shares);
        }

        writer.EndObject();
    }

    internal static ReshareState ReadState(ref QosJsonReader reader)
    {
        Nsm.NsmResponse? answer = null;
        ReshareEnvelope? envelope = null;
        List<QuorumMember>? received = null;
        ReshareOutput? output = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("nsm_response"u8))
                answer = NsmResponseJson.Read(ref reader);
            else if (name.SequenceEqual("reshare_envelope"u8))
                envelope = ReadEnvelope(ref reader);
            else if (name.SequenceEqual("received"u8))
                received = JsonMembers.ReadList(ref reader, ProtocolLimits.MaxMembers, MemberJson.Read);
            else if (name.SequenceEqual("output"u8))
                output = reader.TryReadNull() ? null : ReadOutput(ref reader);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new ReshareState(
            answer ?? throw JsonMembers.Missing(ref reader, "nsm_response"),
            envelope ?? throw JsonMembers.Missing(ref reader, "reshare_envelope"),
            received ?? throw JsonMembers.Missing(ref reader, "received"),
            output);
    }

    internal static void WriteState(QosJsonWriter writer, ReshareState state)
    {
        writer.BeginObject();
        writer.WritePropertyName("nsm_response"u8);
        NsmResponseJson.Write(writer, state.NsmResponse);
        writer.WritePropertyName("reshare_envelope"u8);
        WriteEnvelope(writer, state.Envelope);
        writer.WritePropertyName("received"u8);
        JsonMembers.WriteList(writer, state.Received, MemberJson.Write);
        if (state.Output is { } output)
        {
            writer.WritePropertyName("output"u8);
            WriteOutput(writer, output);
        }

        writer.EndObject();
    }

    private static ReadOnlyMemory<byte>[] ReadPcrs(ref QosJsonReader reader)
    {
        var pcrs = new ReadOnlyMemory<byte>[ReshareFormat.PcrCount];
        var isRead = new bool[pcrs.Length];
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            // The members are pcr0 to pcr3.
            int index = name.Length == 4 && name.StartsWith("pcr"u8) ? name[3] - '0' : -1;
            if (index < 0 || index >= pcrs.Length)
                throw JsonMembers.Unknown(ref reader, name);
            byte[] value = new byte[Nsm.Pcr.Size];
            reader.ReadHex(value.AsSpan());
            pcrs[index] = value;
            isRead[index] = true;
        }

        int missing = Array.IndexOf(isRead, false);
        return missing < 0 ? pcrs : throw JsonMembers.Missing(ref reader, $"pcr{missing}");
    }

    private static ReadOnlySpan<byte> PcrName(int index) => index switch
    {
        0 => "pcr0"u8,
        1 => "pcr1"u8,
        2 => "pcr2"u8,
        _ => "pcr3"u8,
    };
}
