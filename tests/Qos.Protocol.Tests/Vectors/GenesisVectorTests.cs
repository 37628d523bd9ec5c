using System.Globalization;
using System.Security.Cryptography;
using Qos.Nsm;
using Qos.Vectors;

namespace Qos.Protocol.Tests;

/// <summary>The genesis output of the reference's integration tests.</summary>
public sealed class GenesisVectorTests
{
    [Fact]
    public void A_stored_output_is_read_and_written_as_it_was()
    {
        byte[] stored = VectorFiles.Bytes("qos", "integration-mock", "boot-e2e", "genesis-dir", "genesis_output");
        GenesisOutput output = GenesisOutputFormat.Read(stored);
        Assert.Equal(2u, output.Set.Threshold);
        Assert.Equal(["user1", "user2", "user3"], output.Set.Members.Select(static member => member.Alias));
        Assert.Equal(output.Set.Members, output.MemberOutputs.Select(static member => member.ShareSetMember));
        Assert.Equal(
            VectorFiles.Text("qos", "integration-mock", "namespaces", "quit-coding-to-vape", "quorum_key.pub").Trim(),
            Convert.ToHexStringLower(output.QuorumKey.Span));
        Assert.Equal(
            Convert.ToHexStringLower(VectorFiles.Bytes("qos", "integration-mock", "boot-e2e", "genesis-dir", "dr_wrapped_quorum_key")),
            Convert.ToHexStringLower(output.DrKeyWrappedQuorumKey!.Value.Span));
        Assert.Equal("qos-test-message"u8.ToArray(), output.TestMessage.ToArray());
        Assert.Equal(Convert.ToHexStringLower(stored), Convert.ToHexStringLower(GenesisOutputFormat.Write(output)));
    }

    [Fact]
    public void The_folders_document_is_real_and_attests_another_output()
    {
        const long Time = 1657117192;
        AttestationDocument document = AttestationDocument.Parse(
            VectorFiles.Bytes("qos", "integration-mock", "boot-e2e", "genesis-dir", "genesis_attestation_doc"));
        new AttestationVerifier(AwsRoot.Der).Verify(document, DateTimeOffset.FromUnixTimeSeconds(Time));
        byte[] stored = VectorFiles.Bytes("qos", "integration-mock", "boot-e2e", "genesis-dir", "genesis_output");
        Assert.Equal("a2ec4272c44690b2dc32ed89d4bdd266ec2b0e753dff2f25f08b5d2a15cfe2e6", Convert.ToHexStringLower(document.UserData!.Value.Span));
        Assert.NotEqual(Convert.ToHexStringLower(SHA256.HashData(stored)), Convert.ToHexStringLower(document.UserData!.Value.Span));
    }

    [Fact]
    public void The_folders_threshold_is_the_outputs() => Assert.Equal(
        GenesisOutputFormat.Read(VectorFiles.Bytes("qos", "integration-mock", "boot-e2e", "genesis-dir", "genesis_output")).Set.Threshold,
        uint.Parse(VectorFiles.Text("qos", "integration-mock", "boot-e2e", "genesis-dir", "quorum_threshold").Trim(), CultureInfo.InvariantCulture));
}
