using System.Diagnostics;
using System.IO.Pipes;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Qos.Fleet.Api;
using Qos.Vectors;

namespace Qos.Cli.Tests;

/// <summary>A control service that leaves something out of its answers, or puts something else there: one line that names it, whatever the command.</summary>
public sealed class HostileServiceTests : IDisposable
{
    private static readonly ApiTimestamp s_time = new("1800000000", "0");
    private readonly HttpListener _listener;
    private readonly Task _serving;
    private readonly string _key = Path.GetTempFileName();
    private readonly string _url;
    private Func<string, string> _answer = static _ => "{}";
    private string _said = "";

    public HostileServiceTests()
    {
        (_listener, _url) = Listen();
        _serving = ServeAsync();
        File.WriteAllBytes(_key, JsonSerializer.SerializeToUtf8Bytes(ApiKeyFile.Make("organization"), ApiJson.Default.ApiKeyBody));
    }

    public void Dispose()
    {
        _listener.Close();
        _serving.GetAwaiter().GetResult();
        File.Delete(_key);
    }

    /// <summary>Each member of a whole answer is left out, and made null, in turn; each list and map gets a null. None of it is a defect of ours.</summary>
    [Theory]
    [InlineData("app list")]
    [InlineData("app show 00000000-0000-0000-0000-000000000001")]
    [InlineData("app show signer")]
    [InlineData("app status 00000000-0000-0000-0000-000000000001")]
    [InlineData("app promote 00000000-0000-0000-0000-000000000002")]
    [InlineData("app delete 00000000-0000-0000-0000-000000000001 --yes")]
    [InlineData("deploy status 00000000-0000-0000-0000-000000000002")]
    [InlineData("deploy logs 00000000-0000-0000-0000-000000000002")]
    [InlineData("deploy delete 00000000-0000-0000-0000-000000000002")]
    [InlineData("deploy provision 00000000-0000-0000-0000-000000000002 --share x --secret x --alias a --yes")]
    public async Task What_is_missing_is_named(string command)
    {
        JsonObject whole = Whole();
        _answer = _ => whole.ToJsonString();
        (int status, string before) = await RunAsync(command);
        Assert.True(status == 0 || command.StartsWith("deploy provision", StringComparison.Ordinal), before);
        var wrong = new List<string>();
        foreach ((string what, JsonObject mutant) in Mutants(whole))
        {
            _answer = _ => mutant.ToJsonString();
            (status, string error) = await RunAsync(command);
            bool isOneLine = error.TrimEnd('\n').Split('\n').Length == 1;
            if (error.Contains("defect", StringComparison.Ordinal) || error.Contains("Qos.", StringComparison.Ordinal) || error.Contains("System.", StringComparison.Ordinal) || !isOneLine
                || (status != 0 && error.Length == 0) || status is not (0 or 1))
                wrong.Add($"{what}: {status} {error}");
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("app show 00000000-0000-0000-0000-000000000001", "tvcApp.shareSet.operators[1].name", "it lacks tvcApp.shareSet.operators[1].name")]
    [InlineData("app show 00000000-0000-0000-0000-000000000001", "tvcApp", "The service gave no app")]
    [InlineData("app show 00000000-0000-0000-0000-000000000001", "images[0].pcrs", "it lacks images[0].pcrs")]
    [InlineData("app status 00000000-0000-0000-0000-000000000001", "appStatus.deployments[0].shareHolders[0].state", "it lacks appStatus.deployments[0].shareHolders[0].state")]
    [InlineData("app status 00000000-0000-0000-0000-000000000001", "appStatus.deployments[0].lastUpdatedTime.seconds", "it lacks appStatus.deployments[0].lastUpdatedTime.seconds")]
    [InlineData("deploy status 00000000-0000-0000-0000-000000000002", "tvcDeployment.manifest.manifest", "it lacks tvcDeployment.manifest.manifest")]
    [InlineData("deploy delete 00000000-0000-0000-0000-000000000002", "activity.result.deleteTvcDeploymentResult.deploymentId", "it lacks activity.result.deleteTvcDeploymentResult.deploymentId")]
    [InlineData("deploy delete 00000000-0000-0000-0000-000000000002", "activity.result.deleteTvcDeploymentResult", "it lacks activity.result.deleteTvcDeploymentResult")]
    [InlineData("deploy delete 00000000-0000-0000-0000-000000000002", "activity.status", "it lacks activity.status")]
    public async Task Its_path_is_in_the_line(string command, string member, string expected)
    {
        JsonObject whole = Whole();
        Remove(whole, member);
        _answer = _ => whole.ToJsonString();
        (int status, string error) = await RunAsync(command);
        Assert.Equal(1, status);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"tvcApp":"an app"}""", "tvcApp is something else than it should be")]
    [InlineData("""{"tvcApp":null}""", "The service gave no app")]
    [InlineData("""{"images":{}}""", "images is something else than it should be")]
    [InlineData("null", "it is empty")]
    [InlineData("[]", "it is something else than it should be")]
    [InlineData("<html>", "is not JSON")]
    [InlineData("", "is not JSON")]
    public async Task So_is_what_is_something_else(string answer, string expected)
    {
        _answer = _ => answer;
        (int status, string error) = await RunAsync("app show 00000000-0000-0000-0000-000000000001");
        Assert.Equal(1, status);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("Qos.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 1, "2 more approvals, by alice, bob or member\\u{202e}", "1 more share, from member 2 or member 3")]
    [InlineData(3, 2, "3 more approvals, by alice, bob and member\\u{202e}", "2 more shares, from member 2 and member 3")]
    [InlineData(null, null, "missing of alice, bob, member\\u{202e}", "waits for shares")]
    public async Task How_many_approvals_and_shares_are_enough_is_said(int? approvals, int? shares, params string[] said)
    {
        JsonObject whole = Whole();
        JsonObject status = whole["appStatus"]!["deployments"]![0]!.AsObject();
        status["provisioningState"] = "PROVISIONING_STATE_AWAITING_PROVISION";
        status["approvalsMissing"] = new JsonArray("alice", "bob", "member\u202e");
        status["approvalsWanted"] = approvals;
        status["sharesWanted"] = shares;
        JsonObject holder = status["shareHolders"]![0]!.AsObject();
        foreach ((string name, string state) in ((string, string)[])[("member 2", "MISSING"), ("member 3", "REFUSED"), ("member 4", "POSTED")])
        {
            JsonObject other = holder.DeepClone().AsObject();
            (other["name"], other["state"]) = (name, state);
            status["shareHolders"]!.AsArray().Add((JsonNode)other);
        }

        _answer = _ => whole.ToJsonString();
        Assert.Equal((0, ""), await RunAsync("deploy status 00000000-0000-0000-0000-000000000002"));
        Assert.All(said, line => Assert.Contains(line, _said, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Nothing_is_said_of_the_key_of_a_deleted_deployment_without_replicas(bool isGone, bool saysKey)
    {
        JsonObject whole = Whole();
        JsonObject status = whole["appStatus"]!["deployments"]![0]!.AsObject();
        status["delete"] = true;
        if (isGone)
            status["replicas"] = new JsonArray();
        _answer = _ => whole.ToJsonString();
        Assert.Equal((0, ""), await RunAsync("deploy status 00000000-0000-0000-0000-000000000002"));
        Assert.Contains("00000000-0000-0000-0000-000000000002, live, deleted", _said, StringComparison.Ordinal);
        Assert.Equal(saysKey, _said.Contains("  key ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(16, "'appId' is missing")]
    [InlineData(17, "more than 16 lists and mappings in one another are not read")]
    [InlineData(500_000, "more than 16 lists and mappings in one another are not read")]
    public async Task A_file_s_depth_has_an_end(int depth, string expected)
    {
        string file = _key + ".yaml";
        try
        {
            await File.WriteAllTextAsync(file, $"a: {new string('[', depth - 1)}{new string(']', depth - 1)}\n", TestContext.Current.CancellationToken);
            (int status, string error) = await RunAsync($"deploy create {file}");
            Assert.Equal(1, status);
            Assert.Contains(expected, error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task The_key_may_come_through_a_pipe_of_the_shell_s_and_through_no_other()
    {
        using var passed = new AnonymousPipeServerStream(PipeDirection.Out);
        passed.Write(await File.ReadAllBytesAsync(_key, TestContext.Current.CancellationToken));
        passed.SafePipeHandle.Dispose();
        _answer = static _ => Whole().ToJsonString();
        Assert.Equal((0, ""), await RunAsync("app list", $"/dev/fd/{passed.ClientSafePipeHandle.DangerousGetHandle()}"));

        string pipe = _key + ".pipe";
        using (var made = Process.Start("mkfifo", ["-m", "644", pipe]))
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        try
        {
            // Held open, so that a reader that waits after all ends with this.
            using var both = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            (int status, string error) = await RunAsync("app list", pipe);
            Assert.Equal((1, $"qos: {pipe} is a pipe or a device that is not yours alone: name a file, give it as /dev/stdin, or make the pipe one of your own with mode 0600.\n"), (status, error));
        }
        finally
        {
            File.Delete(pipe);
        }
    }

    // A port that was free may have been taken since: then another one.
    private static (HttpListener Listener, string Url) Listen()
    {
        for (int attempt = 1; ; attempt++)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            string url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
            probe.Stop();
            var listener = new HttpListener { Prefixes = { url } };
            try
            {
                listener.Start();
                return (listener, url);
            }
            catch (HttpListenerException) when (attempt < 10)
            {
                listener.Close();
            }
        }
    }

    // An answer to every question at once: each command takes its part.
    private static JsonObject Whole()
    {
        ApiOperator[] operators = [.. Enumerable.Range(1, 2).Select(static i => new ApiOperator { Id = $"op{i}", Name = $"member {i}", PublicKey = "04", EncryptPublicKey = "04", SignPublicKey = "04", CreatedAt = s_time, UpdatedAt = s_time })];
        ApiOperatorSet set = new() { Id = "set", Name = "set", OrganizationId = "organization", Operators = operators, Threshold = 2, CreatedAt = s_time, UpdatedAt = s_time };
        string app = "00000000-0000-0000-0000-000000000001", id = "00000000-0000-0000-0000-000000000002";
        ApiApp tvcApp = new()
        {
            Id = app,
            OrganizationId = "organization",
            Name = "signer",
            QuorumPublicKey = "04",
            ManifestSet = set,
            ShareSet = set,
            EnableEgress = false,
            CreatedAt = s_time,
            UpdatedAt = s_time,
            LiveDeploymentId = id,
            PublicDomain = "signer.localhost",
            EnableDebugModeDeployments = true,
        };
        byte[] manifest = File.ReadAllBytes(VectorFiles.PathOf("qos", "golden", "manifest_v1.json"));
        var answer = new ApiAnswer
        {
            TvcApp = tvcApp,
            TvcApps = [tvcApp],
            TvcDeployment = new ApiDeployment
            {
                Id = id,
                OrganizationId = "organization",
                AppId = app,
                ManifestSet = set,
                ShareSet = set,
                QosVersion = "1",
                Delete = false,
                DebugMode = true,
                CreatedAt = s_time,
                UpdatedAt = s_time,
                Manifest = new ApiManifest { Id = "manifest", Manifest = manifest, CreatedAt = s_time, UpdatedAt = s_time },
                ManifestApprovals = [new ApiManifestApproval { Id = "approval", ManifestId = "manifest", Operator = operators[0], Approval = [1], CreatedAt = s_time, UpdatedAt = s_time }],
                PivotContainer = new ApiContainer { ContainerUrl = "registry/app", Path = "/app", Args = ["--port"], HasPullSecret = false, HealthCheckType = "http", HealthCheckPort = 1, PublicIngressPort = 2 },
            },
            AppStatus = new ApiAppStatus
            {
                AppId = app,
                TargetedDeploymentId = id,
                Deployments =
                [
                    new ApiDeploymentStatus
                    {
                        DeploymentId = id, ReadyReplicas = 1, DesiredReplicas = 1, LastUpdatedTime = s_time, ProvisioningState = "PROVISIONING_STATE_PROVISIONED", ApprovalsMissing = ["member 2"], ApprovalsWanted = 1, SharesWanted = 1,
                        ShareHolders = [new ApiShareHolder { OperatorId = "op1", Name = "member 1", State = "DELIVERED" }],
                        Replicas = [new ApiReplica { Id = "replica", Slot = 0, State = "Ready", Mode = "Standard", Healthy = true, CreatedAt = s_time, UpdatedAt = s_time }],
                    },
                ],
            },
            Entries = [new ApiLogEntry { Line = new ApiLogContent { Content = "a line", Ts = s_time }, ReplicaLabel = "replica" }],
            Images = [new ApiImage { Version = "1", Pcrs = new Dictionary<string, string> { ["PCR0"] = "00" }, QosCommit = "abc" }],
            ProvisioningState = "PROVISIONING_STATE_PROVISIONED",
            Activity = new ApiActivity
            {
                Id = "activity",
                OrganizationId = "organization",
                Status = "ACTIVITY_STATUS_COMPLETED",
                Type = "ACTIVITY_TYPE_X",
                Intent = new Dictionary<string, JsonElement>(),
                Fingerprint = "f",
                CreatedAt = s_time,
                UpdatedAt = s_time,
                Result = new Dictionary<string, JsonElement>
                {
                    ["deleteTvcDeploymentResult"] = JsonSerializer.SerializeToElement(new DeploymentResult { DeploymentId = id }, ApiJson.Default.DeploymentResult),
                    ["updateTvcAppLiveDeploymentResult"] = JsonSerializer.SerializeToElement(new DeploymentResult { DeploymentId = id }, ApiJson.Default.DeploymentResult),
                    ["deleteTvcAppAndDeploymentsResult"] = JsonSerializer.SerializeToElement(new AppResult { AppId = app }, ApiJson.Default.AppResult),
                },
            },
        };
        return JsonSerializer.SerializeToNode(answer, ApiJson.Default.ApiAnswer)!.AsObject();
    }

    private static IEnumerable<(string What, JsonObject Mutant)> Mutants(JsonObject whole)
    {
        foreach (string path in Paths(whole, ""))
        {
            JsonObject without = whole.DeepClone().AsObject(), withNull = whole.DeepClone().AsObject();
            Remove(without, path);
            Replace(withNull, path);
            yield return ($"without {path}", without);
            yield return ($"{path} is null", withNull);
        }
    }

    private static IEnumerable<string> Paths(JsonNode? node, string path) => node switch
    {
        JsonObject members => members.SelectMany(member => Paths(member.Value, path.Length == 0 ? member.Key : $"{path}.{member.Key}").Prepend(path.Length == 0 ? member.Key : $"{path}.{member.Key}")),
        JsonArray elements => elements.SelectMany((element, index) => Paths(element, $"{path}[{index}]").Prepend($"{path}[{index}]")),
        _ => [],
    };

    private static void Remove(JsonObject whole, string path)
    {
        (JsonNode owner, string last) = Owner(whole, path);
        if (owner is JsonArray list)
            list.RemoveAt(int.Parse(last, System.Globalization.CultureInfo.InvariantCulture));
        else
            Assert.True(owner.AsObject().Remove(last), path);
    }

    private static void Replace(JsonObject whole, string path)
    {
        (JsonNode owner, string last) = Owner(whole, path);
        if (owner is JsonArray list)
            list[int.Parse(last, System.Globalization.CultureInfo.InvariantCulture)] = null;
        else
            owner[last] = null;
    }

    private static (JsonNode Owner, string Last) Owner(JsonObject whole, string path)
    {
        string[] parts = path.Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Split('.');
        JsonNode owner = whole;
        foreach (string part in parts[..^1])
            owner = owner is JsonArray list ? list[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)]! : owner[part]!;
        return (owner, parts[^1]);
    }

    private async Task<(int Status, string Error)> RunAsync(string command, string? key = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(output, error, new ScriptedKeyboard([])) { Environment = name => name switch { "QOS_CONTROL" => _url, "QOS_CONTROL_KEY" => key ?? _key, _ => null } };
        int status = await CommandLine.RunAsync(command.Split(' '), terminal, TestContext.Current.CancellationToken);
        _said = output.ToString();
        return (status, error.ToString());
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using HttpListenerResponse response = context.Response;
            await response.OutputStream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(_answer(context.Request.Url!.AbsolutePath)));
        }
    }
}
