using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Qos.AppService.Tests;

/// <summary>The reader of heads: what it takes, and that everything else is refused with a status and nothing worse. Format: docs/service.md, The requests.</summary>
public class HttpHeadTests
{
    [Fact]
    public void A_head_as_clients_send_it_is_read()
    {
        HttpHead head = Parse("POST /v1/sign/quorum HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl/7.88.1\r\ncontent-length:\t12 \r\nConnection: Close\r\nExpect: 100-Continue\r\nX-Stamp: abc\r\n\r\n");
        Assert.Equal((true, "/v1/sign/quorum", 12, true, true, "abc"), (head.IsPost, head.Path, head.ContentLength, head.Closes, head.ExpectsContinue, head.Stamp));
        Assert.Equal((false, "/v1/keys", 0, false), (Parse("GET /v1/keys HTTP/1.1\r\n\r\n") is var get ? (get.IsPost, get.Path, get.ContentLength, get.Closes) : default));
    }

    [Theory]
    [InlineData("GET /a HTTP/1.0\r\n\r\n", 505)]
    [InlineData("GET /a HTTP/2\r\n\r\n", 505)]
    [InlineData("GET /a\r\n\r\n", 400)]
    [InlineData("GET  /a HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET http://x/a HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /a?b HTTP/1.1\r\n\r\n", 404)]
    [InlineData("GET /%61 HTTP/1.1\r\n\r\n", 404)]
    [InlineData("get /a HTTP/1.1\r\n\r\n", 405)]
    [InlineData("PUT /a HTTP/1.1\r\n\r\n", 405)]
    [InlineData("\r\n\r\n", 400)]
    [InlineData("\u0016\u0003\u0001 /a HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /a HTTP/1.1\r\n folded: 1\r\n\r\n", 400)]
    [InlineData("GET /a HTTP/1.1\r\nA: 1\r\n 2\r\n\r\n", 400)]
    [InlineData("GET /a HTTP/1.1\r\nA : 1\r\n\r\n", 400)]
    [InlineData("GET /a HTTP/1.1\r\nno colon\r\n\r\n", 400)]
    [InlineData("GET /a HTTP/1.1\r\nA: 1\nB: 2\r\n\r\n", 400)]
    [InlineData("GET /a HTTP/1.1\r\nA: 1\rB: 2\r\n\r\n", 400)]
    [InlineData("GET /a HTTP/1.1\r\nA: \0\r\n\r\n", 400)]
    [InlineData("POST /a HTTP/1.1\r\n\r\n", 411)]
    [InlineData("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411)]
    [InlineData("POST /a HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 411)]
    [InlineData("POST /a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400)]
    [InlineData("POST /a HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", 400)]
    [InlineData("POST /a HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400)]
    [InlineData("POST /a HTTP/1.1\r\nContent-Length: +1\r\n\r\n", 400)]
    [InlineData("POST /a HTTP/1.1\r\nContent-Length: 0x1\r\n\r\n", 400)]
    [InlineData("POST /a HTTP/1.1\r\nContent-Length:\r\n\r\n", 400)]
    [InlineData("POST /a HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n", 413)]
    [InlineData("POST /a HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n", 413)]
    [InlineData("GET /a HTTP/1.1\r\nExpect: nothing\r\n\r\n", 417)]
    [InlineData("GET /a HTTP/1.1\r\nX-Stamp: a\r\nX-Stamp: b\r\n\r\n", 400)]
    public void What_is_no_request_is_refused_with_its_status(string text, int status)
    {
        HttpRefusal refused = Assert.Throws<HttpRefusal>(() => Parse(text));
        Assert.True(status == refused.Status, $"{refused.Status} {refused.Message}");
    }

    [Fact]
    public void A_head_has_at_most_64_fields()
    {
        Assert.NotNull(Parse($"GET /a HTTP/1.1\r\n{string.Concat(Enumerable.Repeat("A: 1\r\n", 64))}\r\n"));
        Assert.Equal(431, Assert.Throws<HttpRefusal>(() => Parse($"GET /a HTTP/1.1\r\n{string.Concat(Enumerable.Repeat("A: 1\r\n", 65))}\r\n")).Status);
    }

    [Fact]
    public void The_end_of_a_head_is_looked_for_within_its_limit()
    {
        Assert.Equal(-1, HttpHead.EndOf("GET / HTTP/1.1\r\n\r"u8));
        Assert.Equal(18, HttpHead.EndOf("GET / HTTP/1.1\r\n\r\nrest"u8));
        byte[] late = [.. new byte[HttpHead.MaxBytes - 3], .. "\r\n\r\n"u8];
        Assert.Equal(-1, HttpHead.EndOf(late));
        Assert.Equal(HttpHead.MaxBytes, HttpHead.EndOf(late.AsSpan(1)));
    }

    [Fact]
    public void Damaged_heads_are_heads_or_refusals()
    {
        byte[][] seeds =
        [
            .. new[]
            {
                "POST /v1/proof HTTP/1.1\r\nHost: x\r\nContent-Length: 17\r\nX-Stamp: e30\r\n\r\n",
                "GET /v1/keys HTTP/1.1\r\nConnection: close\r\n\r\n",
                "POST /v1/sign/quorum HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1048576\r\nTransfer-Encoding: chunked\r\n\r\n",
            }.Select(Encoding.Latin1.GetBytes),
        ];
        byte[] special = [.. "\r\n\r\n: \t\0,0919-+PGH/?%"u8, 0x7f, 0x80, 0xff];
        Prop.ForAll(
            ArbMap.Default.ArbFor<(int, int, int)[]>(),
            damages =>
            {
                List<byte> head = [.. seeds[damages.Length % seeds.Length]];
                foreach ((int where, int what, int how) in damages)
                {
                    int at = head.Count == 0 ? 0 : (int)((uint)where % (uint)head.Count);
                    byte value = special[(uint)what % (uint)special.Length];
                    switch ((uint)how % 3)
                    {
                        case 0 when head.Count > 0:
                            head[at] = value;
                            break;
                        case 1 when head.Count > 0:
                            head.RemoveAt(at);
                            break;
                        default:
                            head.Insert(at, value);
                            break;
                    }
                }

                try
                {
                    HttpHead read = HttpHead.Parse(head.ToArray());
                    return read.Path.StartsWith('/') && read.ContentLength is >= 0 and < 1_000_000_000 && (read.IsPost || read.Path.Length > 0);
                }
                catch (HttpRefusal refused)
                {
                    return refused.Status is >= 400 and < 506;
                }
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    private static HttpHead Parse(string text) => HttpHead.Parse(Encoding.Latin1.GetBytes(text));
}
