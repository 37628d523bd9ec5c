using System.Text;
using Qos.EndToEnd.Local;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.EndToEnd.Tests;

/// <summary>The files of a node, and the places where a seed must not be. Format: docs/protocol/messages.md, Files in the enclave.</summary>
public sealed class FileTests(ITestOutputHelper output) : NodeTests(output)
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Fact]
    public async Task Each_file_has_its_content_and_its_mode_from_boot_to_the_running_app()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        Manifest manifest = quorum.Manifest(node, Quiet);
        ManifestEnvelope envelope = quorum.Approve(manifest);
        Assert.Empty(node.FileNames);

        ReadOnlyMemory<byte> document = await node.BootAsync(envelope, Quiet);
        Assert.Equal(["qos.ephemeral.key", "qos.manifest", "qos.pivot.bin"], node.FileNames);
        string setupSeed = Read(node, "qos.ephemeral.key");
        Assert.Equal(KeyOf(document), PublicKeyOf(setupSeed));
        Assert.Equal(Quiet, File.ReadAllBytes(Path.Combine(node.Directory, "qos.pivot.bin")));
        Assert.Equal(manifest.Hash(), ManifestEnvelopeFormat.Read(File.ReadAllBytes(Path.Combine(node.Directory, "qos.manifest"))).Manifest.Hash());
        Assert.Empty(ManifestEnvelopeFormat.Read(File.ReadAllBytes(Path.Combine(node.Directory, "qos.manifest"))).ShareSetApprovals);

        await node.AskAsync(quorum.Share(0, node, document, envelope));
        await node.AskAsync(quorum.Share(1, node, document, envelope));
        Assert.Equal(["qos.ephemeral.key", "qos.manifest", "qos.pivot.bin", "qos.quorum.key"], node.FileNames);
        string liveSeed = Read(node, "qos.ephemeral.key");
        Assert.NotEqual(setupSeed, liveSeed);
        var live = (ProtocolMessage.LiveAttestationDocResponse)await node.AskAsync(new ProtocolMessage.LiveAttestationDocRequest());
        Assert.Equal(KeyOf(((NsmResponse.Attestation)live.NsmResponse).Document), PublicKeyOf(liveSeed));
        Assert.Equal(quorum.SeedHex, Read(node, "qos.quorum.key"));
        Assert.Equal(2, ManifestEnvelopeFormat.Read(File.ReadAllBytes(Path.Combine(node.Directory, "qos.manifest"))).ShareSetApprovals.Count);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead, Mode(node, "qos.manifest"));
        Assert.Equal(Owner & ~UnixFileMode.UserWrite, Mode(node, "qos.pivot.bin"));
        Assert.Equal(UnixFileMode.UserRead, Mode(node, "qos.ephemeral.key"));
        Assert.Equal(UnixFileMode.UserRead, Mode(node, "qos.quorum.key"));
    }

    [Fact]
    public async Task A_seed_is_in_its_file_and_nowhere_else()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await NodeAsync();
        byte[] pivot = Script("exec /bin/sleep 100000");
        Manifest manifest = quorum.Manifest(node, pivot);
        ManifestEnvelope envelope = quorum.Approve(manifest with { Pivot = manifest.Pivot with { DebugMode = true } });
        ReadOnlyMemory<byte> document = await node.BootAsync(envelope, pivot);
        string setupSeed = Read(node, "qos.ephemeral.key");
        await node.AskAsync(quorum.Share(0, node, document, envelope));
        await node.AskAsync(quorum.Share(0, node, document, envelope));
        await node.AskAsync(quorum.Share(2, node, document, envelope));
        NodeStatus status = await node.StatusAsync(status => status.Pivot is { State: PivotState.Running });
        Assert.NotNull(status.Pivot);
        string[] secrets = [setupSeed, Read(node, "qos.ephemeral.key"), quorum.SeedHex!, .. Enumerable.Range(0, 3).Select(holder => Hex(quorum, holder))];

        await node.Http.GetStringAsync("qos/enclave-info");
        await node.Http.GetStringAsync("metrics");
        int child = int.Parse(
            File.ReadAllText($"/proc/{node.Enclave.Id}/task/{node.Enclave.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault()
                ?? node.Enclave.Id.ToString(System.Globalization.CultureInfo.InvariantCulture),
            System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(0, await node.Host.TerminateAsync());
        string seen = node.Log;
        foreach (int id in (int[])[node.Enclave.Id, node.Simulator.Id, child])
            seen += Process(id, "environ") + Process(id, "cmdline");

        foreach (string secret in secrets)
        {
            Assert.Equal(64, secret.Length > 64 ? 64 : secret.Length);
            Assert.DoesNotContain(secret, seen, StringComparison.OrdinalIgnoreCase);
            foreach (string file in (string[])["qos.manifest", "qos.pivot.bin"])
                Assert.DoesNotContain(secret, Encoding.Latin1.GetString(File.ReadAllBytes(Path.Combine(node.Directory, file))), StringComparison.OrdinalIgnoreCase);
        }
    }

    private static string Read(LocalNode node, string name) => File.ReadAllText(Path.Combine(node.Directory, name));

    private static UnixFileMode Mode(LocalNode node, string name) => File.GetUnixFileMode(Path.Combine(node.Directory, name));

    private static string KeyOf(ReadOnlyMemory<byte> document) =>
        Convert.ToHexStringLower(AttestationDocument.Parse(document.Span).PublicKey!.Value.Span);

    private static string PublicKeyOf(string seedHex)
    {
        using KeySet key = KeySet.FromSeed(Convert.FromHexString(seedHex));
        return key.PublicKey.ToHex();
    }

    private static string Hex(Quorum quorum, int holder)
    {
        using SecretMemory share = quorum.PlainShare(holder);
        return Convert.ToHexStringLower(share.Span);
    }

    private static string Process(int id, string file) => Encoding.Latin1.GetString(File.ReadAllBytes($"/proc/{id}/{file}"));
}
