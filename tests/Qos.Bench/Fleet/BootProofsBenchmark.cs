using System.Diagnostics;
using System.Globalization;
using Qos.Fleet;
using Qos.Fleet.Storage;
using Qos.Fleet.World;

namespace Qos.Bench.Fleet;

/// <summary>The control service's database of boot proofs: one looked up by its key, the chain verified.</summary>
internal sealed class BootProofsBenchmark : IBenchmark
{
    private const int Proofs = 100_000;
    private const double MiB = 1024 * 1024;

    public string Name => "fleet-proofs";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        var rows = new List<BenchRow>();
        using var folder = new BenchFolder();
        rows.AddRange(await ProofsAsync("SQLite", $"sqlite:{folder.Path}/fleet.db"));
        if (PostgresServer.WhyNot is null)
            rows.AddRange(await ProofsAsync("PostgreSQL", PostgresServer.One.NewDatabase()));
        return rows;
    }

    private static async Task<IReadOnlyList<BenchRow>> ProofsAsync(string kind, string location)
    {
        await using FleetWorld world = await FleetWorld.OnAsync(time => FleetDatabase.OpenAsync(location, time));
        byte[] document = new byte[4700], manifest = new byte[3500], envelope = new byte[4500];
        for (int batch = 0; batch < Proofs; batch += 1000)
        {
            await world.Database.ImportProofsAsync(
                Enumerable.Range(batch, 1000).Select(i =>
                {
                    Random.Shared.NextBytes(document);
                    return new BootProofRecord
                    {
                        EphemeralKey = Key(i),
                        OrganizationId = world.OrganizationId,
                        AppId = world.App.Id,
                        DeploymentId = world.App.Id,
                        ReplicaId = Key(i)[..36],
                        Document = document.ToArray(),
                        Manifest = manifest,
                        Envelope = envelope,
                        CreatedAt = world.Clock.Now,
                    };
                }),
                default);
        }

        var times = new List<double>();
        for (int i = 0; i < 3000; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            _ = await world.Database.ProofAsync(Key(Random.Shared.Next(Proofs)), default) ?? throw new InvalidOperationException("A proof is missing.");
            if (i >= 500)
                times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        times.Sort();
        double p99 = times[(int)(times.Count * 0.99)];
        long start = Stopwatch.GetTimestamp();
        ChainReport report = await world.Database.VerifyChainAsync(null, default);
        double rate = report.Records / Stopwatch.GetElapsedTime(start).TotalSeconds;
        string size = location.StartsWith("sqlite:", StringComparison.Ordinal) ? Text($"; the file has {new FileInfo(location["sqlite:".Length..]).Length / MiB:F0} MiB") : "";
        return
        [
            new BenchRow(Text($"{kind}: one of {Proofs:N0} boot proofs by its key, p99"), Text($"{p99:F2} ms{size}"), "", "", "<= 2 ms", p99 <= 2),
            new BenchRow(Text($"{kind}: the chain of {Proofs:N0} boot proofs verified"), Text($"{rate:N0} records/s"), "", "", ">= 50,000/s", rate >= 50_000 && report.Fault is null),
        ];
    }

    // 130 bytes in hex, as a key has.
    private static string Key(int number) => number.ToString("x260", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
