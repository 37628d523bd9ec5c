using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Qos.Fleet.Api;

namespace Qos.Control;

/// <summary>
/// Reads bodies. What is kept is shown again for ever, and what is shown must be what was done: a body that means two things, or that nobody could write
/// again, is refused before anything is kept.
/// </summary>
internal static class ApiBody
{
    /// <summary>Twice as deep as any request is; an answer that shows a body is some levels deeper, and has a limit too.</summary>
    private const int MaxDepth = 16;

    /// <summary>Reads a body.</summary>
    /// <exception cref="ApiException">It is not of its form.</exception>
    public static T Parse<T>(byte[] body, JsonTypeInfo<T> type)
    {
        try
        {
            Check(body);
            return JsonSerializer.Deserialize(body, type) ?? throw new ApiException(ApiCode.InvalidArgument, "the body is null");
        }
        catch (JsonException e)
        {
            throw new ApiException(ApiCode.InvalidArgument, $"the body is not of its form at {e.Path}: {JsonMistake.Describe(e)}", e);
        }
    }

    /// <summary>Whether the parameters of a body that was kept can be shown.</summary>
    public static bool IsShowable(ReadOnlySpan<byte> body)
    {
        try
        {
            Check(body);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // The serializer looks at no text that no member takes, and lets null stand in any list.
    private static void Check(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
            throw new JsonException("it is not UTF-8");
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        var lists = new Stack<bool>(MaxDepth);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    lists.Push(reader.TokenType == JsonTokenType.StartArray);
                    break;
                case JsonTokenType.EndArray or JsonTokenType.EndObject:
                    lists.Pop();
                    break;
                case JsonTokenType.Null when lists.TryPeek(out bool isList) && isList:
                    throw new JsonException("a list holds null");
                case JsonTokenType.String or JsonTokenType.PropertyName when reader.ValueIsEscaped:
                    CheckText(ref reader);
                    break;
                default:
                    break;
            }
        }
    }

    private static void CheckText(ref Utf8JsonReader reader)
    {
        string text;
        try
        {
            text = reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("a text has half a surrogate pair", e);
        }

        if (text.Contains('\0', StringComparison.Ordinal))
            throw new JsonException("a text holds the character 0");
    }
}
