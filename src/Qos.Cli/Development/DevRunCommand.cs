using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Qos.Client;
using Qos.Local;
using Qos.Protocol;
using Qos.Registry;

namespace Qos.Cli;

/// <summary><c>qos dev run</c></summary>
internal sealed class DevRunCommand : QosCommand
{
    private readonly Argument<string[]> _words = new("APP") { Description = "The app's program, and after -- its arguments; with --image its arguments alone.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _image = new("--image") { Description = "Take the program out of an image in a registry: NAME@sha256:HEX, or NAME:TAG, whose digest is said.", HelpName = "IMAGE" };
    private readonly Option<string?> _path = new("--path") { Description = "The program's path in the image.", HelpName = "PATH" };
    private readonly Option<string?> _secret = new("--pull-secret") { Description = "Docker's config.json with the credentials of a private registry.", HelpName = "FILE" };
    private readonly Option<bool> _machine = new("--machine") { Description = "Run it in the enclave image, in a virtual machine: what the image cannot run fails here." };
    private readonly Option<string?> _eif = new("--eif") { Description = "The enclave image of --machine. Default: the clone's out/qos.eif.", HelpName = "FILE" };
    private readonly Option<string[]> _ports = StandardOptions.Repeated("--port", "A port of the app that is reached on this machine, or OUTER:INNER.", "PORT");
    private readonly Option<string[]> _egress = StandardOptions.Repeated("--egress", "What the app may reach.", "NAME:PORT");
    private readonly Option<string[]> _env = StandardOptions.Repeated("--env", "A variable of its environment.", "NAME=VALUE");
    private readonly Option<bool> _watch = new("--watch") { Description = "Start the app anew when its file changes, with the same quorum key." };
    private readonly RestartOption _restart = new("What happens when the app ends.");
    private readonly Option<string?> _proofs = new("--proofs") { Description = "Keep root.pem, quorum_key.pub and boot-proof.json there, for qos verify.", HelpName = "DIR" };
    private readonly Option<bool> _explain = new("--explain") { Description = "Print what the run would do as commands for a shell, and do nothing." };
    private int _status;

    public DevRunCommand()
        : base(
            "run",
            "Run an app in an enclave on this machine: simulator, enclave and host, a throwaway quorum, the app's port. Nothing in it protects anything.",
            "qos dev run ./app --port 3000 --watch",
            "qos dev run ./app --port 8080:3000 --egress api.example.com:443 --env LEVEL=debug -- --verbose",
            "qos dev run --image registry.example/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 --path /app --port 3000 --machine")
    {
        Take(_words, _image, _path, _secret, _ports, _egress, _env, _watch, _restart, _machine, _eif, _proofs, _explain);
        Validators.Add(Validate);
        _image.Validators.Add(static result => StandardOptions.Validate(result, static text => ParseImage(text)));
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
        DevImage? image = parsed.GetValue(_image) is { } reference ? new DevImage(ParseImage(reference), parsed.GetValue(_path)!, parsed.GetValue(_secret)) : null;
        var log = new DevLog(terminal);
        var plan = new DevPlan
        {
            App = image?.Path ?? words[0],
            Image = image,
            Args = image is null ? words[1..] : words,
            Env = new SortedDictionary<string, string>((parsed.GetValue(_env) ?? []).Select(ManifestRecipe.ParseVariable).ToDictionary(static v => v.Name, static v => v.Value), StringComparer.Ordinal),
            Ports = [.. (parsed.GetValue(_ports) ?? []).Select(DevPort.Parse)],
            Egress = [.. (parsed.GetValue(_egress) ?? []).Select(ParseEgress)],
            Proofs = parsed.GetValue(_proofs),
            Watches = parsed.GetValue(_watch),
            Restart = _restart.Of(parsed),
            Machine = parsed.GetValue(_machine) ? DevMachine.Find(parsed.GetValue(_eif), Environment.ProcessPath) : null,
        };
        if (parsed.GetValue(_explain))
        {
            using var folder = DevFolder.Make();
            bool isWrapped = EnclaveSurroundings.DescribeObstacle(folder.Path) is null;
            terminal.Output.Write(DevExplanation.Write(plan, DevPort.Free(), isWrapped));
            return;
        }

        await using var session = new DevSession(plan, log, terminal.Time);
        _status = await session.RunAsync(cancellationToken);
    }

    private void Validate(CommandResult result)
    {
        bool Has(Option option) => result.GetResult(option) is { Implicit: false };
        bool isImage = Has(_image);
        if (!isImage && (result.GetValue(_words) ?? []).Length == 0)
            result.AddError("Name the app's program, or --image and --path.");
        if (isImage != Has(_path) || (Has(_secret) && !isImage))
            result.AddError("--image and --path go together, and --pull-secret with them.");
        if (isImage && Has(_watch))
            result.AddError("--watch looks at a file of this machine; what --image names does not change.");
        if (Has(_eif) && !Has(_machine))
            result.AddError("--eif is the image of --machine, which is not given.");
    }

    private static ImageReference ParseImage(string text) => ImageReference.TryParse(text, out ImageReference? image)
        ? image
        : throw new FormatException($"'{VisibleText.Escape(text)}' is not an image: write registry.example/app@sha256:HEX, or registry.example/app:TAG");

    private static BridgeConfig.Client ParseEgress(string text)
    {
        int at = text.LastIndexOf(':');
        if (at <= 0 || !ushort.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
            throw new FormatException($"'{VisibleText.Escape(text)}' is not NAME:PORT, for example api.example.com:443");
        var client = new BridgeConfig.Client(port, text[..at]);
        return BridgeAddress.DescribeUnusable(client) is { } unusable ? throw new FormatException(unusable) : client;
    }
}
