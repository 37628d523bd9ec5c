using Qos.Protocol;

namespace Qos.Node.Tests;

/// <summary>Requests in bytes, in pieces, and what comes of them.</summary>
internal static class Wire
{
    internal static Manifest Older(Manifest manifest, ManifestVersion version) => manifest with
    {
        Version = version,
        PatchSet = new PatchSet(1, [manifest.ShareSet.Members[0].PubKey]),
        Pivot = version is ManifestVersion.V0
            ? manifest.Pivot with { BridgeConfig = [], DebugMode = false }
            : manifest.Pivot with
            {
                BridgeConfig =
                [
                    new BridgeConfig.Server(3000, "0.0.0.0"), new BridgeConfig.Client(4000, null), new BridgeConfig.Client(4001, "host"),
                ],
            },
    };

    internal static int[] RandomCuts(Random random, int length)
    {
        var cuts = new List<int>();
        for (int left = length; left > 0;)
        {
            int cut = Math.Min(left, random.Next(5) == 0 ? random.Next(1, length + 1) : random.Next(1, 40));
            cuts.Add(cut);
            left -= cut;
        }

        return [.. cuts];
    }

    /// <summary>Takes a body apart without letting the node answer: the message as decoded, and the staged pivot's bytes.</summary>
    internal static (ProtocolMessage? Message, byte[]? Pivot) Take(TestNode node, byte[] body, int[] cuts)
    {
        byte[]? bytes = null;
        ProtocolMessage? message;
        var budget = new IntakeBudget(NodeLimits.MaximumRetainedTogether);
        var reception = new PivotReception(node.Node, new PivotPlaces(TimeProvider.System));
        using (var intake = new MessageIntake(body.Length, budget, reception, node.Node))
        {
            int at = 0;
            foreach (int cut in cuts)
            {
                intake.Write(body.AsSpan(at, cut));
                at += cut;
            }

            (message, _) = intake.Decode();
            if (message is not null && reception.Staged is { } pivot)
            {
                bytes = File.ReadAllBytes(node.Folder[".qos.pivot.bin.new"]);
                Assert.Equal(System.Security.Cryptography.SHA256.HashData(bytes), pivot.Sha256.ToArray());
            }
        }

        Assert.Equal(0, budget.Taken);
        return (message, bytes);
    }

    internal static ReadOnlyMemory<byte> PivotOf(ProtocolMessage message) => message switch
    {
        ProtocolMessage.BootStandardRequest boot => boot.Pivot,
        ProtocolMessage.BootKeyForwardRequest boot => boot.Pivot,
        ProtocolMessage.BootStandardJsonEnvelopeRequest boot => boot.Pivot,
        _ => default,
    };

    internal static ProtocolMessage WithoutPivot(ProtocolMessage message) => message switch
    {
        ProtocolMessage.BootStandardRequest boot => boot with { Pivot = default },
        ProtocolMessage.BootKeyForwardRequest boot => boot with { Pivot = default },
        ProtocolMessage.BootStandardJsonEnvelopeRequest boot => boot with { Pivot = default },
        _ => message,
    };

    internal static async Task<DecodedMessage> Send(TestNode node, byte[] body, int chunk)
    {
        var service = new MessageService(node.Node);
        return await Send(service, body, chunk);
    }

    internal static async Task<DecodedMessage> Send(MessageService service, byte[] body, int chunk)
    {
        using IMessageIntake intake = service.Begin(body.Length);
        for (int at = 0; at < body.Length; at += chunk)
            intake.Write(body.AsSpan(at, Math.Min(chunk, body.Length - at)));
        return MessageCodec.Decode((await intake.CompleteAsync(CancellationToken.None)).Span);
    }
}
