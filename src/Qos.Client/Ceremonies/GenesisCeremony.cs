using System.Security.Cryptography;
using System.Text;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>Makes a quorum key in an enclave and hands out its shares. Specification: protocol, Genesis; host, Client files.</summary>
public static class GenesisCeremony
{
    /// <summary>The file of the output in Borsh.</summary>
    public const string OutputFileName = "genesis_output";

    /// <summary>The file of the attestation document.</summary>
    public const string DocumentFileName = "genesis_attestation_doc";

    /// <summary>The file of the quorum public key in hex.</summary>
    public const string QuorumKeyFileName = "quorum_key.pub";

    /// <summary>The file of the seed under the disaster-recovery key.</summary>
    public const string WrappedKeyFileName = "dr_wrapped_quorum_key";

    /// <summary>The file of <see cref="RecoveryArtifacts"/>.</summary>
    public const string RecoveryFileName = "genesis_dr_artifacts";

    /// <summary>Asks a node for a genesis and verifies what comes back.</summary>
    /// <exception cref="CeremonyException">The answer is not for what was asked, or its document is refused.</exception>
    /// <exception cref="ProtocolException">The node refused.</exception>
    public static async Task<(GenesisOutput Output, ReadOnlyMemory<byte> Document)> RunAsync(
        NodeClient node, MemberSet set, PublicKey? recoveryKey, AttestationPolicy policy, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(set);
        ReadOnlyMemory<byte>? recovery = recoveryKey?.Memory;
        ProtocolMessage.BootGenesisResponse answer = await node.AskAsync<ProtocolMessage.BootGenesisResponse>(
            new ProtocolMessage.BootGenesisRequest(new GenesisSet(set.Members, set.Threshold), recovery), cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte> document = Attestation.Of(answer.NsmResponse);
        Verify(answer.GenesisOutput, document, policy);

        GenesisOutput output = answer.GenesisOutput;
        if (output.Set.Threshold != set.Threshold || !SameMembers(output.Set.Members, set.Members))
            throw new CeremonyException("The genesis was made for another set of members than the one that was asked for.");
        if (output.DrKey is { } used ? recovery is not { } asked || !used.Span.SequenceEqual(asked.Span) : recovery is not null)
            throw new CeremonyException("The genesis was made with another disaster-recovery key than the one that was asked for.");
        return (output, document);
    }

    /// <summary>
    /// Refuses a folder that holds a genesis, or a part of one, or that could not be written into. Call it before <see cref="RunAsync"/>: a node makes one genesis
    /// and keeps none, so an answer that cannot be written is lost.
    /// </summary>
    /// <exception cref="CeremonyException">A file is there already, or the folder cannot be written into.</exception>
    public static void RequireFree(string folder)
    {
        foreach (string name in (string[])[OutputFileName, DocumentFileName, WrappedKeyFileName, QuorumKeyFileName])
            OutputFile.RequireFree(Path.Combine(folder, name));

        // The folder itself is made when there is something to put into it.
        string existing = Path.GetFullPath(folder);
        while (!Path.Exists(existing))
            existing = Path.GetDirectoryName(existing) ?? "/";
        if (!Directory.Exists(existing))
            throw new CeremonyException($"{folder} cannot be a folder: a file of that name is in the way.");
        try
        {
            string probe = Path.Combine(existing, $".{Guid.NewGuid():N}");
            File.Create(probe).Dispose();
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CeremonyException($"{folder} cannot be written into: {e.Message}", e);
        }
    }

    /// <summary>Writes the output's files into a folder; call <see cref="RequireFree"/> before the genesis.</summary>
    public static void Write(string folder, GenesisOutput output, ReadOnlyMemory<byte> document)
    {
        ArgumentNullException.ThrowIfNull(output);
        OutputFile.Write(Path.Combine(folder, OutputFileName), GenesisOutputFormat.Write(output));
        OutputFile.Write(Path.Combine(folder, DocumentFileName), document.Span);
        if (output.DrKeyWrappedQuorumKey is { } wrapped)
            OutputFile.Write(Path.Combine(folder, WrappedKeyFileName), wrapped.Span);

        // Last: where this file is, the genesis is complete.
        OutputFile.Write(Path.Combine(folder, QuorumKeyFileName), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(output.QuorumKey.Span)));
    }

    /// <summary>
    /// What shows that a recovered seed is the right one, as text: a line each with a name and hex, no line break at the end. Other tools of
    /// the protocol keep it as <see cref="RecoveryFileName"/>.
    /// </summary>
    public static string RecoveryArtifacts(GenesisOutput output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return string.Join('\n', [
            $"quorum_key_hash {Convert.ToHexStringLower(output.QuorumKeyHash.Span)}",
            $"test_message_ciphertext {Convert.ToHexStringLower(output.TestMessageCiphertext.Span)}",
            $"test_message_signature {Convert.ToHexStringLower(output.TestMessageSignature.Span)}",
            $"test_message {Convert.ToHexStringLower(output.TestMessage.Span)}",
        ]);
    }

    /// <summary>Reads a genesis from its folder and verifies it.</summary>
    /// <exception cref="CeremonyException">A file is missing or something else, or the document is refused.</exception>
    public static GenesisOutput Read(string folder, AttestationPolicy policy)
    {
        GenesisOutput output = ReadOutput(folder);
        Verify(output, InputFile.Bytes(Path.Combine(folder, DocumentFileName)), policy);
        return output;
    }

    /// <summary>Reads a genesis's output alone, whose document nobody verified.</summary>
    /// <exception cref="CeremonyException">The file is missing or something else.</exception>
    public static GenesisOutput ReadOutput(string folder) => InputFile.Read(
        Path.Combine(folder, OutputFileName), static bytes => GenesisOutputFormat.Read(bytes), "a genesis output");

    /// <summary>
    /// A member takes the own share: it decrypts with the member's key and has the attested hash. What is kept is the share as it came,
    /// encrypted to the member.
    /// </summary>
    /// <exception cref="CeremonyException">There is no share for this member, or it is not what was attested.</exception>
    public static ReadOnlyMemory<byte> Accept(GenesisOutput output, string alias, IKeyPair key)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(key);
        PublicKey publicKey = key.PublicKey;
        GenesisMemberOutput mine = output.MemberOutputs.FirstOrDefault(o =>
                o.ShareSetMember.Alias == alias && o.ShareSetMember.PubKey.Span.SequenceEqual(publicKey.Bytes))
            ?? throw new CeremonyException($"The genesis made no share for {VisibleText.Escape(alias)} with this key.");
        try
        {
            using SecretMemory share = key.Decrypt(mine.EncryptedQuorumKeyShare.Span);
            Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];
            SHA512.HashData(share.Span, hash);
            if (!hash.SequenceEqual(mine.ShareHash.Span))
                throw new CeremonyException("The share decrypts, but it is not the one whose hash was attested.");
        }
        catch (KeyException e)
        {
            throw new CeremonyException("The share does not decrypt with this key.", e);
        }

        return mine.EncryptedQuorumKeyShare;
    }

    /// <summary>
    /// Verifies that a recovered seed is the one of a genesis: hash, public key, the deterministic signature and the ciphertext of the
    /// test message.
    /// </summary>
    /// <exception cref="CeremonyException">It is another seed.</exception>
    public static void VerifySeed(GenesisOutput output, KeySet seed)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(seed);
        if (!seed.PublicKey.Bytes.SequenceEqual(output.QuorumKey.Span))
            throw new CeremonyException("The seed's public key is not the quorum key of the genesis.");
        if (!HashOf(seed).AsSpan().SequenceEqual(output.QuorumKeyHash.Span))
            throw new CeremonyException("The seed's hash is not the one in the genesis output.");
        if (!seed.Sign(output.TestMessage.Span).AsSpan().SequenceEqual(output.TestMessageSignature.Span))
            throw new CeremonyException("The seed signs the test message differently than the genesis did.");
        try
        {
            using SecretMemory message = seed.Decrypt(output.TestMessageCiphertext.Span);
            if (!message.Span.SequenceEqual(output.TestMessage.Span))
                throw new CeremonyException("The test message of the genesis decrypts to something else.");
        }
        catch (KeyException e)
        {
            throw new CeremonyException("The test message of the genesis does not decrypt with this seed.", e);
        }
    }

    private static byte[] HashOf(KeySet seed)
    {
        using SecretMemory bytes = seed.ExportSeed();
        using SecretMemory hex = SecretMemory.Allocate(2 * bytes.Length);
        Serialization.Hex.EncodeSecret(bytes.Span, hex.Span);
        return SHA512.HashData(hex.Span);
    }

    private static void Verify(GenesisOutput output, ReadOnlyMemory<byte> document, AttestationPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        AttestationDocument verified = policy.Verify(document);
        if (!policy.UnsafeSkipAttestation)
            RequireAttested(output, verified);
        if (output.MemberOutputs.Count != output.Set.Members.Count
            || !SameMembers([.. output.MemberOutputs.Select(static o => o.ShareSetMember)], output.Set.Members))
        {
            throw new CeremonyException("The genesis output's shares are not for its members.");
        }
    }

    private static void RequireAttested(GenesisOutput output, AttestationDocument verified)
    {
        if (verified.UserData is not { } attested || !attested.Span.SequenceEqual(GenesisOutputFormat.Hash(output)))
            throw new CeremonyException("The attestation document is refused: its user data is not the hash of the genesis output.");
        if (verified.PublicKey is not null || verified.Nonce is not null)
            throw new CeremonyException("The attestation document is refused: a genesis document has neither a public key nor a nonce.");
    }

    private static bool SameMembers(IReadOnlyList<QuorumMember> left, IReadOnlyList<QuorumMember> right) =>
        left.Count == right.Count
        && left.Zip(right).All(static pair =>
            pair.First.Alias == pair.Second.Alias && pair.First.PubKey.Span.SequenceEqual(pair.Second.PubKey.Span));
}
