using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary>How the binary runs: <c>--restart-policy</c>, <c>--pivot-args</c>, <c>--bridge-config</c>, <c>--debug-mode</c>.</summary>
internal sealed class PivotOptions
{
    private readonly Option<string> _restart = Standard.Required("restart-policy", "never or always.");

    private readonly Option<string?> _args = new("--pivot-args")
    {
        Description = "The binary's arguments, in brackets and with commas: [--port,3000]. Default: [].",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>The two that every boot has.</summary>
    public Option[] All => [_restart, _args];

    /// <summary>The bridged ports; of manifests, and of development boots, whose option is ours.</summary>
    public Option<string?> Bridges { get; } = Standard.Optional(
        "bridge-config", "Bridged ports as JSON: [{\"type\":\"server\",\"port\":3000,\"host\":\"0.0.0.0\"}].");

    /// <summary>Whether the output is shown; of manifests only.</summary>
    public Option<string?> DebugMode { get; } = new("--debug-mode")
    {
        Description = "true or false: whether the binary's output can be read outside. Default: false.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>All of it; the hash is for the caller to set.</summary>
    /// <exception cref="FormatException">One of them is not of its form.</exception>
    public PivotConfig Read(ParseResult parsed)
    {
        string? bridges = parsed.GetResult(Bridges) is null ? null : parsed.GetValue(Bridges);
        string? debug = parsed.GetResult(DebugMode) is null ? null : parsed.GetValue(DebugMode);
        return new PivotConfig
        {
            Hash = ReadOnlyMemory<byte>.Empty,
            Restart = parsed.GetValue(_restart)!.ToUpperInvariant() switch
            {
                "NEVER" => RestartPolicy.Never,
                "ALWAYS" => RestartPolicy.Always,
                _ => throw new FormatException("Could not parse `--restart-policy`: it is never or always"),
            },
            Args = Standard.Bracketed("pivot-args", parsed.GetValue(_args) ?? "[]"),
            BridgeConfig = bridges is null ? [] : BridgeText.ParseJson(bridges),
            DebugMode = debug switch
            {
                null or "false" => false,
                "true" => true,
                _ => throw new FormatException("invalid `--debug-mode` flag value: it is true or false"),
            },
        };
    }
}
