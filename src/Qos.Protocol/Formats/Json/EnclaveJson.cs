using System.Net;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>The enclave and its name servers in JSON. Format: docs/protocol/manifest.md.</summary>
internal static class EnclaveJson
{
    internal static EnclaveConfig Read(ref QosJsonReader reader)
    {
        byte[]?[] pcrs = new byte[]?[4];
        byte[]? root = null;
        string? commit = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.Length == 4 && name.StartsWith("pcr"u8) && name[3] is >= (byte)'0' and <= (byte)'3')
                pcrs[name[3] - '0'] = reader.ReadHex(ProtocolLimits.MaxPcrBytes);
            else if (name.SequenceEqual("awsRootCertificate"u8))
                root = reader.ReadHex(ProtocolLimits.MaxCertificateBytes);
            else if (name.SequenceEqual("qosCommit"u8))
                commit = reader.ReadString(ProtocolLimits.MaxNameBytes);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new EnclaveConfig
        {
            Pcr0 = pcrs[0] ?? throw JsonMembers.Missing(ref reader, "pcr0"),
            Pcr1 = pcrs[1] ?? throw JsonMembers.Missing(ref reader, "pcr1"),
            Pcr2 = pcrs[2] ?? throw JsonMembers.Missing(ref reader, "pcr2"),
            Pcr3 = pcrs[3] ?? throw JsonMembers.Missing(ref reader, "pcr3"),
            AwsRootCertificate = root ?? throw JsonMembers.Missing(ref reader, "awsRootCertificate"),
            QosCommit = commit ?? throw JsonMembers.Missing(ref reader, "qosCommit"),
        };
    }

    internal static void Write(QosJsonWriter writer, EnclaveConfig enclave)
    {
        writer.BeginObject();
        writer.WritePropertyName("pcr0"u8);
        writer.WriteHex(enclave.Pcr0.Span);
        writer.WritePropertyName("pcr1"u8);
        writer.WriteHex(enclave.Pcr1.Span);
        writer.WritePropertyName("pcr2"u8);
        writer.WriteHex(enclave.Pcr2.Span);
        writer.WritePropertyName("pcr3"u8);
        writer.WriteHex(enclave.Pcr3.Span);
        writer.WritePropertyName("awsRootCertificate"u8);
        writer.WriteHex(enclave.AwsRootCertificate.Span);
        writer.WritePropertyName("qosCommit"u8);
        writer.WriteString(enclave.QosCommit);
        writer.EndObject();
    }

    internal static DnsConfig ReadDns(ref QosJsonReader reader)
    {
        List<IPAddress>? resolvers = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("resolvers"u8))
                resolvers = JsonMembers.ReadList(ref reader, ProtocolLimits.MaxResolvers, ReadAddress);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new DnsConfig(resolvers ?? throw JsonMembers.Missing(ref reader, "resolvers"));
    }

    internal static void WriteDns(QosJsonWriter writer, DnsConfig dns)
    {
        writer.BeginObject();
        writer.WritePropertyName("resolvers"u8);
        JsonMembers.WriteList(writer, dns.Resolvers, static (writer, address) => writer.WriteString(AddressText.Format(address)));
        writer.EndObject();
    }

    private static IPAddress ReadAddress(ref QosJsonReader reader) =>
        AddressText.TryParse(reader.ReadString(64), out IPAddress? address)
            ? address
            : throw reader.Error("expected an IPv4 or IPv6 address");
}
