using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;
using Qos.Tokens;

namespace Qos.Cli;

/// <summary>Where a token's PIN comes from: a descriptor, or the terminal without echo.</summary>
internal static class TokenPin
{
    /// <summary>As the library asks for it.</summary>
    public static Func<TokenPinRequest, SecretMemory> Asker(ParseResult parsed, Option<int?> descriptor, Terminal terminal) =>
        request => Get(request, parsed.GetValue(descriptor), terminal);

    private static SecretMemory Get(TokenPinRequest request, int? descriptor, Terminal terminal)
    {
        if (descriptor is { } number)
            return PassphraseDescriptor.Read(number, "PIN");
        string tries = request.IsLastTry ? " (last try before it locks)" : request.HadWrongPin ? " (a wrong PIN was given before)" : "";
        return terminal.AskSecret($"PIN of token {VisibleText.Escape(request.Token)}{tries}", "PIN", "--pin-fd N");
    }
}
