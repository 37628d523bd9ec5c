using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Qos.Nsm.Tests;

/// <summary>
/// Builds chains and documents of which one thing is wrong. The default is right: root, region, zone, instance, leaf, as AWS has them.
/// </summary>
internal sealed class TestChain
{
    public static readonly DateTimeOffset Time = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly Link[] _links = [new("root", true), new("region", true, 2), new("zone", true, 1), new("instance", true, 0), new("leaf", false)];

    /// <summary>How one certificate is made.</summary>
    public sealed record Link(string Name, bool IsAuthority, int? PathLength = null)
    {
        public X509KeyUsageFlags? KeyUsage { get; init; } =
            IsAuthority ? X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign : X509KeyUsageFlags.DigitalSignature;

        public bool HasBasicConstraints { get; init; } = true;

        public ECCurve Curve { get; init; } = ECCurve.NamedCurves.nistP384;

        public HashAlgorithmName Hash { get; init; } = HashAlgorithmName.SHA384;

        public DateTimeOffset NotBefore { get; init; } = Time.AddHours(-1);

        public DateTimeOffset NotAfter { get; init; } = Time.AddHours(2);

        public string? IssuerName { get; init; }

        public bool SignedByStranger { get; init; }

        public X509Extension? Extra { get; init; }
    }

    public List<ReadOnlyMemory<byte>> Bundle { get; } = [];

    public byte[] Leaf { get; private set; } = [];

    public ECDsa LeafKey { get; private set; } = null!;

    public byte[] Root => Bundle[0].ToArray();

    /// <summary>The default chain with one link changed.</summary>
    public static TestChain With(string name, Func<Link, Link> change)
    {
        var chain = new TestChain();
        int at = Array.FindIndex(chain._links, link => link.Name == name);
        chain._links[at] = change(chain._links[at]);
        return chain.Build(chain._links);
    }

    /// <summary>A chain of any links.</summary>
    public static TestChain Of(params Link[] links) => new TestChain().Build(links);

    public static TestChain Default() => With("root", link => link);

    /// <summary>A document of this chain; the payload's members may be changed before it is signed.</summary>
    public byte[] Document(Action<TestPayload>? change = null)
    {
        var payload = new TestPayload(this);
        change?.Invoke(payload);
        return Sign(payload.Encode());
    }

    public byte[] Sign(byte[] payload, byte[]? header = null)
    {
        header ??= [0xA1, 0x01, 0x38, 0x22];
        byte[] signature = LeafKey.SignData(SigStructure.Encode(header, payload), HashAlgorithmName.SHA384);
        var writer = new CborWriter();
        writer.WriteStartArray(4);
        writer.WriteByteString(header);
        writer.WriteStartMap(0);
        writer.WriteEndMap();
        writer.WriteByteString(payload);
        writer.WriteByteString(signature);
        writer.WriteEndArray();
        return writer.Encode();
    }

    private TestChain Build(Link[] links)
    {
        ECDsa? issuerKey = null;
        string issuerName = "";
        foreach (Link link in links)
        {
            ECDsa key = ECDsa.Create(link.Curve);
            var request = new CertificateRequest($"CN={link.Name}", key, link.Hash);
            if (link.HasBasicConstraints)
            {
                request.CertificateExtensions.Add(
                    new X509BasicConstraintsExtension(link.IsAuthority, link.PathLength is not null, link.PathLength ?? 0, true));
            }

            if (link.KeyUsage is { } usage)
                request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, link.IsAuthority));
            if (link.Extra is { } extra)
                request.CertificateExtensions.Add(extra);

            ECDsa signer = link.SignedByStranger ? ECDsa.Create(ECCurve.NamedCurves.nistP384) : issuerKey ?? key;
            string issuer = link.IssuerName ?? (issuerKey is null ? $"CN={link.Name}" : issuerName);
            using X509Certificate2 certificate = request.Create(
                new X500DistinguishedName(issuer), X509SignatureGenerator.CreateForECDsa(signer), link.NotBefore, link.NotAfter, [0x11, 0x22]);
            if (link == links[^1])
                (Leaf, LeafKey) = (certificate.RawData, key);
            else
                Bundle.Add(certificate.RawData);
            (issuerKey, issuerName) = (key, $"CN={link.Name}");
        }

        return this;
    }
}
