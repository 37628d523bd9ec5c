using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Qos.Sample.Echo;

namespace Qos.App.Tests;

/// <summary>Heads of requests made of anything: one reading, or a refusal with a status.</summary>
public class HttpHeadPropertyTests
{
    private static readonly string[] s_pieces =
    [
        "GET /", "POST /echo?a", " HTTP/1.1", " HTTP/1.0", "\r\n", "\n", "Host: h", "Content-Length: ", "7", "1048577", "-1", "+1", "0x7", "Transfer-Encoding: chunked",
        "Connection: close", "Expect: 100-continue", ":", " ", "\t", "\0", "é", "GET / HTTP/1.1\r\nHost: h",
    ];

    [Fact]
    public void Any_head_is_read_or_refused()
    {
        Prop.ForAll<int[]>(static choices =>
        {
            string text = string.Concat(choices.Select(static choice => s_pieces[(int)((uint)choice % s_pieces.Length)]));
            try
            {
                HttpHead head = HttpHead.Parse(Encoding.UTF8.GetBytes(text));
                Assert.StartsWith($"{head.Method} {head.Path}", text, StringComparison.Ordinal);
                Assert.InRange(head.ContentLength, 0, HttpHead.MaxBody);
                string[] fields = text.Split("\r\n")[1..];
                Assert.DoesNotContain(fields, static field => field.StartsWith("Transfer-Encoding", StringComparison.Ordinal));
                Assert.True(fields.Count(static field => field.StartsWith("Content-Length", StringComparison.Ordinal)) <= 1, text);
            }
            catch (HttpRefusedException refused)
            {
                Assert.InRange(refused.Status, 400, 505);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }
}
