using System.Globalization;
using System.Text.Json;
using Qos.App;

namespace Qos.Sample.Policy;

/// <summary>
/// What users want changed: the text that each of them stamps. <c>CREATE</c> begins an organization, <c>SET_USERS</c>, <c>SET_RULE</c> and <c>REMOVE_RULE</c> change it.
/// A change names the head that it follows, so that it can take effect once and nowhere else.
/// </summary>
public sealed record Change
{
    /// <summary>The longest text in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int MaxUsers = 100;
    private const int MaxText = 100;

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>What kind.</summary>
    public required string Type { get; init; }

    /// <summary>Whose.</summary>
    public required string Organization { get; init; }

    /// <summary>The head that it follows; null for <c>CREATE</c>.</summary>
    public StateHead? After { get; init; }

    /// <summary>The new users' keys, compressed, 66 lower-case hex digits; for <c>CREATE</c> and <c>SET_USERS</c>.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>How many of them must stamp a change.</summary>
    public int Quorum { get; init; }

    /// <summary>The rule to set, or its name alone to remove it.</summary>
    public Rule? Rule { get; init; }

    /// <summary>Reads a change.</summary>
    /// <exception cref="PolicyException">It is none.</exception>
    public static Change Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8, s_strict);
            JsonElement json = document.RootElement;
            string type = Text(json, "type");
            bool hasUsers = type is "CREATE" or "SET_USERS";
            if (!hasUsers && type is not ("SET_RULE" or "REMOVE_RULE"))
                throw Refused("type is CREATE, SET_USERS, SET_RULE or REMOVE_RULE");
            StateHead? after = null;
            if (type != "CREATE" && !StateHead.TryParse(json.GetProperty("after").GetString(), out after))
                throw Refused("after is the head that the change follows");
            return new Change
            {
                Type = type,
                Organization = OrganizationName(Text(json, "organization")),
                After = after,
                Users = hasUsers ? UsersOf(json) : [],
                Quorum = hasUsers ? QuorumOf(json) : 0,
                Rule = hasUsers ? null : type == "SET_RULE" ? RuleOf(json.GetProperty("rule")) : new Rule(Text(json, "rule"), false, "", null),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Refused("a member is missing, doubled or of another kind");
        }
    }

    /// <summary>An organization's name, which is part of a path of the store.</summary>
    /// <exception cref="PolicyException">It is not one.</exception>
    public static string OrganizationName(string name) =>
        name.Length is > 0 and <= 40 && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            ? name
            : throw Refused("an organization's name has 1 to 40 letters a to z, digits and dashes");

    /// <summary>A number that may be too large for a JSON number: digits in a string.</summary>
    /// <exception cref="PolicyException">It is not one.</exception>
    public static ulong Amount(string? digits) =>
        ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong amount) ? amount : throw Refused("an amount is digits in a string");

    private static string[] UsersOf(JsonElement json)
    {
        string[] users = [.. json.GetProperty("users").EnumerateArray().Select(static user => user.GetString() ?? "")];
        return users.Length is > 0 and <= MaxUsers && users.All(static user => user.Length == 66 && user.All(char.IsAsciiHexDigitLower)) && users.Distinct(StringComparer.Ordinal).Count() == users.Length
            ? users
            : throw Refused($"users are 1 to {MaxUsers} different keys of 66 lower-case hex digits");
    }

    private static int QuorumOf(JsonElement json)
    {
        int quorum = json.GetProperty("quorum").GetInt32();
        return quorum >= 1 && quorum <= json.GetProperty("users").GetArrayLength() ? quorum : throw Refused("quorum is from 1 to the number of users");
    }

    private static Rule RuleOf(JsonElement rule) => new(
        Text(rule, "id"),
        Text(rule, "effect") switch
        {
            "ALLOW" => true,
            "DENY" => false,
            _ => throw Refused("effect is ALLOW or DENY"),
        },
        Text(rule, "action"),
        rule.TryGetProperty("maxAmount", out JsonElement amount) ? Amount(amount.GetString()) : null);

    private static string Text(JsonElement json, string name) =>
        json.GetProperty(name).GetString() is { Length: > 0 and <= MaxText } text ? text : throw Refused($"{name} has 1 to {MaxText} characters");

    private static PolicyException Refused(string why) => new(400, $"this is no change: {why}");
}
