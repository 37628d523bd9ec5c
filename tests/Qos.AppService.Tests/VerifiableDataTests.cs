using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Qos.App;
using Qos.Fleet.Api;

namespace Qos.AppService.Tests;

/// <summary>Stamps and records over the service. Format: docs/service.md, Verifiable data.</summary>
public class VerifiableDataTests
{
    [Fact]
    public async Task A_stamp_is_verified_over_the_exact_body_and_accepted_once()
    {
        await using RunningService service = new();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string body = $$"""{"timestampMs":"{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}","pay":5}""";
        string stamp = ApiStamp.Make(Encoding.UTF8.GetBytes(body), key);
        foreach ((string path, string sent, int status) in new[]
        {
            ("/v1/stamp", body, 200), ("/v1/stamp", body + " ", 401), ("/v1/stamp", body, 200), ("/v1/stamp/accept", body, 200), ("/v1/stamp/accept", body, 409), ("/v1/stamp", body, 200),
        })
        {
            (int was, string answer) = await AskAsync(service, path, sent, $"X-Stamp: {stamp}\r\n");
            Assert.True(status == was, $"{path}: {was} {answer}");
            if (was == 200)
                Assert.Equal(ApiStamp.PublicKeyOf(key), JsonDocument.Parse(answer).RootElement.GetProperty("publicKey").GetString());
        }

        Assert.Equal(401, (await AskAsync(service, "/v1/stamp", body)).Status);
    }

    [Fact]
    public async Task Records_are_signed_and_opened_and_a_store_that_lies_is_told()
    {
        await using RunningService service = new();
        var records = new List<string>();
        var heads = new List<string>();
        foreach (string value in (string[])["00", "01ff", ""])
        {
            string after = heads.Count == 0 ? "" : $",\"after\":\"{heads[^1]}\"";
            (int status, string answer) = await AskAsync(service, "/v1/record/sign", $$"""{"domain":"ledger","name":"a"{{after}},"value":"{{value}}"}""");
            Assert.True(status == 200, answer);
            JsonElement signed = JsonDocument.Parse(answer).RootElement;
            records.Add(signed.GetProperty("record").GetString()!);
            heads.Add(signed.GetProperty("head").GetString()!);
        }

        // The same as the library's.
        StateChain chain = new(service.App.QuorumKey, "ledger", "a");
        chain.Extend([.. records.Select(record => StateRecord.Parse(Convert.FromHexString(record)))]);
        Assert.Equal(heads[^1], chain.Head!.ToString());

        Assert.Equal((200, $$"""{"head":"{{heads[2]}}","values":["00","01ff",""]}"""), await OpenAsync(service, records));
        Assert.Equal((200, $$"""{"head":"{{heads[2]}}","values":[""]}"""), await OpenAsync(service, records[2..], $",\"after\":\"{heads[1]}\",\"known\":\"{heads[1]}\""));
        Assert.Equal((200, """{"values":[]}"""), await OpenAsync(service, []));
        foreach ((List<string> told, string more, string error) in new (List<string>, string, string)[]
        {
            ([records[0], records[2]], "", "Gap"),
            ([records[0][..^2] + "00"], "", "NotSigned"),
            ([records[0] + "00"], "", "Malformed"),
            (records[..1], $",\"known\":\"{heads[1]}\"", "RolledBack"),
            (records, $",\"known\":\"1:{new string('0', 64)}\"", "Forked"),
        })
        {
            (int status, string answer) = await OpenAsync(service, told, more);
            Assert.True(status == 409 && answer.StartsWith($"{{\"error\":\"{error}: ", StringComparison.Ordinal), $"{error} was expected: {status} {answer}");
        }
    }

    [Theory]
    [InlineData("/v1/record/sign", "")]
    [InlineData("/v1/record/sign", "{}")]
    [InlineData("/v1/record/sign", """{"domain":"d","name":"n"}""")]
    [InlineData("/v1/record/sign", """{"domain":"d","name":"","value":""}""")]
    [InlineData("/v1/record/sign", """{"domain":"d","name":"n","value":"","other":1}""")]
    [InlineData("/v1/record/sign", """{"domain":"d","name":"n","value":"","after":"0:00"}""")]
    [InlineData("/v1/record/sign", """{"domain":"d","name":"n","value":"","after":"18446744073709551615:0000000000000000000000000000000000000000000000000000000000000000"}""")]
    [InlineData("/v1/record/open", """{"domain":"d","name":"n"}""")]
    [InlineData("/v1/record/open", """{"domain":"d","name":"n","records":"00"}""")]
    public async Task A_body_that_cannot_be_read_is_refused(string path, string body)
    {
        await using RunningService service = new();
        (int status, string answer) = await AskAsync(service, path, body);
        Assert.True(status == 422, $"{status} {answer}");
    }

    private static Task<(int Status, string Body)> OpenAsync(RunningService service, IEnumerable<string> records, string more = "") =>
        AskAsync(service, "/v1/record/open", $$"""{"domain":"ledger","name":"a"{{more}},"records":[{{string.Join(',', records.Select(record => $"\"{record}\""))}}]}""");

    private static async Task<(int Status, string Body)> AskAsync(RunningService service, string path, string body, string fields = "")
    {
        string answer = await service.ExchangeAsync($"POST {path} HTTP/1.1\r\n{fields}Content-Length: {body.Length}\r\n\r\n{body}");
        return (int.Parse(answer[9..12], System.Globalization.CultureInfo.InvariantCulture), answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }
}
