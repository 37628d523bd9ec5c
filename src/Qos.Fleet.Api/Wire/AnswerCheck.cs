using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Qos.Fleet.Api;

/// <summary>Whether an answer has everything that its type promises: a service that leaves something out is named with what it left out, before anybody uses it.</summary>
internal static class AnswerCheck
{
    /// <summary>The first member that must be there and is not, or is null, by its path (<c>tvcApp.shareSet.operators[0].name</c>); null when nothing is missing.</summary>
    /// <param name="value">The answer, or a part of it. What is of another kind than the type is left to the deserializer.</param>
    /// <param name="type">What it should be.</param>
    /// <param name="path">Where the part is.</param>
    public static string? FirstMissing(JsonElement value, JsonTypeInfo type, string path = "") => (type.Kind, value.ValueKind) switch
    {
        (JsonTypeInfoKind.Object, JsonValueKind.Object) => type.Properties.Select(member => InMember(value, type, member, path.Length == 0 ? member.Name : $"{path}.{member.Name}")).FirstOrDefault(static missing => missing is not null),
        (JsonTypeInfoKind.Enumerable, JsonValueKind.Array) => value.EnumerateArray()
            .Select((element, index) => InElement(element, type, string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]"))).FirstOrDefault(static missing => missing is not null),
        (JsonTypeInfoKind.Dictionary, JsonValueKind.Object) => value.EnumerateObject()
            .Select(entry => InElement(entry.Value, type, $"{path}.{entry.Name}")).FirstOrDefault(static missing => missing is not null),
        _ => null,
    };

    private static string? InMember(JsonElement owner, JsonTypeInfo type, JsonPropertyInfo member, string path)
    {
        if (!owner.TryGetProperty(member.Name, out JsonElement value))
            return member.IsRequired || member.AssociatedParameter is { HasDefaultValue: false, IsMemberInitializer: false } ? path : null;
        if (value.ValueKind == JsonValueKind.Null)
            return member.IsSetNullable ? null : path;
        return FirstMissing(value, type.Options.GetTypeInfo(member.PropertyType), path);
    }

    // No list and no map of the API has a null in it, which the deserializer would take.
    private static string? InElement(JsonElement element, JsonTypeInfo list, string path) => element.ValueKind == JsonValueKind.Null && !list.ElementType!.IsValueType
        ? path
        : FirstMissing(element, list.Options.GetTypeInfo(list.ElementType!), path);
}
