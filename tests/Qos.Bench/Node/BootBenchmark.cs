using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Qos.Client;
using Qos.EndToEnd.Local;
using Qos.Protocol;

namespace Qos.Bench.Node;

/// <summary>A boot request with a pivot of 60 MiB through host and enclave: its time and the peaks of both processes.</summary>
internal sealed class BootBenchmark : IBenchmark
{
    private const int PivotLength = 60 * 1024 * 1024;
    private const double MiB = 1024 * 1024;

    public string Name => "boot";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        byte[] pivot = new byte[PivotLength];
        new Random(1).NextBytes(pivot);
        using var quorum = Quorum.Deal();
        var rows = new List<BenchRow>();
        foreach ((BootRequestForm form, string name, double reference, string referencePeak, double target) in
            ((BootRequestForm, string, double, string, double)[])[(BootRequestForm.StandardJson, "JSON (hex)", 1155, "185 MiB", 0.3), (BootRequestForm.StandardRaw, "raw (message 23)", 231, "125 MiB", 0.5)])
        {
            var runs = new List<Run>();
            for (int round = 0; round < options.Rounds; round++)
                runs.Add(await BootAsync(quorum, form, pivot));
            double time = runs.Select(run => run.Milliseconds).Order().ElementAt(runs.Count / 2);
            double enclaveTime = runs.Select(run => run.EnclaveTime).Order().ElementAt(runs.Count / 2);
            double hostTime = runs.Select(run => run.HostTime).Order().ElementAt(runs.Count / 2);
            double enclave = runs.Max(run => run.Enclave), host = runs.Max(run => run.Host);
            rows.Add(new BenchRow(
                $"60 MiB pivot, {name}, through the host", Text($"{time:0} ms"), Text($"reference {reference:#,0} ms, {referencePeak}"), Text($"{time / reference:0.00}"), Text($"<= {target}"), time <= target * reference));
            rows.Add(new BenchRow($"processor time for it, {name}", Text($"enclave {enclaveTime:0} ms, host {hostTime:0} ms"), "", "", "", true));
            rows.Add(new BenchRow($"peak RSS of the enclave, {name}", Text($"{enclave:0.0} MiB"), "", "", "<= 48 MiB", enclave <= 48));
            rows.Add(new BenchRow($"peak RSS of the host, {name}", Text($"{host:0.0} MiB"), "", "", "<= 64 MiB", host <= 64));
        }

        return rows;
    }

    private static async Task<Run> BootAsync(Quorum quorum, BootRequestForm form, byte[] pivot)
    {
        await using LocalNode node = await LocalNode.StartAsync(static _ => { });
        ManifestEnvelope envelope = quorum.Approve(quorum.Manifest(node, pivot));
        using var body = new MemoryStream();
        await new BootRequestWriter(envelope, form, pivot.Length).WriteAsync(body, new MemoryStream(pivot));

        // Written beforehand and sent as it is: the sender shares the processors with what is measured.
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(node.HostAddress);
        string head = string.Create(
            CultureInfo.InvariantCulture, $"POST /qos/message HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n");
        byte[] answer = new byte[64 * 1024];
        TimeSpan enclaveBefore = node.Enclave.ProcessorTime, hostBefore = node.Host.ProcessorTime;
        long start = Stopwatch.GetTimestamp();
        int length = await Task.Run(() => Exchange(client, Encoding.ASCII.GetBytes(head), body, answer));
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        if (await node.PhaseAsync() != ProtocolPhase.WaitingForQuorumShards)
            throw new InvalidOperationException($"The boot was refused: {Encoding.ASCII.GetString(answer, 0, length)}");
        return new Run(
            milliseconds,
            (node.Enclave.ProcessorTime - enclaveBefore).TotalMilliseconds,
            (node.Host.ProcessorTime - hostBefore).TotalMilliseconds,
            node.Enclave.StatusBytes("VmHWM") / MiB,
            node.Host.StatusBytes("VmHWM") / MiB);
    }

    private static int Exchange(Socket client, byte[] head, MemoryStream body, byte[] answer)
    {
        client.Send(head);
        ReadOnlySpan<byte> rest = body.GetBuffer().AsSpan(0, (int)body.Length);
        while (!rest.IsEmpty)
            rest = rest[client.Send(rest[..Math.Min(rest.Length, 256 * 1024)])..];
        int length = 0, read;
        while ((read = client.Receive(answer.AsSpan(length))) > 0)
            length += read;
        return length;
    }

    private sealed record Run(double Milliseconds, double EnclaveTime, double HostTime, double Enclave, double Host);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
