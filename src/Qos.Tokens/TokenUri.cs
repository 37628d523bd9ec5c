using System.Globalization;
using System.Text;

namespace Qos.Tokens;

/// <summary>
/// Where a key in a token is: a <c>pkcs11:</c> URI (RFC 7512) of which <c>token</c>, <c>serial</c>, <c>manufacturer</c>, <c>model</c> and
/// <c>slot-id</c> choose the token, <c>module-path</c> names the library, and <c>object</c> the key.
/// </summary>
/// <remarks>
/// A key of ours is two key pairs. <c>object=alice</c> means those labelled <c>alice.encrypt</c> and <c>alice.sign</c>; a token whose
/// objects have names of their own, such as a YubiKey, is asked by the attributes <c>encrypt-object</c>, <c>encrypt-id</c>,
/// <c>sign-object</c> and <c>sign-id</c> in the query. A PIN never stands in a URI. Format: docs/protocol/keys.md, Key set.
/// </remarks>
public sealed class TokenUri
{
    /// <summary>The most characters of a URI.</summary>
    public const int MaxLength = 4096;

    private const string Scheme = "pkcs11:";

    private static readonly string[] s_pathAttributes = ["token", "serial", "manufacturer", "model", "slot-id", "object"];

    private static readonly string[] s_queryAttributes = ["module-path", "encrypt-object", "encrypt-id", "sign-object", "sign-id"];

    private readonly Dictionary<string, byte[]> _attributes;

    private TokenUri(Dictionary<string, byte[]> attributes)
    {
        _attributes = attributes;
        ModulePath = Text("module-path")
            ?? throw Refuse("it names no module: add ?module-path=/path/of/the/module.so");
        if (!Path.IsPathFullyQualified(ModulePath) || ModulePath.Contains('\0', StringComparison.Ordinal))
            throw Refuse("module-path must be a full path, so that no other library is taken for the module");
        Token = Text("token");
        Serial = Text("serial");
        Manufacturer = Text("manufacturer");
        Model = Text("model");
        KeyLabel = Text("object");
        if (KeyLabel is { Length: 0 or > 200 })
            throw Refuse("object is the label of a key, of 1 to 200 characters");
        if (Text("slot-id") is { } slot)
        {
            SlotId = ulong.TryParse(slot, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
                ? number
                : throw Refuse("slot-id is a number");
        }
    }

    /// <summary>The module's file, a full path.</summary>
    public string ModulePath { get; }

    /// <summary>The token's label; null for any.</summary>
    public string? Token { get; }

    /// <summary>The token's serial number; null for any.</summary>
    public string? Serial { get; }

    /// <summary>The token's manufacturer; null for any.</summary>
    public string? Manufacturer { get; }

    /// <summary>The token's model; null for any.</summary>
    public string? Model { get; }

    /// <summary>The slot; null for any.</summary>
    public ulong? SlotId { get; }

    /// <summary>The key's label, from which those of its two pairs are made; null where none is named.</summary>
    public string? KeyLabel { get; }

    /// <summary>What the pair with the encryption point is found by.</summary>
    internal TokenObjectName EncryptionKey => NameOf("encrypt");

    /// <summary>What the pair with the signing point is found by.</summary>
    internal TokenObjectName SigningKey => NameOf("sign");

    /// <summary>Whether a name of a key is a token's URI, and not a file's.</summary>
    public static bool IsTokenUri(string? text) => text is not null && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a URI.</summary>
    /// <exception cref="TokenException">It is none, holds a PIN, repeats an attribute or has one that means nothing here.</exception>
    public static TokenUri Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!IsTokenUri(text))
            throw Refuse("it does not begin with pkcs11:");
        if (text.Length > MaxLength)
            throw Refuse($"it is longer than {MaxLength} characters");

        string[] parts = text[Scheme.Length..].Split('?', 2);
        var attributes = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        Read(parts[0], ';', s_pathAttributes, attributes);
        if (parts.Length > 1)
            Read(parts[1], '&', s_queryAttributes, attributes);
        return new TokenUri(attributes);
    }

    /// <summary>The same place with a label for the key, unless it has one.</summary>
    public TokenUri WithKeyLabel(string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        return KeyLabel is not null
            ? this
            : new TokenUri(new Dictionary<string, byte[]>(_attributes, StringComparer.Ordinal) { ["object"] = Encoding.UTF8.GetBytes(label) });
    }

    private static void Read(string text, char separator, string[] known, Dictionary<string, byte[]> attributes)
    {
        foreach (string part in text.Split(separator, StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? part : part[..equals];

            // Only what stands before a = is repeated in messages: anything else may be what somebody thought to be the place of a PIN.
            if (name is "pin-value" or "pin-source")
                throw Refuse($"{name} has no place in it: the PIN is asked for, or comes through --pin-fd N");
            if (name is "id" or "type")
                throw Refuse($"{name} would name one object, and a key here is two pairs: use object, or encrypt-id and sign-id after the ?");
            if (equals < 0 || !known.Contains(name, StringComparer.Ordinal))
            {
                string elsewhere = s_pathAttributes.Concat(s_queryAttributes).Contains(name, StringComparer.Ordinal) ? " in this place" : "";
                string shown = equals > 0 && name.Length <= 40 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? $" '{name}'" : "";
                throw Refuse($"there is no attribute{shown}{elsewhere}: before the ? stand {string.Join(", ", s_pathAttributes)}, after it {string.Join(", ", s_queryAttributes)}");
            }

            if (!attributes.TryAdd(name, Decode(part.AsSpan(equals + 1), name)))
                throw Refuse($"it has {name} twice");
        }
    }

    private static byte[] Decode(ReadOnlySpan<char> text, string name)
    {
        var bytes = new List<byte>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '%')
            {
                if (i + 2 >= text.Length || !byte.TryParse(text.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
                    throw Refuse($"a % in {name} is not followed by two hex digits");
                bytes.Add(value);
                i += 2;
            }
            else if (c is > ' ' and < '\x7f')
            {
                bytes.Add((byte)c);
            }
            else
            {
                throw Refuse($"{name} holds a character that must be written as %XX");
            }
        }

        return [.. bytes];
    }

    private static TokenException Refuse(string why) => new($"The token's URI cannot be used: {why}.");

    private TokenObjectName NameOf(string use)
    {
        byte[]? id = _attributes.GetValueOrDefault($"{use}-id");
        string? label = Text($"{use}-object") ?? (KeyLabel is { } common && id is null ? $"{common}.{use}" : null);
        if (id is { Length: 0 or > 64 })
            throw Refuse($"{use}-id has 1 to 64 bytes, each as %XX");
        return label is null && id is null
            ? throw Refuse($"it names no key: add object=NAME, or {use}-id=%XX after the ?")
            : new TokenObjectName(label, id);
    }

    private string? Text(string name)
    {
        if (!_attributes.TryGetValue(name, out byte[]? bytes))
            return null;
        try
        {
            return new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (System.Text.DecoderFallbackException)
        {
            throw Refuse($"{name} is not UTF-8");
        }
    }
}
