using System.Diagnostics;
using System.Globalization;
using System.Text;
using Qos.Bench.Bridge;
using Qos.EndToEnd.Local;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Bench.Node;

/// <summary>
/// Export key, through the host of a node whose bridge carries as much as it can: the pivot is the load generator's server. Beside it the same
/// node without traffic. Each answer is a whole verification of the other node's document and an encryption to its key.
/// </summary>
internal sealed class ExportBenchmark : IBenchmark
{
    private const int Connections = 8;
    private const int Uncounted = 100;
    private const int MeetingTheLoad = 20;
    private const int Runs = 100;
    private const double Target = 50;

    public string Name => "export";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        string folder = Directory.CreateTempSubdirectory("qb").FullName;
        try
        {
            LoadGenerator load = await LoadGenerator.CompileAsync(folder);
            int pivotPort = LocalNode.FreePort(), port = LocalNode.FreePort();
            using var quorum = Quorum.Deal();
            await using LocalNode live = await LocalNode.StartAsync(
                static _ => { }, new NodeSetup { Host = ["--publish", Text($"{pivotPort}=127.0.0.1:{port}")] });
            await using LocalNode next = await LocalNode.StartAsync(static _ => { }, new NodeSetup { PkiFolder = live.PkiFolder });

            byte[] pivot = await File.ReadAllBytesAsync(load.Program);
            Manifest manifest = quorum.Manifest(live, pivot, "server", "--addr", "127.0.0.1", "--port", Text($"{pivotPort}"), "--threads", "64");
            manifest = manifest with { Pivot = manifest.Pivot with { BridgeConfig = [new BridgeConfig.Server((ushort)pivotPort, "0.0.0.0")] } };
            ManifestEnvelope envelope = await live.RunAsync(quorum, manifest, pivot);
            byte[] request = MessageCodec.Encode(
                new ProtocolMessage.ExportKeyRequest(envelope, await BootAsync(next, envelope, pivot)), WireEncoding.Json);
            await Eventually.TrueAsync(async () => (await load.RunAsync("ping", port, 1, 0.1)).Errors == 0, () => $"The bridge carries nothing.\n{live.Log}");

            // A host runs for days: what counts is its compiled code.
            for (int i = 0; i < Uncounted; i++)
                await ExportAsync(live, request);
            List<double> idle = [];
            for (int i = 0; i < Runs; i++)
                idle.Add(await ExportAsync(live, request));

            var rows = new List<BenchRow> { Row("without traffic", idle, "", isAsked: false) };
            foreach (string mode in (string[])["down", "up"])
            {
                (List<double> times, LoadResult traffic) = await UnderLoadAsync(live, request, load, mode, port, Math.Max(5, options.Seconds));
                string errors = traffic.Errors == 0 ? "" : Text($", {traffic.Errors} errors");
                rows.Add(Row($"bridge in bulk {mode}, {Connections} connections", times, Text($"traffic {traffic.GigabytesPerSecond:0.##} GB/s{errors}"), isAsked: true));
            }

            await InjectAsync(next, MessageCodec.Decode(await AskAsync(live, request)).Message);
            return rows;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(List<double> Times, LoadResult Traffic)> UnderLoadAsync(
        LocalNode live, byte[] request, LoadGenerator load, string mode, int port, double seconds)
    {
        List<double> times = [];
        Task<LoadResult> traffic = load.RunAsync(mode, port, Connections, seconds);
        for (int i = 0; !traffic.IsCompleted; i++)
        {
            double time = await ExportAsync(live, request);

            // The first ones meet a load that is about to begin, the last one a load that has ended.
            if (i >= MeetingTheLoad && !traffic.IsCompleted)
                times.Add(time);
        }

        return (times, await traffic);
    }

    private static BenchRow Row(string load, List<double> times, string traffic, bool isAsked)
    {
        double[] sorted = [.. times.Order()];
        double median = sorted[sorted.Length / 2], p99 = sorted[(int)(0.99 * (sorted.Length - 1))];
        return new BenchRow(
            $"export key, {load}",
            Text($"{median:0.0} ms, p99 {p99:0.0} ms ({sorted.Length} runs)"),
            traffic,
            "",
            isAsked ? Text($"<= {Target:0} ms") : "",
            !isAsked || median <= Target);
    }

    private static async Task<ReadOnlyMemory<byte>> BootAsync(LocalNode node, ManifestEnvelope envelope, byte[] pivot) =>
        await node.AskAsync(new ProtocolMessage.BootKeyForwardRequest(envelope, pivot)) is ProtocolMessage.BootKeyForwardResponse { NsmResponse: NsmResponse.Attestation answer }
            ? answer.Document
            : throw new InvalidOperationException($"The second node does not boot.\n{node.Log}");

    private static async Task<double> ExportAsync(LocalNode node, byte[] request)
    {
        long start = Stopwatch.GetTimestamp();
        byte[] answer = await AskAsync(node, request);
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return MessageCodec.Decode(answer).Message is ProtocolMessage.ExportKeyResponse
            ? milliseconds
            : throw new InvalidOperationException($"The key is not exported: {Encoding.UTF8.GetString(answer)}");
    }

    private static async Task<byte[]> AskAsync(LocalNode node, byte[] request)
    {
        using var body = new ByteArrayContent(request);
        using HttpResponseMessage response = await node.Http.PostAsync("qos/message", body);
        return await response.Content.ReadAsByteArrayAsync();
    }

    /// <summary>What was exported is the key: the second node takes it.</summary>
    private static async Task InjectAsync(LocalNode node, ProtocolMessage exported)
    {
        var key = (ProtocolMessage.ExportKeyResponse)exported;
        ProtocolMessage answer = await node.AskAsync(new ProtocolMessage.InjectKeyRequest(key.EncryptedQuorumKey, key.Signature));
        if (answer is not ProtocolMessage.InjectKeyResponse)
            throw new InvalidOperationException($"The exported key is not taken: {answer}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
