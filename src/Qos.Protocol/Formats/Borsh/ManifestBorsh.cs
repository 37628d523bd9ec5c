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

        writer.String(manifest.Namespace.Name);
        writer.U32(manifest.Namespace.Nonce);
        writer.Bytes(manifest.Namespace.QuorumKey.Span);
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
        new(reader.String(ProtocolLimits.MaxNameBytes), reader.U32(), reader.Bytes(ProtocolLimits.MaxKeyBytes));

    private static PivotConfig ReadPivot(ref BorshReader reader, ManifestVersion version)
    {
        byte[] hash = reader.Fixed(32).ToArray();
        var restart = (RestartPolicy)reader.Variant(2);
        bool current = version == ManifestVersion.V1;
        return new PivotConfig
        {
            Hash = hash,
            Restart = restart,
            BridgeConfig = current ? BorshLists.Read(ref reader, ProtocolLimits.MaxBridges, 4, ReadBridge) : [],
            DebugMode = current && reader.Bool(),
            Args = BorshLists.Read(ref reader, ProtocolLimits.MaxArgs, 4, ReadArg),
        };
    }

    private static void WritePivot(BorshWriter writer, PivotConfig pivot, ManifestVersion version)
    {
        writer.Fixed(pivot.Hash.Span);
        writer.Variant((int)pivot.Restart);
        if (version == ManifestVersion.V1)
        {
            BorshLists.Write(writer, pivot.BridgeConfig, WriteBridge);
            writer.Bool(pivot.DebugMode);
        }

        BorshLists.Write(writer, pivot.Args, static (writer, arg) => writer.String(arg));
    }

    private static string ReadArg(ref BorshReader reader) => reader.String(ProtocolLimits.MaxArgBytes);

    private static BridgeConfig ReadBridge(ref BorshReader reader)
    {
        bool server = reader.Variant(2) == 0;
        ushort port = reader.U16();
        if (server)
            return new BridgeConfig.Server(port, reader.String(ProtocolLimits.MaxNameBytes));
        return new BridgeConfig.Client(port, reader.Option() ? reader.String(ProtocolLimits.MaxNameBytes) : null);
    }

    private static void WriteBridge(BorshWriter writer, BridgeConfig bridge)
    {
        writer.Variant(bridge is BridgeConfig.Server ? 0 : 1);
        writer.U16(bridge.Port);
        if (bridge is BridgeConfig.Server server)
        {
            writer.String(server.Host);
            return;
        }

        string? host = ((BridgeConfig.Client)bridge).Host;
        writer.Option(host is not null);
        if (host is not null)
            writer.String(host);
    }

    private static EnclaveConfig ReadEnclave(ref BorshReader reader) => new()
    {
        Pcr0 = reader.Bytes(ProtocolLimits.MaxPcrBytes),
        Pcr1 = reader.Bytes(ProtocolLimits.MaxPcrBytes),
        Pcr2 = reader.Bytes(ProtocolLimits.MaxPcrBytes),
        Pcr3 = reader.Bytes(ProtocolLimits.MaxPcrBytes),
        AwsRootCertificate = reader.Bytes(ProtocolLimits.MaxCertificateBytes),
        QosCommit = reader.String(ProtocolLimits.MaxNameBytes),
    };

    private static void WriteEnclave(BorshWriter writer, EnclaveConfig enclave)
    {
        writer.Bytes(enclave.Pcr0.Span);
        writer.Bytes(enclave.Pcr1.Span);
        writer.Bytes(enclave.Pcr2.Span);
        writer.Bytes(enclave.Pcr3.Span);
        writer.Bytes(enclave.AwsRootCertificate.Span);
        writer.String(enclave.QosCommit);
    }
}
