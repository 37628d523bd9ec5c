using System.Text.Json;
using Qos.Fleet.Api;
using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary>An activity as the API shows it: with the body and stamp that it came with, for whoever audits.</summary>
internal static class ActivityView
{
    public static ApiActivity Of(ActivityRecord activity)
    {
        return new ApiActivity
        {
            Id = activity.Id,
            OrganizationId = activity.OrganizationId,
            Status = activity.Status,
            Type = activity.Type,
            Intent = Parameters(activity.Body) is { } parameters ? Named(activity.Type, "Intent", parameters) : new Dictionary<string, JsonElement>(),
            Result = activity.Result is { } result ? Named(activity.Type, "Result", JsonElement.Parse(result)) : new Dictionary<string, JsonElement>(),
            Votes = [],
            Fingerprint = activity.Fingerprint,
            CreatedAt = ApiTimestamp.Of(activity.CreatedAt),
            UpdatedAt = ApiTimestamp.Of(activity.UpdatedAt),
            Failure = activity.FailureCode is { } code ? new ApiStatus { Code = code, Message = activity.FailureMessage ?? "" } : null,
            Stamp = activity.Stamp,
            Body = activity.Body.ToArray(),
        };
    }

    // Null for one that was kept before bodies were checked and cannot be shown; the body itself is, as it came.
    private static JsonElement? Parameters(ReadOnlyMemory<byte> body) =>
        ApiBody.IsShowable(body.Span) && JsonElement.Parse(body.Span) is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("parameters", out JsonElement parameters) ? parameters : null;

    private static Dictionary<string, JsonElement> Named(string type, string suffix, JsonElement value) =>
        new(StringComparer.Ordinal) { [ApiNames.Member(type, suffix)] = value };
}
