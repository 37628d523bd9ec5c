using Qos.Client;
using Qos.EndToEnd.Local;
using Qos.Protocol;

namespace Qos.EndToEnd.Tests;

/// <summary>A pivot of 60 MiB passes through host and enclave without being held. Format: docs/protocol/messages.md, Transport ("Ours").</summary>
public sealed class LargePivotTests(ITestOutputHelper output) : NodeTests(output)
{
    private const int PivotLength = 60 * 1024 * 1024;
    private const long MiB = 1024 * 1024;

    [Theory]
    [InlineData(BootRequestForm.StandardJson)]
    [InlineData(BootRequestForm.StandardRaw)]
    public async Task Memory_does_not_grow_with_the_pivot(BootRequestForm form)
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await NodeAsync();
        byte[] pivot = new byte[PivotLength];
        new Random(1).NextBytes(pivot);
        Quiet.CopyTo(pivot, 0);
        ManifestEnvelope envelope = quorum.Approve(quorum.Manifest(node, pivot));

        using (var content = new BootContent(envelope, form, pivot))
        using (HttpResponseMessage response = await node.Http.PostAsync("qos/message", content))
        {
            ProtocolMessage answer = MessageCodec.Decode(await response.Content.ReadAsByteArrayAsync()).Message;
            Assert.IsType<ProtocolMessage.BootStandardResponse>(answer);
        }

        Assert.Equal(pivot.Length, new FileInfo(Path.Combine(node.Directory, "qos.pivot.bin")).Length);
        Assert.True(node.Enclave.StatusBytes("VmHWM") <= 48 * MiB, $"the enclave's peak is {node.Enclave.StatusBytes("VmHWM") / MiB} MiB");
        Assert.True(node.Host.StatusBytes("VmHWM") <= 64 * MiB, $"the host's peak is {node.Host.StatusBytes("VmHWM") / MiB} MiB");
    }
}
