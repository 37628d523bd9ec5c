using System.Text.Json;

namespace Qos.Eif;

/// <summary>
/// What an image says about itself: name, version, how it was built. Format: docs/protocol/eif.md, File. Nothing of it is measured, so nothing
/// may be decided by it.
/// </summary>
public sealed record EifMetadata
{
    /// <summary>The image's name.</summary>
    public required string ImageName { get; init; }

    /// <summary>The image's version.</summary>
    public required string ImageVersion { get; init; }

    /// <summary>When it was built, as RFC 3339 has it.</summary>
    public required string BuildTime { get; init; }

    /// <summary>What built it.</summary>
    public required string BuildTool { get; init; }

    /// <summary>The version of what built it.</summary>
    public required string BuildToolVersion { get; init; }

    /// <summary>The system in it.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>The kernel's version.</summary>
    public required string KernelVersion { get; init; }

    /// <summary>JSON of any kind about the container that it was made from.</summary>
    public string DockerInfo { get; init; } = "{}";

    /// <summary>The builder's own JSON: an object or null in what is built, of any kind in what is read.</summary>
    public string CustomMetadata { get; init; } = "{}";

    /// <summary>The time as <see cref="BuildTime"/> holds it.</summary>
    /// <param name="secondsSince1970">As in SOURCE_DATE_EPOCH.</param>
    public static string FormatTime(long secondsSince1970) =>
        DateTimeOffset.FromUnixTimeSeconds(secondsSince1970).ToString("yyyy-MM-dd'T'HH:mm:ss+00:00", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Reads a metadata section.</summary>
    /// <exception cref="EifException">It is not JSON, a member is missing, is there twice or is not a string.</exception>
    public static EifMetadata Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, EifJson.Reading);
            JsonElement root = document.RootElement;
            JsonElement build = Member(root, "BuildMetadata");
            RequireUnicode(root);
            return new EifMetadata
            {
                ImageName = Text(root, "ImageName"),
                ImageVersion = Text(root, "ImageVersion"),
                BuildTime = Text(build, "BuildTime"),
                BuildTool = Text(build, "BuildTool"),
                BuildToolVersion = Text(build, "BuildToolVersion"),
                OperatingSystem = Text(build, "OperatingSystem"),
                KernelVersion = Text(build, "KernelVersion"),
                DockerInfo = Member(root, "DockerInfo").GetRawText(),
                CustomMetadata = Member(root, "CustomMetadata").GetRawText(),
            };
        }
        catch (JsonException e)
        {
            throw new EifException($"the metadata is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // Half a surrogate pair.
            throw new EifException("the metadata holds a text that is not Unicode.", e);
        }
    }

    /// <summary>The section's bytes: JSON without white space, members in the order of the specification.</summary>
    /// <exception cref="EifException"><see cref="DockerInfo"/> or <see cref="CustomMetadata"/> is not JSON, or the latter is not an object.</exception>
    public byte[] Encode()
    {
        using var output = new MemoryStream();
        using (var writer = new Utf8JsonWriter(output, EifJson.Compact))
        {
            writer.WriteStartObject();
            writer.WriteString("ImageName"u8, ImageName);
            writer.WriteString("ImageVersion"u8, ImageVersion);
            writer.WriteStartObject("BuildMetadata"u8);
            writer.WriteString("BuildTime"u8, BuildTime);
            writer.WriteString("BuildTool"u8, BuildTool);
            writer.WriteString("BuildToolVersion"u8, BuildToolVersion);
            writer.WriteString("OperatingSystem"u8, OperatingSystem);
            writer.WriteString("KernelVersion"u8, KernelVersion);
            writer.WriteEndObject();
            writer.WritePropertyName("DockerInfo"u8);
            WriteCompact(writer, DockerInfo, "DockerInfo");
            writer.WritePropertyName("CustomMetadata"u8);
            WriteCompact(writer, CustomMetadata, "CustomMetadata", JsonValueKind.Object, JsonValueKind.Null);
            writer.WriteEndObject();
        }

        return output.ToArray();
    }

    internal static void WriteCompact(Utf8JsonWriter writer, string json, string name, params ReadOnlySpan<JsonValueKind> kinds)
    {
        try
        {
            using var document = JsonDocument.Parse(json, EifJson.Reading);
            if (!kinds.IsEmpty && !kinds.Contains(document.RootElement.ValueKind))
                throw new EifException($"{name} is not a JSON object, and tools that show an image pour its members among others.");
            document.WriteTo(writer);
        }
        catch (JsonException e)
        {
            throw new EifException($"{name} is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.", e);
        }
    }

    private static void RequireUnicode(JsonElement value)
    {
        // A text is decoded only when it is asked for: writing asks for all of them.
        using var nowhere = new Utf8JsonWriter(Stream.Null, EifJson.Compact);
        value.WriteTo(nowhere);
    }

    private static string Text(JsonElement parent, string name)
    {
        JsonElement value = Member(parent, name);
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new EifException($"the metadata's {name} is not a string.");
    }

    private static JsonElement Member(JsonElement parent, string name)
    {
        if (parent.ValueKind != JsonValueKind.Object)
            throw new EifException($"the metadata has no object where {name} should be.");

        JsonElement? found = null;
        foreach (JsonProperty member in parent.EnumerateObject())
        {
            if (!member.NameEquals(name))
                continue;
            if (found is not null)
                throw new EifException($"the metadata has {name} twice.");
            found = member.Value;
        }

        return found ?? throw new EifException($"the metadata has no {name}.");
    }
}
