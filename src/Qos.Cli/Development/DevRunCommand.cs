using System.CommandLine;
using System.Globalization;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos dev run</c></summary>
internal sealed class DevRunCommand : QosCommand
{
    private readonly Argument<string[]> _words = new("APP") { Description = "The app's program, and after -- its arguments.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string[]> _ports = StandardOptions.Repeated("--port", "A port of the app that is reached on this machine, or OUTER:INNER.", "PORT");
    private readonly Option<string[]> _egress = StandardOptions.Repeated("--egress", "What the app may reach.", "NAME:PORT");
    private readonly Option<string[]> _env = StandardOptions.Repeated("--env", "A variable of its environment.", "NAME=VALUE");
    private readonly Option<bool> _watch = new("--watch") { Description = "Start the app anew when its file changes, with the same quorum key." };
    private readonly Option<string> _restart = new("--restart") { Description = "What happens when the app ends.", HelpName = "never|always", DefaultValueFactory = static _ => "never" };
    private readonly Option<string?> _proofs = new("--proofs") { Description = "Keep root.pem, quorum_key.pub and boot-proof.json there, for qos verify.", HelpName = "DIR" };
    private int _status;

    public DevRunCommand()
        : base(
            "run",
            "Run an app in an enclave on this machine: simulator, enclave and host, a throwaway quorum, the app's port. Nothing in it protects anything.",
            "qos dev run ./app --port 3000 --watch",
            "qos dev run ./app --port 8080:3000 --egress api.example.com:443 --env LEVEL=debug -- --verbose")
    {
        Take(_words, _ports, _egress, _env, _watch, _restart, _proofs);
        _restart.AcceptOnlyFromAmong("never", "always");
        _ports.Validators.Add(static result => StandardOptions.Validate(result, static text => DevPort.Parse(text)));
        _egress.Validators.Add(static result => StandardOptions.Validate(result, static text => ParseEgress(text)));
        _env.Validators.Add(static result => StandardOptions.Validate(result, static text => ManifestRecipe.ParseVariable(text)));
    }

    /// <inheritdoc/>
    protected override int ExitStatus => _status;

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string[] words = parsed.GetValue(_words) ?? [];
        var log = new DevLog(terminal);
        var plan = new DevPlan
        {
            App = words[0],
            Args = words[1..],
            Env = new SortedDictionary<string, string>((parsed.GetValue(_env) ?? []).Select(ManifestRecipe.ParseVariable).ToDictionary(static v => v.Name, static v => v.Value), StringComparer.Ordinal),
            Ports = [.. (parsed.GetValue(_ports) ?? []).Select(DevPort.Parse)],
            Egress = [.. (parsed.GetValue(_egress) ?? []).Select(ParseEgress)],
            Proofs = parsed.GetValue(_proofs),
            Watches = parsed.GetValue(_watch),
            Restart = parsed.GetValue(_restart) == "always" ? RestartPolicy.Always : RestartPolicy.Never,
        };
        await using var session = new DevSession(plan, log, terminal.Time);
        _status = await session.RunAsync(cancellationToken);
    }

    private static BridgeConfig.Client ParseEgress(string text)
    {
        int at = text.LastIndexOf(':');
        if (at <= 0 || !ushort.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
            throw new FormatException($"'{VisibleText.Escape(text)}' is not NAME:PORT, for example api.example.com:443");
        var client = new BridgeConfig.Client(port, text[..at]);
        return BridgeAddress.DescribeUnusable(client) is { } unusable ? throw new FormatException(unusable) : client;
    }
}
