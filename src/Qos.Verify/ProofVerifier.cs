using System.Security.Cryptography;
using System.Text;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Verify;

/// <summary>
/// Verifies attestation documents, boot proofs and app proofs and says of every check what it compared. Safe for several threads.
/// Specification: proofs, Verification.
/// </summary>
public sealed class ProofVerifier
{
    private readonly VerificationOptions _options;
    private readonly AttestationVerifier _verifier;
    private readonly string _rootSha256;
    private readonly bool _isAws;

    /// <summary>Creates a verifier.</summary>
    /// <exception cref="AttestationException">The trust anchor is not an authority of the accepted profile.</exception>
    public ProofVerifier(VerificationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _verifier = new AttestationVerifier(options.TrustAnchor.Span, options.Cache);
        _rootSha256 = Convert.ToHexStringLower(SHA256.HashData(options.TrustAnchor.Span));
        _isAws = options.TrustAnchor.Span.SequenceEqual(AwsRoot.Der);
    }

    /// <summary>Verifies a document by itself: form, chain, time, signature, and the trusted measurements where some were given.</summary>
    public VerificationResult VerifyAttestation(ReadOnlySpan<byte> coseSign1)
    {
        var checks = new CheckList();
        AttestationDocument? document = Document(checks, coseSign1);
        if (_options.Nonce is not null)
            ManifestChecks.Nonce(checks, document, _options);
        DocumentChecks.TrustedPcrs(checks, document, _options);
        return Result(checks, document);
    }

    /// <summary>Verifies a node's setup document, with which members post their shares, against the manifest that they approved.</summary>
    /// <param name="coseSign1">The document.</param>
    /// <param name="manifest">The manifest's bytes as they are hashed.</param>
    public VerificationResult VerifySetup(ReadOnlySpan<byte> coseSign1, ReadOnlyMemory<byte> manifest)
    {
        var checks = new CheckList();
        AttestationDocument? document = Document(checks, coseSign1);
        Bind(checks, document, manifest, isLive: false);
        return Result(checks, document);
    }

    /// <summary>
    /// Verifies a node's document against a manifest, whether it is the setup document or the live one: the commitment that holds decides,
    /// and the name of that check says which it was.
    /// </summary>
    /// <param name="coseSign1">The document.</param>
    /// <param name="manifest">The manifest's bytes as they are hashed.</param>
    public VerificationResult VerifyNode(ReadOnlySpan<byte> coseSign1, ReadOnlyMemory<byte> manifest)
    {
        var checks = new CheckList();
        AttestationDocument? document = Document(checks, coseSign1);
        Bind(checks, document, manifest, isLive: document is not null && CommitsToLiveKey(document));
        return Result(checks, document);
    }

    /// <summary>Verifies a genesis document: its user data is the hash of the output, and it carries neither a key nor a nonce.</summary>
    /// <param name="coseSign1">The document.</param>
    /// <param name="outputHash">SHA-256 over the Borsh of the genesis output.</param>
    public VerificationResult VerifyGenesis(ReadOnlySpan<byte> coseSign1, ReadOnlyMemory<byte> outputHash)
    {
        var checks = new CheckList();
        AttestationDocument? document = Document(checks, coseSign1);
        ManifestChecks.Nonce(checks, document, _options);
        if (document is null)
            checks.NotRun(CheckNames.DocumentUserData, CheckNames.DocumentNoKey);
        else
        {
            checks.Equal(CheckNames.DocumentUserData, outputHash, document.UserData, "the document was made for another genesis output");
            if (document.PublicKey is { } key)
                checks.Add(new(CheckNames.DocumentNoKey, CheckOutcome.Failed, "absent", CheckList.Shown(key)));
            else
                checks.Pass(CheckNames.DocumentNoKey);
        }

        DocumentChecks.TrustedPcrs(checks, document, _options);
        return Result(checks, document);
    }

    /// <summary>Verifies a boot proof.</summary>
    public VerificationResult VerifyBootProof(BootProof proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var checks = new CheckList();
        AttestationDocument? document = Boot(checks, proof);
        return Result(checks, document);
    }

    /// <summary>Verifies an app proof with the boot proof of the enclave that made it.</summary>
    public VerificationResult VerifyAppProof(AppProof app, BootProof boot)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(boot);
        var checks = new CheckList();
        PublicKey? appKey = App(checks, app);
        AttestationDocument? document = Boot(checks, boot);
        CompareKeys(checks, CheckNames.KeysApp, document, appKey?.Memory ?? Decoded(app.PublicKeyHex));
        return Result(checks, document);
    }

    /// <summary>Verifies an app proof's own signature. That says nothing about where its key lives: see <see cref="VerifyAppProof"/>.</summary>
    public VerificationResult VerifyAppSignature(AppProof app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var checks = new CheckList();
        App(checks, app);
        return Result(checks, null);
    }

    /// <summary>Verifies whatever a published file holds.</summary>
    public VerificationResult Verify(PublishedProof proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        return proof switch
        {
            { App: { } app, Boot: { } boot } => VerifyAppProof(app, boot),
            { Boot: { } boot } => VerifyBootProof(boot),
            { App: { } app } => VerifyAppSignature(app),
            _ => throw new ArgumentException("The published proof is empty.", nameof(proof)),
        };
    }

    private AttestationDocument? Document(CheckList checks, ReadOnlySpan<byte> coseSign1) =>
        DocumentChecks.Run(checks, coseSign1, _options, _verifier, _rootSha256, _isAws);

    private AttestationDocument? Boot(CheckList checks, BootProof proof)
    {
        AttestationDocument? document = Document(checks, proof.AttestationDocument.Span);
        Bind(checks, document, proof.Manifest, isLive: true);
        ManifestChecks.Envelope(checks, proof.ManifestEnvelope, proof.Manifest);
        CompareKeys(checks, CheckNames.KeysBoot, document, Decoded(proof.EphemeralPublicKeyHex));
        return document;
    }

    /// <summary>Step 4 of a document's verification: against a manifest.</summary>
    private void Bind(CheckList checks, AttestationDocument? document, ReadOnlyMemory<byte> manifestBytes, bool isLive)
    {
        bool isOlder = isLive && _options.AllowUncommitted && document?.Pcrs.ContainsKey(ManifestCommitment.LivePcrIndex) == false;
        Manifest? manifest = ManifestChecks.Read(checks, manifestBytes, document);
        ManifestChecks.Nonce(checks, document, _options);
        ManifestChecks.Pcrs(checks, document, manifest);
        ManifestChecks.AllPcrs(checks, document, isOlder);
        if (document is null)
            checks.NotRun(CheckNames.DocumentKey);
        else
            DocumentChecks.Key(checks, CheckNames.DocumentKey, document.PublicKey is { } key ? key.Span : default);

        string commitment = isLive ? CheckNames.LiveCommitment : CheckNames.SetupCommitment;
        ManifestChecks.Commitment(checks, commitment, document, isLive, isOlder);
        DocumentChecks.TrustedPcrs(checks, document, _options);
        ManifestChecks.TrustedPivot(checks, manifest, _options);
    }

    private static bool CommitsToLiveKey(AttestationDocument document) =>
        document.PublicKey is { } key
        && document.UserData is { } hash
        && document.Pcrs.TryGetValue(ManifestCommitment.LivePcrIndex, out ReadOnlyMemory<byte> pcr)
        && pcr.Span.SequenceEqual(ManifestCommitment.Live(key.Span, hash.Span).Pcr);

    private static PublicKey? App(CheckList checks, AppProof proof)
    {
        bool scheme = proof.Scheme == AppProof.EphemeralKeyScheme;
        checks.Add(new(
            CheckNames.AppScheme, scheme ? CheckOutcome.Passed : CheckOutcome.Failed, AppProof.EphemeralKeyScheme, VisibleText.Escape(proof.Scheme)));

        PublicKey? key = DocumentChecks.Key(checks, CheckNames.AppKey, Decoded(proof.PublicKeyHex) is { } bytes ? bytes.Span : default);
        if (key is null)
            checks.NotRun(CheckNames.AppSignature);
        else if (Decoded(proof.SignatureHex) is { } signature && key.Verify(Encoding.UTF8.GetBytes(proof.Payload), signature.Span))
            checks.Pass(CheckNames.AppSignature);
        else
            checks.Fail(CheckNames.AppSignature, "the payload is not signed by the app proof's key");
        return key;
    }

    private static void CompareKeys(CheckList checks, string name, AttestationDocument? document, ReadOnlyMemory<byte>? key)
    {
        if (document is null)
            checks.NotRun(name);
        else
            checks.Equal(name, document.PublicKey, key, "the proof's key is not the document's");
    }

    /// <summary>The bytes of a text of hex digits; null for any other text.</summary>
    private static ReadOnlyMemory<byte>? Decoded(string hex)
    {
        try
        {
            return Convert.FromHexString(hex);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private VerificationResult Result(CheckList checks, AttestationDocument? document) =>
        new(checks.Checks, _rootSha256, _isAws, _options.Time, document is null ? null : _options.Time.Resolve(document, _options.TimeProvider));
}
