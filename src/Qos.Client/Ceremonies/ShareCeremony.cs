using Qos.Keys;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>
/// Hands a member's share to one enclave alone: everything about the enclave and its manifest is checked first, then the share is
/// decrypted and encrypted to the enclave's setup key. Format: docs/protocol/host.md, Client files; messages.md, Provisioning.
/// </summary>
public static class ShareCeremony
{
    /// <summary>Checks what a member must know before the share may leave.</summary>
    /// <param name="document">The node's attestation document.</param>
    /// <param name="envelope">The manifest and its approvals, from the member's own source.</param>
    /// <param name="policy">What the member believes.</param>
    /// <param name="pins">What the member holds, which the manifest is compared with first.</param>
    /// <param name="alias">The member's alias in the share set.</param>
    /// <param name="key">The member's key.</param>
    /// <returns>The enclave's setup key.</returns>
    /// <exception cref="CeremonyException">A check failed.</exception>
    public static PublicKey Check(
        ReadOnlyMemory<byte> document, ManifestEnvelope envelope, AttestationPolicy policy, ManifestPins pins, string alias, PublicKey key)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(pins);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(key);
        pins.Require(envelope.Manifest);
        try
        {
            ApprovalChecks.CheckManifestApprovals(envelope);
        }
        catch (ProtocolException e)
        {
            throw new CeremonyException($"The manifest envelope is refused: {e.Message}{ManifestApproval.DescribeMissing(envelope, e)}", e);
        }

        if (!envelope.Manifest.ShareSet.Members.Any(member => member.Alias == alias && member.PubKey.Span.SequenceEqual(key.Bytes)))
            throw new CeremonyException($"{VisibleText.Escape(alias)} with this key is not a member of the manifest's share set.");
        return policy.VerifySetup(document, envelope.Manifest).PublicKey is { } setupKey
            ? PublicKey.Parse(setupKey.Span)
            : throw new CeremonyException("The attestation document holds no setup key.");
    }

    /// <summary>Encrypts a share to the enclave and approves the manifest with it; call <see cref="Check"/> first.</summary>
    /// <param name="encryptedShare">The share as the member keeps it.</param>
    /// <param name="setupKey">What <see cref="Check"/> gave.</param>
    /// <param name="manifest">The manifest that was checked.</param>
    /// <param name="alias">The member's alias.</param>
    /// <param name="key">The member's key.</param>
    /// <param name="random">For the envelope.</param>
    /// <exception cref="CeremonyException">The share is not encrypted to this key.</exception>
    public static (byte[] Share, Approval Approval) Reencrypt(
        ReadOnlySpan<byte> encryptedShare, PublicKey setupKey, Manifest manifest, string alias, IKeyPair key, IRandomSource random)
    {
        byte[] reencrypted = Reencrypt(encryptedShare, setupKey, key, random);
        return (reencrypted, ManifestApproval.Sign(manifest, alias, key));
    }

    /// <summary>A member's share, encrypted to an enclave.</summary>
    /// <exception cref="CeremonyException">The share is not encrypted to this key.</exception>
    internal static byte[] Reencrypt(ReadOnlySpan<byte> encryptedShare, PublicKey setupKey, IKeyPair key, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(setupKey);
        ArgumentNullException.ThrowIfNull(key);
        try
        {
            using SecretMemory share = key.Decrypt(encryptedShare);
            return setupKey.Encrypt(share.Span, random);
        }
        catch (KeyException e)
        {
            throw new CeremonyException("The share does not decrypt with this key; it is another member's, or damaged.", e);
        }
    }
}
