using System.Collections.Frozen;
using Qos.Keys;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>The names of errors on the wire: they are the enumerations' own. Format: docs/protocol/messages.md, Errors.</summary>
internal static class ErrorNames
{
    private static readonly FrozenDictionary<string, ProtocolErrorCode> s_codes =
        Enum.GetValues<ProtocolErrorCode>().ToFrozenDictionary(static code => code.ToString(), StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, KeyError> s_keyErrors =
        Enum.GetValues<KeyError>().ToFrozenDictionary(static error => error.ToString(), StringComparer.Ordinal);

    internal static int CodeCount => s_codes.Count;

    internal static int KeyErrorCount => s_keyErrors.Count;

    internal static ProtocolErrorCode Code(ref QosJsonReader reader, string name) =>
        s_codes.TryGetValue(name, out ProtocolErrorCode code) ? code : throw reader.Error("unknown protocol error");

    internal static KeyError KeyError(ref QosJsonReader reader, string name) =>
        s_keyErrors.TryGetValue(name, out KeyError error) ? error : throw reader.Error("unknown key error");

    internal static bool CarriesText(KeyError error) => error is Keys.KeyError.QosHex or Keys.KeyError.IOError;
}
