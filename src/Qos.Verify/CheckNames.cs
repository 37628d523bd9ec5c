namespace Qos.Verify;

/// <summary>The names of all checks; docs/verify.md has the table.</summary>
public static class CheckNames
{
    /// <summary>The app proof's scheme is the one of the ephemeral P-256 key.</summary>
    public const string AppScheme = "app.scheme";

    /// <summary>The app proof's key is 130 bytes of two points on the curve.</summary>
    public const string AppKey = "app.key";

    /// <summary>The app proof's payload is signed by its key.</summary>
    public const string AppSignature = "app.signature";

    /// <summary>The document is a COSE_Sign1 within the limits.</summary>
    public const string DocumentFormat = "document.format";

    /// <summary>Which trust anchor the document is held against.</summary>
    public const string DocumentRoot = "document.root";

    /// <summary>The document's certificates are of the accepted profile.</summary>
    public const string DocumentCertificates = "document.certificates";

    /// <summary>Names, authorities and path lengths lead from the trust anchor to the document's certificate.</summary>
    public const string DocumentChain = "document.chain";

    /// <summary>Every certificate is valid at the chosen time.</summary>
    public const string DocumentValidity = "document.validity";

    /// <summary>Every certificate is signed by the one above it.</summary>
    public const string DocumentChainSignatures = "document.chain-signatures";

    /// <summary>The document is signed by its certificate's key.</summary>
    public const string DocumentSignature = "document.signature";

    /// <summary>The document is not of the future.</summary>
    public const string DocumentTime = "document.time";

    /// <summary>Members of the document that this verifier does not know; only there when it has some.</summary>
    public const string DocumentMembers = "document.members";

    /// <summary>The enclave does not run in debug mode: PCR0 to PCR2 are not all zero.</summary>
    public const string DocumentDebug = "document.debug-mode";

    /// <summary>The document's nonce is absent, or the one that was asked for.</summary>
    public const string DocumentNonce = "document.nonce";

    /// <summary>A genesis document's user data is the hash of the genesis output.</summary>
    public const string DocumentUserData = "document.user-data";

    /// <summary>A genesis document carries no public key.</summary>
    public const string DocumentNoKey = "document.no-key";

    /// <summary>PCRs 0 to 31 are all present.</summary>
    public const string DocumentPcrs = "document.pcrs";

    /// <summary>The document's public key is 130 bytes of two points on the curve.</summary>
    public const string DocumentKey = "document.key";

    /// <summary>The manifest can be read.</summary>
    public const string ManifestFormat = "manifest.format";

    /// <summary>SHA-256 of the manifest's bytes is the document's user data.</summary>
    public const string ManifestHash = "manifest.hash";

    /// <summary>The manifest's bytes are the ones that its hash is taken over, not another encoding of it.</summary>
    public const string ManifestEncoding = "manifest.encoding";

    /// <summary>The manifest is not in debug mode.</summary>
    public const string ManifestDebug = "manifest.debug-mode";

    /// <summary>The envelope can be read.</summary>
    public const string EnvelopeFormat = "envelope.format";

    /// <summary>The envelope's manifest is the manifest.</summary>
    public const string EnvelopeManifest = "envelope.manifest";

    /// <summary>Approvals by distinct members of the manifest set reach its threshold.</summary>
    public const string EnvelopeApprovals = "envelope.approvals";

    /// <summary>The boot proof's key is the document's.</summary>
    public const string KeysBoot = "keys.boot-proof";

    /// <summary>The app proof's key is the document's.</summary>
    public const string KeysApp = "keys.app-proof";

    /// <summary>PCR16 commits to the setup key and the manifest.</summary>
    public const string SetupCommitment = "commitment.setup";

    /// <summary>PCR17 commits to the live key and the manifest.</summary>
    public const string LiveCommitment = "commitment.live";

    /// <summary>That the identity was given up, or that nothing is there to compare it with.</summary>
    public const string Identity = "identity";

    /// <summary>The quorum key is one that the verifier holds.</summary>
    public const string IdentityQuorumKey = "identity.quorum-key";

    /// <summary>The manifest set is one that the verifier holds.</summary>
    public const string IdentityManifestSet = "identity.manifest-set";

    /// <summary>The manifest is one that the verifier holds.</summary>
    public const string IdentityManifestHash = "identity.manifest-hash";

    /// <summary>The ephemeral key is one that the verifier holds.</summary>
    public const string IdentityEphemeralKey = "identity.ephemeral-key";

    /// <summary>The namespace is the one that was asked for.</summary>
    public const string RequiredNamespace = "required.namespace";

    /// <summary>The manifest's nonce is not below the one that was asked for.</summary>
    public const string RequiredNonce = "required.nonce";

    /// <summary>The pivot's arguments are those that were asked for.</summary>
    public const string RequiredArguments = "required.arguments";

    /// <summary>The pivot's environment is the one that was asked for.</summary>
    public const string RequiredEnvironment = "required.environment";

    /// <summary>The pivot's bridges are those that were asked for.</summary>
    public const string RequiredBridges = "required.bridges";

    /// <summary>The share set is the one that was asked for.</summary>
    public const string RequiredShareSet = "required.share-set";

    /// <summary>PCR0 to PCR3 are those of a set that the verifier trusts.</summary>
    public const string TrustedPcrs = "trusted.pcrs";

    /// <summary>The pivot is a binary that the verifier trusts.</summary>
    public const string TrustedPivot = "trusted.pivot";

    /// <summary>PCR0 to PCR3, each against the manifest.</summary>
    public static string ManifestPcr(int index) => $"manifest.pcr{index}";
}
