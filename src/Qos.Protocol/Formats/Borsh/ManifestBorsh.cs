using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>V1 and V0 manifests and envelopes in Borsh: what their hash is taken over. Format: docs/protocol/manifest.md, V1 and V0.</summary>
internal static class ManifestBorsh
{
    internal static Manifest Read(ref BorshReader reader, ManifestVersion version) => new()
    {
        Version = version,
        Namespace = ReadNamespace(ref reader),
        Pivot = ReadPivot(ref reader, version),
        ManifestSet = MemberBorsh.ReadSet(ref reader),
        ShareSet = MemberBorsh.ReadSet(ref reader),
        Enclave = ReadEnclave(ref reader),
        PatchSet = MemberBorsh.ReadPatchSet(ref reader),
    };

    internal static void Write(BorshWriter writer, Manifest manifest)
    {
        if (manifest.Version == ManifestVersion.V2)
            throw new InvalidOperationException("A V2 manifest has no Borsh form.");

        writer.WriteString(manifest.Namespace.Name);
        writer.WriteUInt32(manifest.Namespace.Nonce);
        writer.WriteBytes(manifest.Namespace.QuorumKey.Span);
        WritePivot(writer, manifest.Pivot, manifest.Version);
        MemberBorsh.WriteSet(writer, manifest.ManifestSet);
        MemberBorsh.WriteSet(writer, manifest.ShareSet);
        WriteEnclave(writer, manifest.Enclave);
        MemberBorsh.WritePatchSet(writer, manifest.PatchSet ?? new PatchSet(0, []));
    }

    internal static ManifestEnvelope ReadEnvelope(ref BorshReader reader, ManifestVersion version) => new(
        Read(ref reader, version),
        MemberBorsh.ReadApprovals(ref reader),
        MemberBorsh.ReadApprovals(ref reader));

    internal static void WriteEnvelope(BorshWriter writer, ManifestEnvelope envelope)
    {
        Write(writer, envelope.Manifest);
        MemberBorsh.WriteApprovals(writer, envelope.ManifestSetApprovals);
        MemberBorsh.WriteApprovals(writer, envelope.ShareSetApprovals);
    }

    private static ManifestNamespace ReadNamespace(ref BorshReader reader) =>
        new(reader.ReadString(ProtocolLimits.MaxNameBytes), reader.ReadUInt32(), reader.ReadBytes(ProtocolLimits.MaxKeyBytes));

    private static PivotConfig ReadPivot(ref BorshReader reader, ManifestVersion version)
    {
        byte[] hash = reader.ReadFixed(32).ToArray();
        var restart = (RestartPolicy)reader.ReadVariant(2);
        bool current = version == ManifestVersion.V1;
        return new PivotConfig
        {
            Hash = hash,
            Restart = restart,
            BridgeConfig = current ? BorshLists.Read(ref reader, ProtocolLimits.MaxBridges, 4, ReadBridge) : [],
            DebugMode = current && reader.ReadBool(),
            Args = BorshLists.Read(ref reader, ProtocolLimits.MaxArgs, 4, ReadArg),
        };
    }

    private static void WritePivot(BorshWriter writer, PivotConfig pivot, ManifestVersion version)
    {
        writer.WriteFixed(pivot.Hash.Span);
        writer.WriteVariant((int)pivot.Restart);
        if (version == ManifestVersion.V1)
        {
            BorshLists.Write(writer, pivot.BridgeConfig, WriteBridge);
            writer.WriteBool(pivot.DebugMode);
        }

        BorshLists.Write(writer, pivot.Args, static (writer, arg) => writer.WriteString(arg));
    }

    private static string ReadArg(ref BorshReader reader) => reader.ReadString(ProtocolLimits.MaxArgBytes);

    private static BridgeConfig ReadBridge(ref BorshReader reader)
    {
        bool server = reader.ReadVariant(2) == 0;
        ushort port = reader.ReadUInt16();
        if (server)
            return new BridgeConfig.Server(port, reader.ReadString(ProtocolLimits.MaxNameBytes));
        return new BridgeConfig.Client(port, reader.ReadOption() ? reader.ReadString(ProtocolLimits.MaxNameBytes) : null);
    }

    private static void WriteBridge(BorshWriter writer, BridgeConfig bridge)
    {
        writer.WriteVariant(bridge is BridgeConfig.Server ? 0 : 1);
        writer.WriteUInt16(bridge.Port);
        if (bridge is BridgeConfig.Server server)
        {
            writer.WriteString(server.Host);
            return;
        }

        string? host = ((BridgeConfig.Client)bridge).Host;
        writer.WriteOption(host is not null);
        if (host is not null)
            writer.WriteString(host);
    }

    private static EnclaveConfig ReadEnclave(ref BorshReader reader) => new()
    {
        Pcr0 = reader.ReadBytes(ProtocolLimits.MaxPcrBytes),
        Pcr1 = reader.ReadBytes(ProtocolLimits.MaxPcrBytes),
        Pcr2 = reader.ReadBytes(ProtocolLimits.MaxPcrBytes),
        Pcr3 = reader.ReadBytes(ProtocolLimits.MaxPcrBytes),
        AwsRootCertificate = reader.ReadBytes(ProtocolLimits.MaxCertificateBytes),
        QosCommit = reader.ReadString(ProtocolLimits.MaxNameBytes),
    };

    private static void WriteEnclave(BorshWriter writer, EnclaveConfig enclave)
    {
        writer.WriteBytes(enclave.Pcr0.Span);
        writer.WriteBytes(enclave.Pcr1.Span);
        writer.WriteBytes(enclave.Pcr2.Span);
        writer.WriteBytes(enclave.Pcr3.Span);
        writer.WriteBytes(enclave.AwsRootCertificate.Span);
        writer.WriteString(enclave.QosCommit);
    }
}
