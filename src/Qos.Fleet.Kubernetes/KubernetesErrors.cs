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

    /// <summary>Whether an exception is a refusal of the server, or a server that cannot be reached or does not answer in time: the next look tries again.</summary>
    /// <param name="e">The exception.</param>
    /// <param name="cancellationToken">What the caller calls its work off with; all else that ends a request early is the client's own limit.</param>
    public static bool IsApi(Exception e, CancellationToken cancellationToken) =>
        e is HttpOperationException or KubernetesException or HttpRequestException or IOException or JsonException
        || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    public static bool Is(Exception e, HttpStatusCode status) => e is HttpOperationException { Response.StatusCode: var code } && code == status;

    public static string Text(Exception e)
    {
        string text = e switch
        {
            HttpOperationException http => $"{(int)http.Response.StatusCode} {Message(http.Response.Content) ?? http.Response.ReasonPhrase}",
            KubernetesException { Status: { } status } => $"{status.Code} {status.Message}",
            OperationCanceledException => "the API server does not answer in time",
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
