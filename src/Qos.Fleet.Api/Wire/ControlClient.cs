using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Qos.Fleet.Api;

/// <summary>Speaks with a control service: stamps every request, waits for activities. What it answers is believed by nobody who decides.</summary>
public sealed class ControlClient : IDisposable
{
    private const long MaxAnswer = 64L << 20;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http;
    private readonly ECDsa _key;
    private readonly TimeProvider _time;

    /// <param name="server">The service's base URL.</param>
    /// <param name="organizationId">The organization.</param>
    /// <param name="key">The key of the API, which this client owns from now on.</param>
    /// <param name="time">The clock of the bodies.</param>
    public ControlClient(Uri server, string organizationId, ECDsa key, TimeProvider? time = null)
    {
        (_key, OrganizationId, _time) = (key, organizationId, time ?? TimeProvider.System);
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(10) })
        {
            BaseAddress = server,
            Timeout = TimeSpan.FromMinutes(2),
            MaxResponseContentBufferSize = MaxAnswer,
        };
    }

    /// <summary>The organization that requests are for.</summary>
    public string OrganizationId { get; }

    /// <summary>Asks.</summary>
    /// <param name="name">The last part of the path.</param>
    /// <param name="query">The members; the organization is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ApiException">The service refuses, or cannot be reached.</exception>
    public Task<ApiAnswer> QueryAsync(string name, QueryParameters query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(query with { OrganizationId = OrganizationId }, ApiJson.Default.QueryParameters);
        return PostAsync($"public/v1/query/{name}", body, ApiJson.Default.ApiAnswer, cancellationToken);
    }

    /// <summary>Asks what a deployment would be.</summary>
    /// <exception cref="ApiException">The service refuses, or cannot be reached.</exception>
    public async Task<ApiPlan> PlanAsync(CreateDeploymentParameters parameters, CancellationToken cancellationToken = default)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new PlanBody { OrganizationId = OrganizationId, Parameters = parameters }, ApiJson.Default.PlanBody);
        return (await PostAsync("public/v1/query/plan_tvc_deployment", body, ApiJson.Default.ApiAnswer, cancellationToken).ConfigureAwait(false)).Plan
            ?? throw new ApiException(ApiCode.Internal, "The service gave no plan.");
    }

    /// <summary>Who this client's key belongs to.</summary>
    /// <exception cref="ApiException">The service refuses, or cannot be reached.</exception>
    public Task<WhoAmI> WhoAmIAsync(CancellationToken cancellationToken = default) => PostAsync(
        "public/v1/query/whoami",
        JsonSerializer.SerializeToUtf8Bytes(new QueryParameters { OrganizationId = OrganizationId }, ApiJson.Default.QueryParameters),
        ApiJson.Default.WhoAmI,
        cancellationToken);

    /// <summary>Asks for an activity and waits until it is done, sending the same body again as long as it is pending.</summary>
    /// <exception cref="ApiException">The service refuses, cannot be reached, or the activity failed.</exception>
    public async Task<TResult> SubmitAsync<TParameters, TResult>(
        string name,
        TParameters parameters,
        JsonTypeInfo<TParameters> parametersType,
        JsonTypeInfo<TResult> resultType,
        CancellationToken cancellationToken = default)
    {
        string type = ApiNames.TypePrefix + ApiNames.Activities[name];
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(
            new SubmitBody
            {
                Type = type,
                TimestampMs = _time.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
                OrganizationId = OrganizationId,
                Parameters = JsonSerializer.SerializeToElement(parameters, parametersType),
            },
            ApiJson.Default.SubmitBody);
        while (true)
        {
            ApiActivity activity = (await PostAsync($"public/v1/submit/{name}", body, ApiJson.Default.ApiAnswer, cancellationToken).ConfigureAwait(false)).Activity
                ?? throw new ApiException(ApiCode.Internal, "The service answered with no activity.");
            switch (activity.Status)
            {
                case "ACTIVITY_STATUS_COMPLETED":
                    string member = ApiNames.Member(type, "Result");
                    return activity.Result.TryGetValue(member, out JsonElement result)
                        ? Read(result, resultType, $"activity.result.{member}")
                        : throw LeftOut($"activity.result.{member}");
                case "ACTIVITY_STATUS_CREATED" or "ACTIVITY_STATUS_PENDING":
                    await Task.Delay(s_pause, _time, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    throw new ApiException((ApiCode)(activity.Failure?.Code ?? (int)ApiCode.Internal), activity.Failure?.Message ?? $"The activity ended as {activity.Status}.");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _key.Dispose();
    }

    private async Task<T> PostAsync<T>(string path, byte[] body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add(ApiStamp.Header, ApiStamp.Make(body, _key));
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            byte[] answer = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                ApiStatus? status = TryStatus(answer);
                throw new ApiException((ApiCode)(status?.Code ?? (int)ApiCode.Unavailable), status?.Message ?? $"{_http.BaseAddress} answers with HTTP status {(int)response.StatusCode}; is that a control service?");
            }

            using JsonDocument document = JsonDocument.Parse(answer);
            return Read(document.RootElement, type, "");
        }
        // The framework lets a SocketException out when a connection is reset just as it opens.
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            throw new ApiException(ApiCode.Unavailable, $"The control service at {_http.BaseAddress} cannot be reached: {Reason(e)}", e);
        }
        catch (JsonException e)
        {
            throw new ApiException(ApiCode.Internal, $"The answer of {_http.BaseAddress} is not JSON: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ApiException(ApiCode.Unavailable, $"The control service at {_http.BaseAddress} did not answer within {_http.Timeout.TotalSeconds:0} s.", e);
        }
    }

    // Whatever is read of the service goes through here.
    private T Read<T>(JsonElement answer, JsonTypeInfo<T> type, string path)
    {
        if (AnswerCheck.FirstMissing(answer, type, path) is { } missing)
            throw LeftOut(missing);
        try
        {
            return answer.Deserialize(type) ?? throw LeftOut(path);
        }
        catch (JsonException e)
        {
            // Its own words name a type of .NET's.
            string place = path + (e.Path is { Length: > 1 } at ? at[(path.Length == 0 && at[1] == '.' ? 2 : 1)..] : "");
            throw new ApiException(ApiCode.Internal, $"The answer of {_http.BaseAddress} is not the API's: {(place.Length == 0 ? "it" : place)} is something else than it should be.", e);
        }
    }

    private ApiException LeftOut(string member) => new(ApiCode.Internal, $"The answer of {_http.BaseAddress} is not the API's: {(member.Length == 0 ? "it is empty" : $"it lacks {member}")}.");

    // The outer words of what failed in TLS or while an answer was read are "see inner exception".
    private static string Reason(Exception e) => e switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => $"TLS failed: {e.GetBaseException().Message}",
        { InnerException: IOException } => e.GetBaseException().Message,
        _ => e.Message,
    };

    private static ApiStatus? TryStatus(byte[] answer)
    {
        try
        {
            return JsonSerializer.Deserialize(answer, ApiJson.Default.ApiStatus);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
