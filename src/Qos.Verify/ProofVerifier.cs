using System.Security.Cryptography;
using System.Text;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Verify;

/// <summary>
/// Verifies attestation documents, boot proofs and app proofs and says of every check what it compared. Safe for several threads.
/// What a result proves is in <see cref="VerificationResult.Proven"/>.
/// </summary>
public sealed class ProofVerifier
{
    private readonly VerificationPolicy _policy;
    private readonly AttestationExaminer _verifier;
    private readonly string _rootSha256;
    private readonly bool _isAws;

    /// <summary>Creates a verifier.</summary>
    /// <param name="policy">What is held and demanded.</param>
    /// <exception cref="AttestationException">The trust anchor is not an authority of the accepted profile.</exception>
    public ProofVerifier(VerificationPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(policy.Identity);
        ArgumentNullException.ThrowIfNull(policy.Measurements);
        _policy = policy;
        _verifier = new AttestationExaminer(policy.TrustAnchor.Span, policy.Cache);
        _rootSha256 = Convert.ToHexStringLower(SHA256.HashData(policy.TrustAnchor.Span));
        _isAws = policy.TrustAnchor.Span.SequenceEqual(AwsRoot.Der);
    }

    /// <summary>
    /// Verifies a document by itself: form, chain, time, signature, and the trusted measurements where some were given. It has no manifest, so
    /// the policy's identity is not compared.
    /// </summary>
    public VerificationResult VerifyAttestation(ReadOnlySpan<byte> coseSign1)
    {
        var checks = new CheckList();
        AttestationDocument? document = Document(checks, coseSign1, allowsUnknown: true);
        if (_policy.Nonce is not null)
            ManifestChecks.Nonce(checks, document, _policy);
        DocumentChecks.TrustedPcrs(checks, document, _policy.Measurements, isDemanded: false);
        if (document is not null && DocumentChecks.IsDebug(document))
            checks.Add(new(CheckNames.DocumentDebug, CheckOutcome.NotAsked, Detail: "PCR0 to PCR2 are zero: this enclave runs in debug mode and proves nothing about its code"));
        return Result(checks, document, new());
    }

    /// <summary>Verifies a node's setup document, with which members post their shares, against the manifest that they approved.</summary>
    /// <param name="coseSign1">The document.</param>
    /// <param name="manifest">The manifest's bytes as they are hashed, from the caller's own source.</param>
    public VerificationResult VerifySetup(ReadOnlySpan<byte> coseSign1, ReadOnlyMemory<byte> manifest)
    {
        var checks = new CheckList();
        AttestationDocument? document = Document(checks, coseSign1);
        Manifest? read = Bind(checks, document, manifest, isLive: false, isHeld: true);
        return Result(checks, document, new() { Manifest = read });
    }

    /// <summary>
    /// Verifies a node's document against a manifest, whether it is the setup document or the live one: the commitment that holds decides,
    /// and the name of that check says which it was.
    /// </summary>
    /// <param name="coseSign1">The document.</param>
    /// <param name="manifest">The manifest's bytes as they are hashed, from the caller's own source.</param>
    public VerificationResult VerifyNode(ReadOnlySpan<byte> coseSign1, ReadOnlyMemory<byte> manifest)
    {
        var checks = new CheckList();
        AttestationDocument? document = Document(checks, coseSign1);
        Manifest? read = Bind(checks, document, manifest, isLive: document is not null && CommitsToLiveKey(document), isHeld: true);
        return Result(checks, document, new() { Manifest = read });
    }

    /// <summary>
    /// Verifies a genesis document: its user data is the hash of the output, it carries neither a key nor a nonce, and neither PCR16 nor PCR17 is extended: an app in the
    /// same image can ask for any user data, but not undo its node's commitments.
    /// </summary>
    /// <param name="coseSign1">The document.</param>
    /// <param name="outputHash">SHA-256 over the Borsh of the genesis output.</param>
    public VerificationResult VerifyGenesis(ReadOnlySpan<byte> coseSign1, ReadOnlyMemory<byte> outputHash)
    {
        var checks = new CheckList();
        AttestationDocument? document = Document(checks, coseSign1);
        ManifestChecks.Nonce(checks, document, _policy);
        if (document is null)
            checks.NotRun(CheckNames.DocumentUserData, CheckNames.DocumentNoKey, CheckNames.DocumentPcrs);
        else
        {
            checks.Equal(CheckNames.DocumentUserData, outputHash, document.UserData, "the document was made for another genesis output");
            if (document.PublicKey is { } key)
                checks.Add(new(CheckNames.DocumentNoKey, CheckOutcome.Failed, "absent", CheckList.Shown(key)));
            else
                checks.Pass(CheckNames.DocumentNoKey);
            if (DocumentComparison.ExtendedCommitment(document) is { } extended)
                checks.Add(new(CheckNames.DocumentPcrs, CheckOutcome.Failed, "PCR16 and PCR17 not extended", extended.ToString(), "it was asked for by the app of a node that was booted, or is of a reshare: no genesis"));
            else
                checks.Pass(CheckNames.DocumentPcrs);
        }

        DocumentChecks.TrustedPcrs(checks, document, _policy.Measurements, isDemanded: true);
        return Result(checks, document, new());
    }

    /// <summary>Verifies a boot proof.</summary>
    public VerificationResult VerifyBootProof(BootProof proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var checks = new CheckList();
        AttestationDocument? document = Boot(checks, proof, out ProvenFacts facts);
        return Result(checks, document, facts);
    }

    /// <summary>Verifies an app proof with the boot proof of the enclave that made it.</summary>
    public VerificationResult VerifyAppProof(AppProof app, BootProof boot)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(boot);
        var checks = new CheckList();
        PublicKey? appKey = App(checks, app);
        AttestationDocument? document = Boot(checks, boot, out ProvenFacts facts);
        CompareKeys(checks, CheckNames.KeysApp, document, appKey?.Memory ?? Decoded(app.PublicKeyHex));
        return Result(checks, document, facts with { Payload = app.Payload });
    }

    /// <summary>
    /// Verifies an app proof's own signature. That says nothing about where its key lives (see <see cref="VerifyAppProof"/>), so the policy
    /// has to name the key itself, <see cref="DeploymentIdentity.FromEphemeralKey"/>, or to give the identity up.
    /// </summary>
    public VerificationResult VerifyAppSignature(AppProof app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var checks = new CheckList();
        PublicKey? key = App(checks, app);
        PolicyChecks.AppIdentity(checks, key?.Memory, _policy);
        return Result(checks, null, new() { EphemeralKey = key?.Memory, Payload = app.Payload });
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

    private AttestationDocument? Document(CheckList checks, ReadOnlySpan<byte> coseSign1, bool allowsUnknown = false) =>
        DocumentChecks.Run(checks, coseSign1, _policy, _verifier, _rootSha256, _isAws, allowsUnknown);

    private AttestationDocument? Boot(CheckList checks, BootProof proof, out ProvenFacts facts)
    {
        AttestationDocument? document = Document(checks, proof.AttestationDocument.Span);
        Manifest? manifest = Bind(checks, document, proof.Manifest, isLive: true, isHeld: false);
        IReadOnlyList<QuorumMember> approvers = ManifestChecks.Envelope(checks, proof.ManifestEnvelope, proof.Manifest);
        CompareKeys(checks, CheckNames.KeysBoot, document, Decoded(proof.EphemeralPublicKeyHex));
        facts = new ProvenFacts { Manifest = manifest, Approvers = approvers };
        return document;
    }

    /// <summary>A document against a manifest, and both against the policy.</summary>
    /// <param name="checks">Where the checks go.</param>
    /// <param name="document">The document, or null when it could not be read.</param>
    /// <param name="manifestBytes">The manifest's bytes as they are hashed.</param>
    /// <param name="isLive">Whether the key is the live one.</param>
    /// <param name="isHeld">Whether the caller brought the manifest, so that it is the identity.</param>
    private Manifest? Bind(CheckList checks, AttestationDocument? document, ReadOnlyMemory<byte> manifestBytes, bool isLive, bool isHeld)
    {
        bool isOlder = isLive && _policy.AllowUncommitted && document?.Pcrs.ContainsKey(ManifestCommitment.LivePcrIndex) == false;
        Manifest? manifest = ManifestChecks.Read(checks, manifestBytes, document);
        ManifestChecks.Nonce(checks, document, _policy);
        ManifestChecks.Pcrs(checks, document, manifest);
        ManifestChecks.AllPcrs(checks, document, isOlder);
        if (document is null)
            checks.NotRun(CheckNames.DocumentKey);
        else
            DocumentChecks.Key(checks, CheckNames.DocumentKey, document.PublicKey is { } key ? key.Span : default);

        string commitment = isLive ? CheckNames.LiveCommitment : CheckNames.SetupCommitment;
        ManifestChecks.Commitment(checks, commitment, document, isLive, isOlder);
        PolicyChecks.DebugMode(checks, document, manifest, _policy);
        PolicyChecks.Identity(checks, manifest, SHA256.HashData(manifestBytes.Span), document?.PublicKey, _policy, isHeld);
        DocumentChecks.TrustedPcrs(checks, document, _policy.Measurements, isDemanded: !isHeld);
        ManifestChecks.TrustedPivot(checks, manifest, _policy);
        PolicyChecks.Manifest(checks, manifest, _policy.Manifest);
        return manifest;
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

    private VerificationResult Result(CheckList checks, AttestationDocument? document, ProvenFacts facts) => new()
    {
        Checks = checks.Checks,
        RootSha256 = _rootSha256,
        IsAwsRoot = _isAws,
        TimeChoice = _policy.Time,
        Time = document is null ? null : _policy.Time.Resolve(document, _policy.TimeProvider),
        Proven = VerificationResult.AreValid(checks.Checks) ? facts with { Document = document, EphemeralKey = facts.EphemeralKey ?? document?.PublicKey } : null,
    };
}
