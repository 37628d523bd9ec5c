using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>
/// Manifests in JSON. One reader takes the members of all versions and then decides, from a declared version or from the shape, which
/// it is: a manifest that declares a version is never taken for an older one, and none is read with members left out.
/// Format: docs/protocol/manifest.md, Reading.
/// </summary>
internal static class ManifestJson
{
    internal static Manifest Read(ref QosJsonReader reader)
    {
        string? version = null;
        ManifestNamespace? ns = null;
        PivotJson.Parsed? pivot = null;
        MemberSet? manifestSet = null;
        MemberSet? shareSet = null;
        EnclaveConfig? enclave = null;
        PatchSet? patchSet = null;
        DnsConfig? dns = null;
        bool hasDns = false;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("version"u8))
                version = reader.ReadString(16);
            else if (name.SequenceEqual("namespace"u8))
                ns = ReadNamespace(ref reader);
            else if (name.SequenceEqual("pivot"u8))
                pivot = PivotJson.Read(ref reader);
            else if (name.SequenceEqual("manifestSet"u8))
                manifestSet = MemberJson.ReadSet(ref reader);
            else if (name.SequenceEqual("shareSet"u8))
                shareSet = MemberJson.ReadSet(ref reader);
            else if (name.SequenceEqual("enclave"u8))
                enclave = EnclaveJson.Read(ref reader);
            else if (name.SequenceEqual("patchSet"u8))
                patchSet = MemberJson.ReadPatchSet(ref reader);
            else if (name.SequenceEqual("dns"u8))
                (hasDns, dns) = (true, reader.TryReadNull() ? null : EnclaveJson.ReadDns(ref reader));
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        pivot = pivot ?? throw JsonMembers.Missing(ref reader, "pivot");
        ManifestVersion schema = version is null
            ? OldSchema(ref reader, pivot, patchSet, hasDns)
            : DeclaredSchema(ref reader, version, pivot, patchSet);
        return new Manifest
        {
            Version = schema,
            Namespace = ns ?? throw JsonMembers.Missing(ref reader, "namespace"),
            Pivot = pivot.Pivot,
            ManifestSet = manifestSet ?? throw JsonMembers.Missing(ref reader, "manifestSet"),
            ShareSet = shareSet ?? throw JsonMembers.Missing(ref reader, "shareSet"),
            Enclave = enclave ?? throw JsonMembers.Missing(ref reader, "enclave"),
            PatchSet = patchSet,
            Dns = dns,
        };
    }

    internal static void Write(QosJsonWriter writer, Manifest manifest)
    {
        writer.BeginObject();
        if (manifest.Version == ManifestVersion.V2)
        {
            writer.WritePropertyName("version"u8);
            writer.WriteString("v2");
        }

        writer.WritePropertyName("namespace"u8);
        WriteNamespace(writer, manifest.Namespace);
        writer.WritePropertyName("pivot"u8);
        PivotJson.Write(writer, manifest.Pivot, manifest.Version);
        writer.WritePropertyName("manifestSet"u8);
        MemberJson.WriteSet(writer, manifest.ManifestSet);
        writer.WritePropertyName("shareSet"u8);
        MemberJson.WriteSet(writer, manifest.ShareSet);
        writer.WritePropertyName("enclave"u8);
        EnclaveJson.Write(writer, manifest.Enclave);
        if (manifest.Version != ManifestVersion.V2)
        {
            writer.WritePropertyName("patchSet"u8);
            MemberJson.WritePatchSet(writer, manifest.PatchSet ?? new PatchSet(0, []));
        }
        else if (manifest.Dns is { } dns)
        {
            writer.WritePropertyName("dns"u8);
            EnclaveJson.WriteDns(writer, dns);
        }

        writer.EndObject();
    }

    private static ManifestVersion DeclaredSchema(ref QosJsonReader reader, string version, PivotJson.Parsed pivot, PatchSet? patchSet)
    {
        if (version != "v2")
            throw reader.Error("a manifest that declares a version must be \"v2\"");
        if (patchSet is not null)
            throw reader.Error("a v2 manifest has no \"patchSet\"");
        if (!pivot.HasBridgeConfig || !pivot.HasDebugMode)
            throw JsonMembers.Missing(ref reader, pivot.HasBridgeConfig ? "debugMode" : "bridgeConfig");
        return ManifestVersion.V2;
    }

    private static ManifestVersion OldSchema(ref QosJsonReader reader, PivotJson.Parsed pivot, PatchSet? patchSet, bool hasDns)
    {
        if (patchSet is null)
            throw reader.Error("the manifest declares no \"version\", and without one \"patchSet\" is needed");
        if (hasDns || pivot.HasEnv)
            throw reader.Error("\"env\" and \"dns\" need \"version\": \"v2\"");
        if (pivot.HasBridgeConfig != pivot.HasDebugMode)
            throw JsonMembers.Missing(ref reader, pivot.HasBridgeConfig ? "debugMode" : "bridgeConfig");
        return pivot.HasBridgeConfig ? ManifestVersion.V1 : ManifestVersion.V0;
    }

    private static ManifestNamespace ReadNamespace(ref QosJsonReader reader)
    {
        string? text = null;
        uint? nonce = null;
        byte[]? quorumKey = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("name"u8))
                text = reader.ReadString(ProtocolLimits.MaxNameBytes);
            else if (name.SequenceEqual("nonce"u8))
                nonce = reader.ReadUInt32();
            else if (name.SequenceEqual("quorumKey"u8))
                quorumKey = reader.ReadHex(ProtocolLimits.MaxKeyBytes);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new ManifestNamespace(
            text ?? throw JsonMembers.Missing(ref reader, "name"),
            nonce ?? throw JsonMembers.Missing(ref reader, "nonce"),
            quorumKey ?? throw JsonMembers.Missing(ref reader, "quorumKey"));
    }

    private static void WriteNamespace(QosJsonWriter writer, ManifestNamespace ns)
    {
        writer.BeginObject();
        writer.WritePropertyName("name"u8);
        writer.WriteString(ns.Name);
        writer.WritePropertyName("nonce"u8);
        writer.WriteInteger((ulong)ns.Nonce);
        writer.WritePropertyName("quorumKey"u8);
        writer.WriteHex(ns.QuorumKey.Span);
        writer.EndObject();
    }
}
