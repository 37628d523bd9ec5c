using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Qos.Fleet.Api;
using Qos.Keys;
using Qos.Protocol;
using Qos.Sample.Policy;
using Qos.Sample.PolicyStore;

namespace Qos.App.Tests;

/// <summary>
/// The sample Policy whole: users who stamp, the engine over HTTP, its store over HTTP with a real database, and what happens when somebody works on that database.
/// </summary>
public sealed class PolicyTests : IAsyncLifetime
{
    private readonly EnclaveFolder _folder = new();
    private readonly ECDsa _owner = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa[] _users = [.. Enumerable.Range(0, 3).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];
    private WebApplicationUnderTest _store = null!;
    private Replica _replica = null!;

    private string Database => _folder.PathOf("store.db");

    public async ValueTask InitializeAsync()
    {
        _store = await WebApplicationUnderTest.StartAsync(StoreServer.Build(new RecordTable(Database), new IPEndPoint(IPAddress.Loopback, 0)));
        _replica = await Replica.StartAsync(_folder, _store.Address, ApiStamp.PublicKeyOf(_owner));
    }

    [Fact]
    public async Task Users_make_rules_together_and_decisions_prove_rule_head_and_outcome()
    {
        string head = await CreateAsync();
        head = await RuleAsync(head, "small", "ALLOW", "pay", "100");
        head = await RuleAsync(head, "never", "DENY", "burn", null);
        foreach ((string action, string amount, string outcome, string rule) in new[]
        {
            ("pay", "100", "ALLOW", "small"), ("pay", "101", "DENY", ""), ("burn", "1", "DENY", "never"), ("other", "0", "DENY", ""),
        })
        {
            JsonElement decision = await DecisionAsync(_replica, action, amount, head);
            Assert.Equal((outcome, rule, head, action, amount), (Text(decision, "outcome"), Text(decision, "rule"), Text(decision, "head"), Text(decision, "action"), Text(decision, "amount")));
        }

        // One that denies goes before one that allows.
        head = await RuleAsync(head, "a-ban", "DENY", "pay", null);
        Assert.Equal("a-ban", Text(await DecisionAsync(_replica, "pay", "1", head), "rule"));
        head = await ChangedAsync(200, Body("REMOVE_RULE", head, ",\"rule\":\"a-ban\""), _users[..2]);
        Assert.Equal("small", Text(await DecisionAsync(_replica, "pay", "1", head), "rule"));
    }

    [Fact]
    public async Task A_change_needs_enough_of_the_users_over_exactly_this_text_and_takes_effect_once()
    {
        string head = await CreateAsync();
        string change = Body("SET_RULE", head, Rule("small", "ALLOW", "pay", "100"));
        using ECDsa stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await ChangedAsync(403, change, _users[..1]);
        await ChangedAsync(403, change, _users[0], _users[0]);
        await ChangedAsync(403, change, _users[0], stranger, _owner);
        await ChangedAsync(401, change, [ApiStamp.Make(Encoding.UTF8.GetBytes(change), _users[0]), ApiStamp.Make(Encoding.UTF8.GetBytes(change + " "), _users[1])]);
        await ChangedAsync(200, change, _users[..2]);
        await ChangedAsync(409, change, _users[..2]);
        await ChangedAsync(409, Body("SET_RULE", head, Rule("large", "ALLOW", "pay", "1000")), _users[..2]);
        await ChangedAsync(409, Create(), [.. _users, _owner]);
        await ChangedAsync(401, Body("SET_RULE", head, Rule("old", "ALLOW", "pay", null), DateTimeOffset.UtcNow.AddMinutes(-6)), _users[..2]);
    }

    [Fact]
    public async Task An_organization_is_created_by_its_users_and_the_owner()
    {
        await ChangedAsync(403, Create(), _users);
        await ChangedAsync(403, Create(), _owner);
        await ChangedAsync(200, Create(), _users[0], _users[1], _owner);
        await ChangedAsync(409, Create(), _users[0], _users[1], _owner);
    }

    [Fact]
    public async Task A_restarted_and_a_replaced_replica_go_on_from_the_head()
    {
        string head = await CreateAsync();
        head = await RuleAsync(head, "small", "ALLOW", "pay", "100");
        await _replica.DisposeAsync();
        _replica = await Replica.StartAsync(_folder, _store.Address, ApiStamp.PublicKeyOf(_owner));
        Assert.Equal(head, Text(await DecisionAsync(_replica, "pay", "1", head), "head"));

        // Another enclave with the same quorum key and an ephemeral key of its own, beside the first one.
        await using Replica second = await Replica.StartAsync(_folder.Another(), _store.Address, ApiStamp.PublicKeyOf(_owner));
        head = await RuleAsync(head, "large", "ALLOW", "pay", "1000", second);
        Assert.Equal("ALLOW", Text(await DecisionAsync(_replica, "pay", "500", head), "outcome"));
        head = await ChangedAsync(200, Body("REMOVE_RULE", head, ",\"rule\":\"large\""), _users[..2]);
        Assert.Equal("DENY", Text(await DecisionAsync(second, "pay", "500", head), "outcome"));
    }

    [Theory]
    [InlineData("UPDATE records SET record = unhex(replace(hex(record), hex('ALLOW'), hex('DENY '))) WHERE sequence = 2", "Changed")]
    [InlineData("UPDATE records SET record = unhex(replace(hex(record), hex('100'), hex('999'))) WHERE sequence = 3", "NotSigned")]
    [InlineData("DELETE FROM records WHERE sequence = 1", "Gap")]
    [InlineData("DELETE FROM records WHERE sequence = 2", "Gap")]
    [InlineData("DELETE FROM records WHERE sequence = 2; UPDATE records SET sequence = 2 WHERE sequence = 3", "Gap")]
    [InlineData("UPDATE records SET record = (SELECT record FROM records WHERE sequence = 2) WHERE sequence = 3", "Gap")]
    [InlineData("UPDATE records SET name = 'gone' WHERE name = 'acme'; UPDATE records SET name = 'acme' WHERE name = 'evil'", "OtherChain")]
    [InlineData("UPDATE records SET record = zeroblob(100) WHERE sequence = 3", "Malformed")]
    [InlineData("DELETE FROM records WHERE sequence = 3", "RolledBack")]
    [InlineData("DELETE FROM records WHERE name = 'acme'", "RolledBack")]
    public async Task A_database_that_tampers_replays_or_forgets_is_caught_by_a_replica_that_starts(string sql, string error)
    {
        string head = await CreateAsync();
        head = await RuleAsync(head, "small", "ALLOW", "pay", "100");
        head = await RuleAsync(head, "other", "ALLOW", "buy", "100");
        await CreateAsync("evil");
        await _replica.DisposeAsync();
        Execute(sql);
        _replica = await Replica.StartAsync(_folder, _store.Address, ApiStamp.PublicKeyOf(_owner));
        (int status, string answer) = await _replica.PostAsync("decisions", Question("pay", "1", head));
        Assert.True(status == 502 && answer.Contains($"the store lies: {error}: ", StringComparison.Ordinal), $"{status} {answer}");
    }

    [Fact]
    public async Task A_replica_that_runs_does_not_take_another_past_and_two_histories_meet_at_a_client()
    {
        string head = await CreateAsync();
        byte[] one = File.ReadAllBytes(Database);
        Execute("CREATE TABLE saved AS SELECT * FROM records");
        string first = await RuleAsync(head, "small", "ALLOW", "pay", "100");

        // The store forgets the rule; a new replica, whose client has seen nothing, is told another one.
        Execute("DELETE FROM records WHERE sequence > 1");
        await using Replica second = await Replica.StartAsync(_folder.Another(), _store.Address, ApiStamp.PublicKeyOf(_owner));
        string fork = await RuleAsync(head, "huge", "ALLOW", "pay", "1000000", second);
        Assert.NotEqual(first, fork);
        Assert.True(one.Length > 0);

        // The first replica keeps its own past, and a client that has seen one history is not shown the other.
        Assert.Equal("DENY", Text(await DecisionAsync(_replica, "pay", "1000000", first), "outcome"));
        Assert.Contains("the store lies: Forked: ", (await _replica.PostAsync("decisions", Question("pay", "1", fork))).Body, StringComparison.Ordinal);
        Assert.Contains("the store lies: Forked: ", (await second.PostAsync("decisions", Question("pay", "1", first))).Body, StringComparison.Ordinal);

        // What follows in the other history does not follow here.
        await RuleAsync(fork, "more", "ALLOW", "buy", null, second);
        Assert.Contains("the store lies: Changed: ", (await _replica.PostAsync("decisions", Question("pay", "1", null))).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_is_away_is_said_and_nothing_is_lost()
    {
        string head = await CreateAsync();
        string address = _store.Address;
        await _store.DisposeAsync();
        Assert.Equal(503, (await _replica.PostAsync("decisions", Question("pay", "1", head))).Status);
        _store = await WebApplicationUnderTest.StartAsync(StoreServer.Build(new RecordTable(Database), IPEndPoint.Parse(new Uri(address).Authority)));
        Assert.Equal(200, (await _replica.PostAsync("decisions", Question("pay", "1", head))).Status);
    }

    [Theory]
    [InlineData("decisions", "")]
    [InlineData("decisions", "{}")]
    [InlineData("decisions", """{"organization":"../x","action":"pay","amount":"1"}""")]
    [InlineData("decisions", """{"organization":"acme","action":"pay","amount":"-1"}""")]
    [InlineData("decisions", """{"organization":"acme","action":"pay","amount":"1","known":"1:00"}""")]
    [InlineData("changes", """{"change":"{}","stamps":[]}""")]
    [InlineData("changes", """{"change":"{\"type\":\"CREATE\",\"type\":\"CREATE\"}","stamps":[]}""")]
    [InlineData("changes", """{"change":1,"stamps":[]}""")]
    public async Task A_body_that_is_none_is_one_line(string path, string body)
    {
        (int status, string answer) = await _replica.PostAsync(path, body);
        Assert.True(status == 400 && answer.StartsWith("{\"error\":", StringComparison.Ordinal), $"{status} {answer}");
    }

    public async ValueTask DisposeAsync()
    {
        await _replica.DisposeAsync();
        await _store.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Array.ForEach([.. _users, _owner], key => key.Dispose());
        _folder.Dispose();
    }

    private Task<string> CreateAsync(string name = "acme") => ChangedAsync(200, Create(name), _users[0], _users[1], _owner);

    private Task<string> RuleAsync(string after, string id, string effect, string action, string? most, Replica? replica = null) =>
        ChangedAsync(200, Body("SET_RULE", after, Rule(id, effect, action, most)), [.. _users[..2].Select(user => user)], replica);

    private Task<string> ChangedAsync(int expected, string change, params ECDsa[] users) => ChangedAsync(expected, change, users, null);

    private Task<string> ChangedAsync(int expected, string change, ECDsa[] users, Replica? replica) =>
        ChangedAsync(expected, change, [.. users.Select(user => ApiStamp.Make(Encoding.UTF8.GetBytes(change), user))], replica);

    // The new head, out of its proof.
    private async Task<string> ChangedAsync(int expected, string change, string[] stamps, Replica? replica = null)
    {
        (int status, string answer) = await (replica ?? _replica).PostAsync("changes", Json(writer =>
        {
            writer.WriteString("change", change);
            writer.WriteStartArray("stamps");
            foreach (string stamp in stamps)
                writer.WriteStringValue(stamp);
            writer.WriteEndArray();
        }));
        Assert.True(status == expected, $"{change}\n{status} {answer}");
        return status == 200 ? Text(Proven(replica ?? _replica, answer), "head") : "";
    }

    private static async Task<JsonElement> DecisionAsync(Replica replica, string action, string amount, string? known)
    {
        (int status, string answer) = await replica.PostAsync("decisions", Question(action, amount, known));
        Assert.True(status == 200, $"{status} {answer}");
        return Proven(replica, answer);
    }

    // The payload of a proof whose signature is the replica's ephemeral key's.
    private static JsonElement Proven(Replica replica, string proof)
    {
        JsonElement json = JsonDocument.Parse(proof).RootElement;
        string payload = Text(json, "proofPayload");
        Assert.Equal(replica.App.EphemeralKey.ToHex(), Text(json, "publicKey"));
        Assert.True(replica.App.EphemeralKey.Verify(Encoding.UTF8.GetBytes(payload), Convert.FromHexString(Text(json, "signature"))));
        return JsonDocument.Parse(payload).RootElement;
    }

    private string Create(string name = "acme") => Json(writer =>
    {
        writer.WriteString("type", "CREATE");
        writer.WriteString("timestampMs", Milliseconds(DateTimeOffset.UtcNow));
        writer.WriteString("organization", name);
        writer.WriteStartArray("users");
        foreach (ECDsa user in _users)
            writer.WriteStringValue(ApiStamp.PublicKeyOf(user));
        writer.WriteEndArray();
        writer.WriteNumber("quorum", 2);
    });

    private static string Body(string type, string after, string more, DateTimeOffset? time = null) =>
        $$"""{"type":"{{type}}","timestampMs":"{{Milliseconds(time ?? DateTimeOffset.UtcNow)}}","organization":"acme","after":"{{after}}"{{more}}}""";

    private static string Rule(string id, string effect, string action, string? most) =>
        $$""","rule":{"id":"{{id}}","effect":"{{effect}}","action":"{{action}}"{{(most is null ? "" : $",\"maxAmount\":\"{most}\"")}}}""";

    private static string Question(string action, string amount, string? known) =>
        $$"""{"organization":"acme","action":"{{action}}","amount":"{{amount}}"{{(known is null ? "" : $",\"known\":\"{known}\"")}}}""";

    private static string Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Database }.ToString());
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.True(command.ExecuteNonQuery() != 0, $"nothing was changed: {sql}");
    }

    private sealed class Replica(QosApp app, HttpRecordStore store, PolicyEngine engine, WebApplicationUnderTest server) : IAsyncDisposable
    {
        private readonly HttpClient _http = new() { BaseAddress = new Uri(server.Address) };

        public QosApp App => app;

        public static async Task<Replica> StartAsync(EnclaveFolder folder, string store, string owner)
        {
            QosApp app = folder.Open();
            HttpRecordStore records = new(new Uri(store));
            PolicyEngine engine = new(app, records, owner, TimeProvider.System);
            return new Replica(app, records, engine, await WebApplicationUnderTest.StartAsync(PolicyServer.Build(engine, 0)));
        }

        public async Task<(int Status, string Body)> PostAsync(string path, string json)
        {
            using var content = new StringContent(json, Encoding.UTF8, "application/json");
            using HttpResponseMessage answer = await _http.PostAsync(new Uri(path, UriKind.Relative), content);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            await server.DisposeAsync();
            engine.Dispose();
            store.Dispose();
            app.Dispose();
        }
    }

    private sealed class WebApplicationUnderTest(Microsoft.AspNetCore.Builder.WebApplication server) : IAsyncDisposable
    {
        public string Address => server.Urls.Single() + "/";

        public static async Task<WebApplicationUnderTest> StartAsync(Microsoft.AspNetCore.Builder.WebApplication server)
        {
            await server.StartAsync();
            return new WebApplicationUnderTest(server);
        }

        public async ValueTask DisposeAsync()
        {
            await server.StopAsync();
            await server.DisposeAsync();
        }
    }
}
