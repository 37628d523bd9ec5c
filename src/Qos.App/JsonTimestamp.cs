using System.Globalization;
using System.Text.Json;

namespace Qos.App;

/// <summary>The member "timestampMs" of a JSON object: a string of ms since 1970, at the top level and once.</summary>
internal static class JsonTimestamp
{
    private const int MaxDigits = 19;

    /// <summary>Reads it; null when the object has none of that form.</summary>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    internal static ulong? Read(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return null;

        ulong? found = null;
        int count = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isTimestamp = reader.ValueTextEquals("timestampMs"u8);
            reader.Read();
            if (isTimestamp)
            {
                count++;
                found = reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= MaxDigits
                    && ulong.TryParse(reader.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out ulong time) ? time : null;
            }

            reader.Skip();
        }

        // What follows the object must be read as well, or it is not looked at.
        while (reader.Read())
        {
        }

        // Of two, each reader might take another.
        return count == 1 ? found : null;
    }
}
