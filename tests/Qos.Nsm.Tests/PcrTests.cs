using System.Text;
using System.Text.Json;
using Qos.Vectors;

namespace Qos.Nsm.Tests;

/// <summary>PCR3 and the commitments of <c>qos/pcr.json</c>.</summary>
public sealed class PcrTests
{
    private static readonly JsonElement s_vectors = JsonDocument.Parse(VectorFiles.Bytes("qos", "pcr.json")).RootElement;

    [Fact]
    public void PCR3_is_made_of_the_roles_ARN()
    {
        JsonElement vector = s_vectors.GetProperty("pcr3");
        Assert.Equal(
            vector.GetProperty("pcr3").GetString(),
            Convert.ToHexStringLower(Pcr.FromRoleArn(vector.GetProperty("role_arn").GetString()!)));
    }

    [Fact]
    public void Commitments_are_the_vectors()
    {
        JsonElement vector = s_vectors.GetProperty("commitment");
        byte[] key = Hex(vector, "public_key");
        byte[] hash = Hex(vector, "manifest_hash");

        ManifestCommitment setup = ManifestCommitment.Setup(key, hash);
        Assert.Equal(Hex(vector, "setup_commitment"), setup.Extension.ToArray());
        Assert.Equal(Hex(vector, "setup_pcr16"), setup.Pcr.ToArray());
        Assert.Equal(16, setup.PcrIndex);

        ManifestCommitment live = ManifestCommitment.Live(key, hash);
        Assert.Equal(Hex(vector, "live_commitment"), live.Extension.ToArray());
        Assert.Equal(Hex(vector, "live_pcr17"), live.Pcr.ToArray());
        Assert.Equal(17, live.PcrIndex);
    }

    [Fact]
    public void The_preimage_is_canonical_JSON()
    {
        JsonElement vector = s_vectors.GetProperty("preimage");
        ManifestCommitment setup = ManifestCommitment.Setup(Hex(vector, "public_key"), Hex(vector, "manifest_hash"));
        Assert.Equal(vector.GetProperty("preimage").GetString(), Encoding.UTF8.GetString(setup.Preimage));
    }

    [Fact]
    public void A_PCR_of_another_length_is_not_extended() => Assert.Throws<ArgumentException>(() => Pcr.Extend(new byte[32], []));

    private static byte[] Hex(JsonElement element, string name) => Convert.FromHexString(element.GetProperty(name).GetString()!);
}
