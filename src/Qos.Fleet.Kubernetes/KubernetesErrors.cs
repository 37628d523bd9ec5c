using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Qos.Fleet.Kubernetes;

/// <summary>What the API server's refusals say, in one bounded line.</summary>
internal static class KubernetesErrors
{
    private const int MaxText = 300;

    /// <summary>Whether an exception is a refusal of the server or a server that cannot be reached: the next look tries again.</summary>
    public static bool IsApi(Exception e) => e is HttpOperationException or KubernetesException or HttpRequestException or IOException or JsonException;

    public static bool Is(Exception e, HttpStatusCode status) => e is HttpOperationException { Response.StatusCode: var code } && code == status;

    public static string Text(Exception e)
    {
        string text = e switch
        {
            HttpOperationException http => $"{(int)http.Response.StatusCode} {Message(http.Response.Content) ?? http.Response.ReasonPhrase}",
            KubernetesException { Status: { } status } => $"{status.Code} {status.Message}",
            _ => e.InnerException is { } inner ? $"{e.Message} {inner.Message}" : e.Message,
        };
        text = text.ReplaceLineEndings(" ");
        return Protocol.VisibleText.Escape(text.Length > MaxText ? text[..MaxText] : text);
    }

    private static string? Message(string? content)
    {
        try
        {
            return content is null ? null : KubernetesJson.Deserialize<V1Status>(content).Message;
        }
        catch (JsonException)
        {
            return content;
        }
    }
}
