using System.Globalization;
using System.Text;
using Qos.App;
using Qos.Keys;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.AppService;

/// <summary>What the service does: each path is one call of <see cref="QosApp"/>. Format: docs/service.md, The requests.</summary>
internal sealed class AppRoutes(QosApp app, LiveDocuments documents, StampVerifier stamps)
{
    /// <summary>The largest body of a request in bytes.</summary>
    internal const int MaxBody = 1024 * 1024;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _envelope = ManifestEnvelopeFormat.Write(app.Envelope);

    /// <summary>Refuses, before a body is held, what would not be answered.</summary>
    /// <exception cref="HttpRefusal">No such path, another method, or a body that is too large.</exception>
    internal static void Check(HttpHead head)
    {
        bool? isPost = head.Path switch
        {
            "/v1/manifest" or "/v1/keys" => false,
            "/v1/sign/ephemeral" or "/v1/sign/quorum" or "/v1/proof" or "/v1/encrypt" or "/v1/decrypt" or "/v1/derive" or "/v1/document"
                or "/v1/stamp" or "/v1/stamp/accept" or "/v1/record/sign" or "/v1/record/open" => true,
            _ => null,
        };
        if (isPost is null)
            throw new HttpRefusal(404, "there is no such path");
        if (isPost != head.IsPost)
            throw new HttpRefusal(405, $"this path takes {(head.IsPost ? "GET" : "POST")}") { Allow = head.IsPost ? "GET" : "POST" };
        if (head.ContentLength > MaxBody)
            throw new HttpRefusal(413, $"a body has at most {MaxBody} bytes");
        if (!head.IsPost && head.ContentLength > 0)
            throw new HttpRefusal(400, "GET takes no body");
    }

    /// <summary>Answers a request that <see cref="Check"/> let pass.</summary>
    /// <param name="head">Its head.</param>
    /// <param name="body">Its body, all of it.</param>
    /// <param name="answer">Takes the body of the answer.</param>
    /// <param name="cancellationToken">Ends the waiting for the security module.</param>
    /// <exception cref="HttpRefusal">It cannot be done, and why.</exception>
    internal async ValueTask AnswerAsync(HttpHead head, ReadOnlyMemory<byte> body, HttpAnswer answer, CancellationToken cancellationToken)
    {
        if (head.Path == "/v1/document")
        {
            answer.ContentType = HttpAnswer.Binary;
            answer.Write((await documents.MakeAsync(body, cancellationToken).ConfigureAwait(false)).Span);
            return;
        }

        try
        {
            Answer(head, body.Span, answer);
        }
        catch (KeyException refused)
        {
            throw new HttpRefusal(422, refused.Message);
        }
        catch (StampException refused)
        {
            throw new HttpRefusal(refused.Error is StampError.Replayed ? 409 : refused.Error is StampError.TooMany ? 503 : 401, refused.Message);
        }
        catch (StateException refused)
        {
            throw new HttpRefusal(409, $"{refused.Error}: {refused.Message}");
        }
        catch (OverflowException)
        {
            throw new HttpRefusal(422, "there is no sequence after this head");
        }
        catch (ArgumentException refused)
        {
            throw new HttpRefusal(422, refused.Message.Split(" (Parameter")[0]);
        }
    }

    private void Answer(HttpHead head, ReadOnlySpan<byte> body, HttpAnswer answer)
    {
        switch (head.Path)
        {
            case "/v1/manifest":
                answer.Write(_envelope);
                break;
            case "/v1/keys":
                WriteMembers(answer, ("ephemeralKey", app.EphemeralKey.ToHex()), ("manifestHash", Hex.Encode(app.Manifest.Hash())), ("quorumKey", app.QuorumKey.ToHex()));
                break;
            case "/v1/sign/ephemeral":
                WriteMembers(answer, ("signature", Hex.Encode(app.SignWithEphemeralKey(body))));
                break;
            case "/v1/sign/quorum":
                WriteMembers(answer, ("signature", Hex.Encode(app.SignWithQuorumKey(body))));
                break;
            case "/v1/proof":
                answer.Write(app.SignProof(Text(body)).ToJson());
                break;
            case "/v1/encrypt":
                answer.ContentType = HttpAnswer.Binary;
                answer.Write(app.EncryptToQuorumKey(body));
                break;
            case "/v1/decrypt":
                answer.ContentType = HttpAnswer.Binary;
                using (SecretMemory opened = app.DecryptWithQuorumKey(body))
                    answer.Write(opened.Span);
                break;
            case "/v1/derive":
                using (SecretMemory key = app.DeriveKey(Text(body)))
                {
                    answer.Write("{\"key\":\""u8);
                    Hex.EncodeSecret(key.Span, answer.Append(2 * key.Length));
                    answer.Write("\"}"u8);
                }

                break;
            case "/v1/stamp":
                WriteStamp(stamps.Verify(head.Stamp, body), answer);
                break;
            case "/v1/stamp/accept":
                RequestStamp accepted = stamps.Verify(head.Stamp, body);
                stamps.Accept(accepted);
                WriteStamp(accepted, answer);
                break;
            case "/v1/record/sign":
                RecordRoutes.Sign(app, body, answer);
                break;
            case "/v1/record/open":
                RecordRoutes.Open(app, body, answer);
                break;
        }
    }

    private static void WriteStamp(RequestStamp stamp, HttpAnswer answer) => WriteMembers(
        answer, ("fingerprint", stamp.Fingerprint), ("publicKey", stamp.PublicKey),
        ("timestampMs", stamp.Time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)));

    private static string Text(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return s_strict.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            throw new HttpRefusal(422, "the body is not UTF-8");
        }
    }

    // Public values only, in the order of their names.
    private static void WriteMembers(HttpAnswer answer, params ReadOnlySpan<(string Name, string Value)> members)
    {
        using var writer = new QosJsonWriter(JsonForm.Canonical);
        writer.BeginObject();
        foreach ((string name, string value) in members)
        {
            writer.WritePropertyName(Encoding.ASCII.GetBytes(name));
            writer.WriteString(value);
        }

        writer.EndObject();
        answer.Write(writer.Written);
    }
}
