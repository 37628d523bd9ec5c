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
        SecretMemory pin = terminal.AskSecret($"PIN of token {VisibleText.Escape(request.Token)}{tries}", "PIN", "--pin-fd N");
        if (pin.Length > 0)
            return pin;

        // To some tokens an empty PIN is a wrong one, and costs a try.
        pin.Dispose();
        throw new CeremonyException("No PIN was given, and the token was given none.");
    }
}
