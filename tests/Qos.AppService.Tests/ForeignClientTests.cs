using System.Diagnostics;
using System.Text;

namespace Qos.AppService.Tests;

/// <summary>Clients that are not ours: curl, and the standard libraries of Python and Node.js, each on one kept connection. Format: docs/service.md, Clients.</summary>
public class ForeignClientTests
{
    private const string Payload = """{"timestampMs":"1763760000000","text":"Grüße"}""";

    private const string Python = """
        import http.client, json, socket, sys

        class Service(http.client.HTTPConnection):
            def __init__(self, path):
                super().__init__("app")
                self.path = path
            def connect(self):
                self.sock = socket.socket(socket.AF_UNIX)
                self.sock.connect(self.path)
            def ask(self, path, body=None):
                self.request("GET" if body is None else "POST", path, body)
                answer = self.getresponse()
                return answer.status, answer.read()

        service = Service(sys.argv[1])
        payload = sys.argv[2].encode()
        first = service.ask("/v1/keys")
        lines = [first, service.ask("/v1/sign/quorum", b"pay 5"), service.ask("/v1/proof", payload), service.ask("/v1/derive", b""), service.ask("/none")]
        for status, body in lines[:4]:
            print(status, body.decode())
        print(lines[4][0])
        """;

    private const string Node = """
        const http = require("node:http");
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        const ask = (path, body) => new Promise((resolve, reject) => {
            const request = http.request({ socketPath: process.argv[1], path, method: body === undefined ? "GET" : "POST", agent }, answer => {
                const parts = [];
                answer.on("data", part => parts.push(part));
                answer.on("end", () => resolve([answer.statusCode, Buffer.concat(parts).toString()]));
            });
            request.on("error", reject);
            request.end(body);
        });
        (async () => {
            for (const [path, body] of [["/v1/keys"], ["/v1/sign/quorum", "pay 5"], ["/v1/proof", process.argv[2]], ["/v1/derive", ""]])
                console.log((await ask(path, body)).join(" "));
            console.log((await ask("/none"))[0]);
            agent.destroy();
        })();
        """;

    private const string Curl = """
        socket=$1; payload=$2
        q() { path=$1; shift; curl -sS --max-time 20 --unix-socket "$socket" -o "$socket.answer" -w '%{http_code} ' "$@" "http://app$path"; cat "$socket.answer"; echo; }
        q /v1/keys
        q /v1/sign/quorum --data-binary 'pay 5'
        q /v1/proof --data-binary "$payload"
        q /v1/derive --data-binary ''
        q /none | cut -c1-3
        """;

    [Theory]
    [InlineData("/usr/bin/python3", "-c", Python)]
    [InlineData("node", "-e", Node)]
    [InlineData("sh", "-c", Curl)]
    public async Task A_client_of_another_make_gets_what_the_app_would_make_itself(string program, string option, string script)
    {
        Assert.SkipUnless(IsInstalled(program), $"{program} is not installed: native/install-deps signers");
        await using RunningService service = new();
        string expected = string.Join('\n',
            $$"""200 {"ephemeralKey":"{{service.App.EphemeralKey.ToHex()}}","manifestHash":"{{Convert.ToHexStringLower(Protocol.ManifestFormat.Hash(service.App.Manifest))}}","quorumKey":"{{service.App.QuorumKey.ToHex()}}"}""",
            $$"""200 {"signature":"{{Convert.ToHexStringLower(service.App.SignWithQuorumKey("pay 5"u8))}}"}""",
            $"200 {Encoding.UTF8.GetString(service.App.SignProof(Payload).ToJson())}",
            """422 {"error":"The name of a derived key has 1 to 255 bytes of UTF-8."}""",
            "404", "");

        string[] arguments = program == "sh" ? [option, script, "sh", service.Socket, Payload] : [option, script, service.Socket, Payload];
        using Process client = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = client.StandardError.ReadToEndAsync();
        string output = await client.StandardOutput.ReadToEndAsync();
        await client.WaitForExitAsync();
        Assert.True(expected == output, $"expected:\n{expected}\nfrom {program}:\n{output}{await errors}");
    }

    private static bool IsInstalled(string program) => program.StartsWith('/')
        ? File.Exists(program)
        : Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
}
