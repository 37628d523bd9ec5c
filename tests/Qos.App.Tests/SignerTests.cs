using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Qos.Vectors;
using Qos.Verify;

namespace Qos.App.Tests;

/// <summary>
/// The signers of src/samples/signers, each in its language: built as docs/app.md says, started with the key file of a vector, asked over
/// TCP, and its proof verified as anybody would. A language whose tools are not installed is skipped; native/install-deps signers installs them all.
/// </summary>
public sealed class SignerTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("qos-signer-").FullName;

    public SignerTests() => File.Copy(VectorFiles.PathOf("qos", "golden", "primary.secret"), Path.Combine(_folder, "qos.ephemeral.key"));

    [Theory]
    [InlineData("c", "cc -O2 -Wall -Wextra -static -o {out} signer.c -lcrypto", "{out}", true)]
    [InlineData("go", "go build -o {out} .", "{out}", true)]
    [InlineData("rust", "rustc --edition 2021 -O -C target-feature=+crt-static -l static=crypto -L /usr/lib/x86_64-linux-gnu -o {out} signer.rs", "{out}", true)]
    [InlineData("python", "/usr/bin/python3 -c \"import cryptography\"", "/usr/bin/python3 signer.py", false)]
    [InlineData("node", "node --check signer.mjs", "node signer.mjs", false)]
    public async Task A_signer_of_any_language_makes_proofs_that_verify(string language, string build, string start, bool goesIntoImages)
    {
        string program = Path.Combine(_folder, "signer");
        await BuildAsync(language, build.Replace("{out}", program, StringComparison.Ordinal));
        if (goesIntoImages)
            Assert.False(HasLoader(program), $"{language}: the program asks for a loader, which an image does not have");

        int port = FreePort();
        using Process signer = Start(language, $"{start.Replace("{out}", program, StringComparison.Ordinal)} --port {port} --qos-dir {_folder}");
        try
        {
            using CancellationTokenSource limit = new(s_limit);
            Assert.Equal($"signer: listening on 127.0.0.1:{port}", await signer.StandardOutput.ReadLineAsync(limit.Token));
            string said = "pay 5 to \"bob\" \\ ünï";
            string answer = await AskAsync(port, said, limit.Token);

            byte[] publicKey = Convert.FromHexString(VectorFiles.Text("qos", "golden", "primary.pub").Trim());
            VerificationPolicy policy = new() { Identity = DeploymentIdentity.FromEphemeralKey(publicKey), Measurements = TrustedMeasurements.Any };
            PublishedProof proof = PublishedProof.Parse(Encoding.UTF8.GetBytes(answer));
            VerificationResult result = new ProofVerifier(policy).VerifyAppSignature(proof.App!);
            Assert.True(result.IsValid, $"{language}: {answer}\n{result.ToText()}");

            using JsonDocument payload = JsonDocument.Parse(proof.App!.Payload);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(said))), payload.RootElement.GetProperty("sha256").GetString());
            Assert.Equal(JsonValueKind.String, payload.RootElement.GetProperty("timestampMs").ValueKind);
        }
        finally
        {
            using Process kill = Process.Start("kill", ["-TERM", $"{signer.Id}"]);
            await signer.WaitForExitAsync();
        }

        Assert.Equal(0, signer.ExitCode);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<string> AskAsync(int port, string line, CancellationToken limit)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, port, limit);
        using NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"{line}\n"), limit);
        using StreamReader reader = new(stream);
        return await reader.ReadLineAsync(limit) ?? throw new EndOfStreamException("The signer closed the connection without an answer.");
    }

    private static async Task BuildAsync(string language, string command)
    {
        Assert.SkipUnless(IsInstalled(command.Split(' ')[0]), $"{command.Split(' ')[0]} is not installed: native/install-deps signers");
        using Process build = Start(language, command);
        Task<string> output = build.StandardOutput.ReadToEndAsync();
        string problems = await build.StandardError.ReadToEndAsync();
        await build.WaitForExitAsync();
        Assert.SkipWhen(problems.Contains("No module named 'cryptography'", StringComparison.Ordinal), "python3-cryptography is not installed: native/install-deps signers");
        Assert.True(build.ExitCode == 0, $"{command}\n{problems}{await output}");
    }

    private static Process Start(string language, string command)
    {
        ProcessStartInfo start = new("/bin/sh", ["-c", $"exec {command}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.Combine(Repository(), "src", "samples", "signers", language),
        };
        start.Environment["CGO_ENABLED"] = "0";
        start.Environment["GOFLAGS"] = "-buildvcs=false";
        start.Environment["GOCACHE"] = Path.Combine(Repository(), "out", "go-cache");
        return Process.Start(start)!;
    }

    private static bool IsInstalled(string program) => program.StartsWith('/')
        ? File.Exists(program)
        : Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    // PT_INTERP among the program headers of an ELF64 file.
    private static bool HasLoader(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int at = (int)BitConverter.ToInt64(file, 32);
        int size = BitConverter.ToInt16(file, 54);
        return Enumerable.Range(0, BitConverter.ToInt16(file, 56)).Any(index => BitConverter.ToInt32(file, at + index * size) == 3);
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Repository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Qos.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("The tests are not below the repository.");
    }
}
