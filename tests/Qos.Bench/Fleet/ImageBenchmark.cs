using System.Diagnostics;
using System.Globalization;
using Qos.Registry;

namespace Qos.Bench.Fleet;

/// <summary>One file taken out of a large image, beside skopeo.</summary>
internal sealed class ImageBenchmark : IBenchmark
{
    public string Name => "fleet-image";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        string folder = Directory.CreateTempSubdirectory("qos-bench-").FullName;
        try
        {
            int port = EndToEnd.Local.LocalNode.FreePort();
            await File.WriteAllTextAsync(Path.Combine(folder, "registry.yml"), $$"""
                version: 0.1
                log: { level: error }
                storage: { filesystem: { rootdirectory: {{folder}}/registry } }
                http: { addr: 127.0.0.1:{{port}} }
                """);
            using var registry = ChildProcess.Start("docker-registry", "serve", Path.Combine(folder, "registry.yml"));
            await ChildProcess.RunAsync("bash", "-c", Text($$$"""
                set -e; cd {{{folder}}}; mkdir -p image/data image/app layout/blobs/sha256
                for i in 1 2 3 4; do head -c 268435456 /dev/urandom >image/data/$i; done
                head -c 20000000 /dev/urandom >image/app/server
                tar -C image -cf - app data | gzip -1 -n >layer; digest=$(sha256sum layer | cut -d' ' -f1); mv layer layout/blobs/sha256/$digest
                printf '{}' >layout/blobs/sha256/44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
                printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:%s","size":%s}]}' $digest $(stat -c %s layout/blobs/sha256/$digest) >manifest
                m=$(sha256sum manifest | cut -d' ' -f1); printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s,"annotations":{"org.opencontainers.image.ref.name":"1"}}]}' $m $(stat -c %s manifest) >layout/index.json
                mv manifest layout/blobs/sha256/$m; printf '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout; rm -r image
                for i in $(seq 100); do curl -fsS http://127.0.0.1:{{{port}}}/v2/ && break; sleep 0.1; done
                skopeo copy --insecure-policy --dest-tls-verify=false oci:layout:1 docker://127.0.0.1:{{{port}}}/big:1
                """));
            long begin = Stopwatch.GetTimestamp();
            await ChildProcess.RunAsync("skopeo", "copy", "--insecure-policy", "--src-tls-verify=false", Text($"docker://127.0.0.1:{port}/big:1"), $"dir:{folder}/copy");
            double theirs = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            string[] said = (await ChildProcess.RunAsync(
                Environment.ProcessPath!, [.. Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? (string[])[typeof(ImageBenchmark).Assembly.Location] : [], "extract", Text($"127.0.0.1:{port}/big:1")])).Split(' ');
            double ours = double.Parse(said[0], CultureInfo.InvariantCulture), peak = double.Parse(said[1], CultureInfo.InvariantCulture);
            return
            [
                new BenchRow("one file out of an image of 1 GiB", Text($"{ours:F1} s"), Text($"skopeo copy to a directory: {theirs:F1} s"), Text($"{ours / theirs:F2}"), "<= 1.5", ours <= 1.5 * theirs),
                new BenchRow("peak memory of that", Text($"{peak:F0} MiB"), "", "", "<= 128 MiB", peak <= 128),
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A process of its own that takes the file, and says its seconds and its peak in MiB.</summary>
    public static async Task<int> ExtractAsync(string image)
    {
        long begin = Stopwatch.GetTimestamp();
        using var client = new RegistryClient();
        ResolvedImage resolved = await client.ResolveAsync(ImageReference.Parse(image), RegistryCredentials.None);
        string path = Path.GetTempFileName();
        await using (FileStream output = new(path, FileMode.Create, FileAccess.ReadWrite))
            await client.ExtractAsync(resolved, "/app/server", RegistryCredentials.None, output);
        File.Delete(path);
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        string peak = File.ReadLines("/proc/self/status").First(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1];
        Console.Write(Text($"{seconds} {double.Parse(peak, CultureInfo.InvariantCulture) / 1024}"));
        return 0;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
