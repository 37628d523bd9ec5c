using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Qos.Serialization;

namespace Qos.Protocol.Tests;

/// <summary>What is written is read back as the same, in every form that there is.</summary>
public sealed class RoundTripTests
{
    [Fact]
    public void Manifests() => ForSeeds(seed =>
    {
        Manifest manifest = new ModelGenerator(seed).Manifest();
        string stored = Text(ManifestFormat.Write(manifest));
        Manifest read = ManifestFormat.Read(ManifestFormat.Write(manifest));
        Assert.Equal(manifest.Version, read.Version);
        Assert.Equal(stored, Text(ManifestFormat.Write(read)));
        Assert.Equal(Hex(manifest.HashedBytes()), Hex(read.HashedBytes()));
        if (manifest.Version != ManifestVersion.V2)
            Assert.Equal(stored, Text(ManifestFormat.Write(ManifestFormat.Read(manifest.HashedBytes()))));
    });

    [Fact]
    public void Envelopes() => ForSeeds(seed =>
    {
        ManifestEnvelope envelope = new ModelGenerator(seed).Envelope();
        string stored = Text(ManifestEnvelopeFormat.Write(envelope));
        Assert.Equal(stored, Text(ManifestEnvelopeFormat.Write(ManifestEnvelopeFormat.Read(ManifestEnvelopeFormat.Write(envelope)))));
        Assert.Equal(stored, Text(ManifestEnvelopeFormat.Write(ManifestEnvelopeFormat.Read(ManifestEnvelopeFormat.WriteCanonical(envelope)))));
        Assert.Equal(stored, Text(ManifestEnvelopeFormat.Write(ManifestEnvelopeFormat.Read(ManifestEnvelopeFormat.WritePlain(envelope)))));
        if (envelope.Manifest.Version != ManifestVersion.V2)
            Assert.Equal(stored, Text(ManifestEnvelopeFormat.Write(ManifestEnvelopeFormat.Read(ManifestEnvelopeFormat.WriteBorsh(envelope)))));
    });

    [Fact]
    public void Messages_in_json() => ForSeeds(seed =>
    {
        byte[] json = MessageCodec.Encode(new ModelGenerator(seed).Message(old: false), WireEncoding.Json);
        Assert.Equal(Text(CanonicalJson.Canonicalize(json)), Text(json));
        DecodedMessage decoded = MessageCodec.Decode(json);
        Assert.Equal(WireEncoding.Json, decoded.Encoding);
        Assert.Equal(Text(json), Text(MessageCodec.Encode(decoded.Message, WireEncoding.Json)));
    });

    [Fact]
    public void Messages_in_borsh_mean_the_same_as_in_json() => ForSeeds(seed =>
    {
        ProtocolMessage message = new ModelGenerator(seed).Message(old: true);
        byte[] borsh = MessageCodec.Encode(message, WireEncoding.Borsh);
        DecodedMessage decoded = MessageCodec.Decode(borsh);
        Assert.Equal(WireEncoding.Borsh, decoded.Encoding);
        Assert.Equal(Hex(borsh), Hex(MessageCodec.Encode(decoded.Message, WireEncoding.Borsh)));
        Assert.Equal(Text(MessageCodec.Encode(message, WireEncoding.Json)), Text(MessageCodec.Encode(decoded.Message, WireEncoding.Json)));
    });

    [Fact]
    public void Message_23_carries_every_version() => ForSeeds(seed =>
    {
        ManifestEnvelope envelope = new ModelGenerator(seed).Envelope();
        var request = new ProtocolMessage.BootStandardJsonEnvelopeRequest(envelope, new byte[] { 1, 2, 3 });
        byte[] borsh = MessageCodec.Encode(request, WireEncoding.Borsh);
        var read = Assert.IsType<ProtocolMessage.BootStandardJsonEnvelopeRequest>(MessageCodec.Decode(borsh).Message);
        Assert.Equal(Text(ManifestEnvelopeFormat.Write(envelope)), Text(ManifestEnvelopeFormat.Write(read.ManifestEnvelope)));
        Assert.Equal("010203", Hex(read.Pivot.Span));
    });

    [Fact]
    public void Genesis_outputs() => ForSeeds(seed =>
    {
        GenesisOutput output = new ModelGenerator(seed).Genesis();
        byte[] borsh = GenesisOutputFormat.Write(output);
        Assert.Equal(Hex(borsh), Hex(GenesisOutputFormat.Write(GenesisOutputFormat.Read(borsh))));
    });

    private static void ForSeeds(Action<int> property) =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), property).QuickCheckThrowOnFailure();

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
