using System.Text.Json;

namespace Qos.Control;

/// <summary>What is wrong with a JSON text, for whoever wrote it: the serializer's own words name types of .NET's.</summary>
internal static class JsonMistake
{
    private const string NoMember = "could not be mapped to any .NET member";
    private const string NoNull = "null values. Consider updating its nullability annotation";
    private const string Missing = "missing required properties including: ";

    /// <summary>What is wrong, in one sentence without its full stop.</summary>
    public static string Describe(JsonException mistake)
    {
        string said = mistake.Message;
        if (said.Contains(NoMember, StringComparison.Ordinal) && said.Split('\'') is [_, var name, ..])
            return $"there is no member '{name}' here";
        if (said.IndexOf(Missing, StringComparison.Ordinal) is >= 0 and var at)
            return $"it lacks {WithoutPlace(said[(at + Missing.Length)..])}";
        if (said.Contains(NoNull, StringComparison.Ordinal) && said.Split('\'') is [_, var empty, ..])
            return $"'{JsonNamingPolicy.CamelCase.ConvertName(empty)}' cannot be null";
        if (said.StartsWith("The JSON value could not be converted to ", StringComparison.Ordinal))
            return "another kind of value is wanted here";
        return WithoutPlace(said);
    }

    private static string WithoutPlace(string said)
    {
        foreach (string mark in (ReadOnlySpan<string>)[" Path: $", " LineNumber: "])
            said = said.Split(mark)[0];
        return said.TrimEnd('.');
    }
}
