using System.CommandLine;
using System.Text;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary><c>qos_client host-health</c></summary>
internal sealed class HostHealthCommand : ClientCommand
{
    private readonly NodeOptions _node = new();

    public HostHealthCommand()
        : base("host-health", "Ask the host whether it is well.") =>
        Take(_node.All);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        using NodeClient node = _node.Open(parsed);
        screen.Output.WriteLine(await node.HostHealthAsync(cancellationToken));
    }
}

/// <summary><c>qos_client enclave-status</c></summary>
internal sealed class EnclaveStatusCommand : ClientCommand
{
    private readonly NodeOptions _node = new();

    public EnclaveStatusCommand()
        : base("enclave-status", "Ask the enclave for its phase.") =>
        Take(_node.All);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        using NodeClient node = _node.Open(parsed);
        ProtocolMessage.StatusResponse status = await node.AskAsync<ProtocolMessage.StatusResponse>(new ProtocolMessage.StatusRequest(), cancellationToken);
        screen.Output.WriteLine($"Enclave phase: {status.Phase}");
    }
}

/// <summary><c>qos_client enclave-version</c></summary>
internal sealed class EnclaveVersionCommand : ClientCommand
{
    private readonly NodeOptions _node = new();

    public EnclaveVersionCommand()
        : base("enclave-version", "Ask the enclave which software it says it runs.") =>
        Take(_node.All);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        using NodeClient node = _node.Open(parsed);
        (string version, string commit) = await node.VersionAsync(cancellationToken);
        screen.Output.WriteLine($"QOS version: {VisibleText.Escape(version)}");
        screen.Output.WriteLine($"Git commit:  {VisibleText.Escape(commit)}");
    }
}

/// <summary><c>qos_client boot-standard</c></summary>
internal sealed class BootStandardCommand : ClientCommand
{
    private readonly NodeOptions _node = new();
    private readonly Option<string> _pivot = Standard.Required("pivot-path", "The binary.");
    private readonly Option<string> _envelope = Standard.Required("manifest-envelope-path", "The manifest envelope.");
    private readonly Option<string> _pcr3 = Standard.Required("pcr3-preimage-path", "File with the ARN of the parent instance's role.");
    private readonly TrustOptions _trust = new();

    public BootStandardCommand()
        : base("boot-standard", "Send a node its approved manifest and the binary, and verify its document.") =>
        Take([.. _node.All, _pivot, _envelope, _pcr3, .. _trust.All]);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        ManifestEnvelope envelope = InputFile.ManifestEnvelope(parsed.GetValue(_envelope)!);
        AttestationPolicy policy = _trust.Policy(parsed, () => Role.Pcr3(parsed.GetValue(_pcr3)!), screen);
        using NodeClient node = _node.Open(parsed);
        ReadOnlyMemory<byte> document = await node.BootAsync(envelope, parsed.GetValue(_pivot)!, cancellationToken: cancellationToken);
        policy.VerifySetup(document, envelope.Manifest);
    }
}

/// <summary><c>qos_client boot-key-fwd</c></summary>
internal sealed class BootKeyFwdCommand : ClientCommand
{
    private readonly NodeOptions _node = new();
    private readonly Option<string> _envelope = Standard.Required("manifest-envelope-path", "The manifest envelope.");
    private readonly Option<string> _pivot = Standard.Required("pivot-path", "The binary.");
    private readonly Option<string> _document = Standard.Required("attestation-doc-path", "The node's attestation document, which is written.");

    public BootKeyFwdCommand()
        : base("boot-key-fwd", "Boot a node that then waits for another node's quorum key.") =>
        Take([.. _node.All, _envelope, _pivot, _document]);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        ManifestEnvelope envelope = InputFile.ManifestEnvelope(parsed.GetValue(_envelope)!);
        using NodeClient node = _node.Open(parsed);
        ReadOnlyMemory<byte> document = await node.BootAsync(envelope, parsed.GetValue(_pivot)!, keyForward: true, cancellationToken: cancellationToken);
        OutputFile.Write(parsed.GetValue(_document)!, document.Span, overwrite: true);
        screen.Wrote("COSE Sign1 Attestation Doc", parsed.GetValue(_document)!);
    }
}

/// <summary><c>qos_client dangerous-dev-boot</c></summary>
internal sealed class DangerousDevBootCommand : ClientCommand
{
    private readonly NodeOptions _node = new();
    private readonly Option<string> _binary = Standard.Required("pivot-path", "The binary.");
    private readonly PivotOptions _pivot = new();
    private readonly Option<string?> _override = Standard.Optional("unsafe-eph-path-override", "A secret file whose key takes the place of the document's.");

    public DangerousDevBootCommand()
        : base("dangerous-dev-boot", "NEVER IN PRODUCTION: boot a binary with a quorum key made here.") =>
        Take([.. _node.All, _binary, .. _pivot.All, _pivot.Bridges, _override]);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        // The file is the node's own, which writes it when it boots.
        Func<PublicKey>? setupKey = parsed.GetValue(_override) is { } path ? () => KeySource.ReadPublicOf(path) : null;
        using NodeClient node = _node.Open(parsed);
        await DevelopmentBoot.RunAsync(
            node, parsed.GetValue(_binary)!, _pivot.Read(parsed), setupKey, SystemRandomSource.Instance, cancellationToken);
        screen.Output.WriteLine("Enclave is provisioned!");
    }
}

/// <summary><c>qos_client get-attestation-doc</c></summary>
internal sealed class GetAttestationDocCommand : ClientCommand
{
    private readonly NodeOptions _node = new();
    private readonly Option<string> _document = Standard.Required("attestation-doc-path", "The document.");
    private readonly Option<string> _envelope = Standard.Required("manifest-envelope-path", "The manifest envelope.");

    public GetAttestationDocCommand()
        : base("get-attestation-doc", "Fetch a node's attestation document and its manifest envelope.") =>
        Take([.. _node.All, _document, _envelope]);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        using NodeClient node = _node.Open(parsed);
        (ReadOnlyMemory<byte> document, ManifestEnvelope? envelope) = await node.AttestationAsync(cancellationToken);
        if (envelope is null)
            throw new CeremonyException("The node has no manifest envelope; it likely waits for its boot.");
        OutputFile.Write(parsed.GetValue(_document)!, document.Span, overwrite: true);
        screen.Wrote("COSE Sign1 Attestation Doc", parsed.GetValue(_document)!);
        OutputFile.Write(parsed.GetValue(_envelope)!, ManifestEnvelopeFormat.WritePlain(envelope), overwrite: true);
        screen.Wrote("Manifest envelope", parsed.GetValue(_envelope)!);
    }
}

/// <summary><c>qos_client get-ephemeral-key-hex</c></summary>
internal sealed class GetEphemeralKeyHexCommand : ClientCommand
{
    private readonly Option<string> _document = Standard.Required("attestation-doc-path", "The document.");
    private readonly Option<string> _out = Standard.Required("ephemeral-key-path", "The public key file.");

    public GetEphemeralKeyHexCommand()
        : base("get-ephemeral-key-hex", "Take the key out of an attestation document, which is not verified.") =>
        Take(_document, _out);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        AttestationPolicy policy = AttestationPolicy.UnsafeSkip;
        PublicKey key = policy.Verify(InputFile.Bytes(parsed.GetValue(_document)!)).PublicKey is { } bytes
            ? PublicKey.Parse(bytes.Span)
            : throw new CeremonyException("The attestation document holds no key.");
        OutputFile.Write(parsed.GetValue(_out)!, Encoding.ASCII.GetBytes(key.ToHex()), overwrite: true);
        return Task.CompletedTask;
    }
}

/// <summary><c>qos_client export-key</c></summary>
internal sealed class ExportKeyCommand : ClientCommand
{
    private readonly NodeOptions _node = new();
    private readonly Option<string> _envelope = Standard.Required("manifest-envelope-path", "The other node's manifest envelope.");
    private readonly Option<string> _document = Standard.Required("attestation-doc-path", "The other node's attestation document.");
    private readonly Option<string> _out = Standard.Required("encrypted-quorum-key-path", "The encrypted quorum key.");

    public ExportKeyCommand()
        : base("export-key", "Ask a provisioned node for its quorum key, encrypted to another node.") =>
        Take([.. _node.All, _envelope, _document, _out]);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        ManifestEnvelope envelope = InputFile.ManifestEnvelope(parsed.GetValue(_envelope)!);
        byte[] document = InputFile.Bytes(parsed.GetValue(_document)!);
        using NodeClient node = _node.Open(parsed);
        ProtocolMessage.ExportKeyResponse key = await node.ExportKeyAsync(envelope, document, cancellationToken);
        OutputFile.Write(parsed.GetValue(_out)!, ForwardedKeyFile.Format(key), overwrite: true);
        screen.Wrote("Encrypted Quorum Key", parsed.GetValue(_out)!);
    }
}

/// <summary><c>qos_client inject-key</c></summary>
internal sealed class InjectKeyCommand : ClientCommand
{
    private readonly NodeOptions _node = new();
    private readonly Option<string> _key = Standard.Required("encrypted-quorum-key-path", "The encrypted quorum key.");

    public InjectKeyCommand()
        : base("inject-key", "Give a node the quorum key that was exported for it.") =>
        Take([.. _node.All, _key]);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        using NodeClient node = _node.Open(parsed);
        await node.InjectKeyAsync(ForwardedKeyFile.Read(parsed.GetValue(_key)!), cancellationToken);
        screen.Output.WriteLine("Successful key injection!");
    }
}
