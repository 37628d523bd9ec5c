using System.Security.Cryptography;
using System.Text;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>Makes a quorum key in an enclave and hands out its shares. Format: docs/protocol/messages.md, Genesis; host.md, Client files.</summary>
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

    private const int MaxShares = 255;

    /// <summary>The file of <see cref="RecoveryArtifacts"/>.</summary>
    public const string RecoveryFileName = "genesis_dr_artifacts";

    /// <summary>
    /// Asks a node for a genesis, verifies what comes back and writes it into a folder. Everything that can be checked is checked, and the room
    /// for the answer is taken, before the node is asked. An answer that an earlier run kept and could not finish is taken up instead.
    /// </summary>
    /// <param name="node">A node that waits for its boot.</param>
    /// <param name="set">The members that get shares.</param>
    /// <param name="recoveryKey">The seed is also encrypted to it; null for none.</param>
    /// <param name="policy">What the operator believes.</param>
    /// <param name="folder">Where to; no file of a genesis may be in it.</param>
    /// <param name="cancellationToken">Gives up; not while the node's answer is being kept.</param>
    /// <returns>The genesis, and whether it is that of an earlier run.</returns>
    /// <exception cref="CeremonyException">The set makes no genesis, the node makes none now, or its answer is refused and is kept.</exception>
    /// <exception cref="ProtocolException">The node refused.</exception>
    public static async Task<(GenesisOutput Output, bool IsResumed)> RunAsync(
        NodeClient node, MemberSet set, PublicKey? recoveryKey, AttestationPolicy policy, string folder, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(policy);
        RequireGenesisSet(set);
        policy.RequireUsableRoot();
        if (!GenesisAnswerFile.IsIn(folder))
            RequireFree(folder);
        using GenesisAnswerFile file = GenesisAnswerFile.Open(folder);
        byte[]? kept = file.Read();
        ProtocolMessage.BootGenesisResponse answer;
        if (kept is not null)
        {
            answer = Understand(kept, folder);
        }
        else
        {
            try
            {
                RequireFree(folder);
                await RequireReadyAsync(node, policy, cancellationToken).ConfigureAwait(false);
                file.Reserve(set.Members.Count, set.Members.Sum(static member => Encoding.UTF8.GetByteCount(member.Alias)));
                answer = await node.AskAsync<ProtocolMessage.BootGenesisResponse>(
                    new ProtocolMessage.BootGenesisRequest(new GenesisSet(set.Members, set.Threshold), recoveryKey?.Memory), cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                file.GiveUp();
                throw;
            }

            file.Keep(MessageCodec.Encode(answer, WireEncoding.Json));
        }

        try
        {
            ReadOnlyMemory<byte> document = Attestation.From(answer.NsmResponse);
            Verify(answer.GenesisOutput, document, policy);
            RequireAsked(answer.GenesisOutput, set, recoveryKey?.Memory);
            Write(folder, answer.GenesisOutput, document);
        }
        catch (CeremonyException e)
        {
            throw new CeremonyException(
                $"{e.Message} The node makes one genesis and keeps nothing of it, so its answer is kept in {Path.Combine(folder, GenesisAnswerFile.FileName)}: "
                + "when an option was wrong, run the same command with the right one, and the node is not asked again.",
                e);
        }

        file.Delete();
        return (answer.GenesisOutput, kept is not null);
    }

    /// <summary>Refuses a set of which no node makes a genesis.</summary>
    /// <exception cref="CeremonyException">Its threshold or its members cannot be.</exception>
    public static void RequireGenesisSet(MemberSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (set.Members.Count > MaxShares)
            throw new CeremonyException($"The share set has {set.Members.Count} members, and a key is split into at most {MaxShares} shares.");
        if (set.Threshold < 2)
        {
            throw new CeremonyException(
                "The share set's threshold is 1, and a key is split so that at least 2 shares are needed. A person alone makes two keys, "
                + "'qos key new me-1' and 'qos key new me-2', and a set of both with the threshold 2.");
        }

        if (set.Threshold > set.Members.Count)
            throw new CeremonyException($"The share set's threshold is {set.Threshold}, and it has {set.Members.Count} members.");
        try
        {
            ApprovalChecks.CheckDistinctMembers(set.Members);
        }
        catch (ProtocolException e)
        {
            throw new CeremonyException($"The share set makes no genesis: {e.Message}. Each member is in it once, with a key of their own.", e);
        }
    }

    private static ProtocolMessage.BootGenesisResponse Understand(byte[] kept, string folder)
    {
        string path = Path.Combine(folder, GenesisAnswerFile.FileName);
        try
        {
            return MessageCodec.Decode(kept).Message as ProtocolMessage.BootGenesisResponse
                ?? throw new CeremonyException($"{path} is not the answer of a genesis; move it away.");
        }
        catch (Exception e) when (e is FormatException or ProtocolException)
        {
            throw new CeremonyException($"{path} is not the answer of a genesis ({e.Message}); move it away.", e);
        }
    }

    private static async Task RequireReadyAsync(NodeClient node, AttestationPolicy policy, CancellationToken cancellationToken)
    {
        NodeStatus status = await node.StatusAsync(cancellationToken).ConfigureAwait(false);
        if (status.Phase != ProtocolPhase.WaitingForBootInstruction)
        {
            throw new CeremonyException(
                $"The node at {node.Base} is in phase {status.Phase}, and only a node that waits for its boot instruction makes a genesis: start it anew. "
                + "A node makes one genesis and keeps nothing of it.");
        }

        if (await node.ModuleDocumentAsync(cancellationToken).ConfigureAwait(false) is not { } document)
            return;
        try
        {
            policy.Verify(document);
        }
        catch (CeremonyException e)
        {
            throw new CeremonyException($"{e.Message.TrimEnd('.')}. The node was not asked for a genesis: see whether root, time and measurements are the right ones.", e);
        }
    }

    private static void RequireAsked(GenesisOutput output, MemberSet set, ReadOnlyMemory<byte>? recovery)
    {
        if (output.Set.Threshold != set.Threshold || !SameMembers(output.Set.Members, set.Members))
            throw new CeremonyException("The genesis was made for another set of members than the one that was asked for.");
        if (output.DrKey is { } used ? recovery is not { } asked || !used.Span.SequenceEqual(asked.Span) : recovery is not null)
            throw new CeremonyException("The genesis was made with another disaster-recovery key than the one that was asked for.");
    }

    // Refuses a folder that holds a genesis, or a part of one.
    private static void RequireFree(string folder)
    {
        if (File.Exists(folder))
            throw new CeremonyException($"{folder} cannot be a folder: a file of that name is in the way.");
        foreach (string name in (string[])[OutputFileName, DocumentFileName, WrappedKeyFileName, QuorumKeyFileName])
            OutputFile.RequireFree(Path.Combine(folder, name));
    }

    private static void Write(string folder, GenesisOutput output, ReadOnlyMemory<byte> document)
    {
        WriteOnce(Path.Combine(folder, OutputFileName), GenesisOutputFormat.Write(output));
        WriteOnce(Path.Combine(folder, DocumentFileName), document.Span);
        if (output.DrKeyWrappedQuorumKey is { } wrapped)
            WriteOnce(Path.Combine(folder, WrappedKeyFileName), wrapped.Span);

        // Last: where this file is, the genesis is complete.
        WriteOnce(Path.Combine(folder, QuorumKeyFileName), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(output.QuorumKey.Span)));
    }

    // A run that was killed may have written it already.
    private static void WriteOnce(string path, ReadOnlySpan<byte> bytes)
    {
        if (!File.Exists(path) || !HistoryFiles.OnDisk.Bytes(path).AsSpan().SequenceEqual(bytes))
            OutputFile.Write(path, bytes);
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
        Verify(output, HistoryFiles.OnDisk.Bytes(Path.Combine(folder, DocumentFileName)), policy);
        return output;
    }

    /// <summary>Reads a genesis's output alone, whose document nobody verified.</summary>
    /// <exception cref="CeremonyException">The file is missing or something else.</exception>
    public static GenesisOutput ReadOutput(string folder) => ReadOutput(folder, HistoryFiles.OnDisk);

    internal static GenesisOutput ReadOutput(string folder, HistoryFiles files)
    {
        string path = Path.Combine(folder, OutputFileName);
        return InputFile.Understand(path, files.Bytes(path), static bytes => GenesisOutputFormat.Read(bytes), "a genesis output");
    }

    /// <summary>
    /// A member takes a share of its own: it decrypts with the member's key and has the attested hash. What is kept is the share as it came,
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
            ?? throw new CeremonyException($"No share was made for {VisibleText.Escape(alias)} with this key.");
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

    internal static void Verify(GenesisOutput output, ReadOnlyMemory<byte> document, AttestationPolicy policy)
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
        if (DocumentComparison.ExtendedCommitment(verified) is { } extended)
        {
            throw new CeremonyException(
                $"The attestation document is refused: it is not a genesis's: the app of a booted node asked for it, and may know the key ({extended}). Do not use it.");
        }
    }

    private static bool SameMembers(IReadOnlyList<QuorumMember> left, IReadOnlyList<QuorumMember> right) =>
        left.Count == right.Count
        && left.Zip(right).All(static pair =>
            pair.First.Alias == pair.Second.Alias && pair.First.PubKey.Span.SequenceEqual(pair.Second.PubKey.Span));
}
