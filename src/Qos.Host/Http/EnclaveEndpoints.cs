using Qos.Nsm;
using Qos.Protocol;
using Qos.Serialization;
using Qos.Verify;

namespace Qos.Host;

/// <summary>What the host tells of its enclave: its state, its boot proof. Format: docs/protocol/host.md, HTTP API; proofs.md, Boot proof.</summary>
internal static class EnclaveEndpoints
{
    private const string Json = "application/json";

    /// <summary>Maps the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, string basePath)
    {
        routes.MapGet(basePath + "/enclave-info", InfoAsync);
        routes.MapGet(basePath + "/boot-proof", BootProofAsync);
    }

    private static Task InfoAsync(HttpContext context) => AnswerAsync(context, async (gateway, cancellationToken) =>
    {
        ProtocolPhase phase = await gateway.PhaseAsync(cancellationToken).ConfigureAwait(false);
        ManifestEnvelope? envelope = await gateway.ManifestEnvelopeAsync(cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte>? key = envelope is null ? null : await EphemeralKeyAsync(gateway, cancellationToken).ConfigureAwait(false);

        var json = new QosJsonWriter(JsonForm.Plain);
        json.BeginObject();
        json.WritePropertyName("phase"u8);
        json.WriteString(phase.ToString());
        json.WritePropertyName("manifestEnvelope"u8);
        if (envelope is not null)
            json.WriteRaw(ManifestEnvelopeFormat.WritePlain(envelope));
        else
            json.WriteRaw("null"u8);

        // As the reference writes them: old scripts compare the text.
        json.WritePropertyName("ephemeralKey"u8);
        if (key is { } present)
            json.WriteHex(present.Span);
        else
            json.WriteRaw("null"u8);
        json.EndObject();
        return (StatusCodes.Status200OK, json.ToArray());
    });

    private static Task BootProofAsync(HttpContext context) => AnswerAsync(context, async (gateway, cancellationToken) =>
    {
        if (await gateway.PhaseAsync(cancellationToken).ConfigureAwait(false) != ProtocolPhase.QuorumKeyProvisioned)
            return (StatusCodes.Status503ServiceUnavailable, Error("there is no boot proof until the enclave is provisioned"));

        ProtocolMessage.LiveAttestationDocResponse live = await gateway.AttestationAsync(cancellationToken).ConfigureAwait(false);
        if (live is not { NsmResponse: NsmResponse.Attestation attestation, ManifestEnvelope: { } envelope })
            return (StatusCodes.Status500InternalServerError, Error("the enclave gave no attestation document"));

        bool canonical = envelope.Manifest.Version == ManifestVersion.V2;
        var proof = new BootProof
        {
            EphemeralPublicKeyHex = Hex.Encode(AttestationDocument.Parse(attestation.Document.Span).PublicKey.GetValueOrDefault().Span),
            AttestationDocument = attestation.Document,
            Manifest = envelope.Manifest.HashedBytes(),
            ManifestEnvelope = canonical ? ManifestEnvelopeFormat.Write(envelope) : ManifestEnvelopeFormat.WriteBorsh(envelope),
            EnclaveApp = envelope.Manifest.Namespace.Name,
            CreatedAtSeconds = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow().ToUnixTimeSeconds(),
        };
        return (StatusCodes.Status200OK, proof.ToJson());
    });

    private static async Task<ReadOnlyMemory<byte>?> EphemeralKeyAsync(EnclaveGateway gateway, CancellationToken cancellationToken)
    {
        try
        {
            ProtocolMessage.LiveAttestationDocResponse live = await gateway.AttestationAsync(cancellationToken).ConfigureAwait(false);
            return live.NsmResponse is NsmResponse.Attestation attestation
                ? AttestationDocument.Parse(attestation.Document.Span).PublicKey
                : null;
        }
        catch (Exception e) when (e is ProtocolException or AttestationException)
        {
            // The key is an extra here: a node in a phase without attestation still has a phase and a manifest to show.
            return null;
        }
    }

    private static async Task AnswerAsync(
        HttpContext context, Func<EnclaveGateway, CancellationToken, Task<(int Status, byte[] Body)>> answer)
    {
        int status;
        byte[] body;
        try
        {
            (status, body) = await answer(context.RequestServices.GetRequiredService<EnclaveGateway>(), context.RequestAborted)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (EnclaveGateway.IsFailure(e) || e is AttestationException)
        {
            context.RequestServices.GetRequiredService<HostMetrics>().EnclaveFailed();
            (status, body) = (StatusCodes.Status500InternalServerError, Error(e.Message));
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = Json;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    private static byte[] Error(string what)
    {
        var json = new QosJsonWriter(JsonForm.Plain);
        json.BeginObject();
        json.WritePropertyName("error"u8);
        json.WriteString(what);
        json.EndObject();
        return json.ToArray();
    }
}
