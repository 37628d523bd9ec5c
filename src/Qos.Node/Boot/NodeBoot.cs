using System.Text;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Node;

/// <summary>
/// Standard boot, and key-forward boot, which takes the same steps. Format: docs/protocol/messages.md, Standard boot; manifest.md, Envelope.
/// </summary>
internal sealed class NodeBoot(NodeState state)
{
    /// <summary>Boots the node; its view then has the envelope and the setup key, its phase is the caller's to change.</summary>
    /// <param name="envelope">The approved manifest.</param>
    /// <param name="pivot">The binary, already safe on disk; the caller disposes of it.</param>
    /// <returns>The attestation of the setup key, or NSM's error: the boot itself is done by then, and a document can be had again.</returns>
    /// <exception cref="ProtocolException">Refused, nothing was changed.</exception>
    /// <exception cref="UnrecoverableException">Failed after the PCR bank was changed.</exception>
    internal NsmResponse Boot(ManifestEnvelope envelope, StagedPivot pivot)
    {
        Check(envelope, pivot);
        byte[] manifestHash = ManifestFormat.Hash(envelope.Manifest);

        KeySet? setup = null;
        KeySet? live = null;
        try
        {
            setup = KeySet.Generate(state.Random);
            live = KeySet.Generate(state.Random);

            // Everything that needs room on the disk is there before the first step that cannot be taken back.
            using IStagedFile keyFile = StageSetupKey(setup);
            using IStagedFile envelopeFile = state.Files.StageManifestEnvelope(ManifestEnvelopeFormat.Write(envelope));

            var commitments = new CommitmentPcrs(
                state.Nsm, ManifestCommitment.Setup(setup.PublicKey.Bytes, manifestHash), ManifestCommitment.Live(live.PublicKey.Bytes, manifestHash));
            commitments.CheckUntouched();
            commitments.ExtendAndLock();

            byte[] publicKey = setup.PublicKey.Bytes.ToArray();
            UnrecoverableException.Guard(() =>
            {
                keyFile.Publish();
                state.View = state.View with { EphemeralPublicKey = publicKey, ManifestHash = manifestHash };
                pivot.Publish();
                envelopeFile.Publish();
                state.View = state.View with { Envelope = envelope };
            });

            (state.SetupKey, state.LiveKey) = (setup, live);
            setup = live = null;
            return state.Nsm.TryAttest(manifestHash, publicKey);
        }
        finally
        {
            setup?.Dispose();
            live?.Dispose();
        }
    }

    private void Check(ManifestEnvelope envelope, StagedPivot pivot)
    {
        ApprovalChecks.CheckManifestApprovals(envelope);
        if (envelope.ShareSetApprovals.Count != 0)
            throw new ProtocolException(ProtocolErrorCode.BadShareSetApprovals);
        BootChecks.Check(envelope.Manifest, Encoding.UTF8.GetByteCount(state.Files.PivotPath));

        ReadOnlyMemory<byte> expected = envelope.Manifest.Pivot.Hash;
        if (!pivot.Sha256.Span.SequenceEqual(expected.Span))
        {
            throw new ProtocolException(ProtocolError.WithDifference(
                ProtocolErrorCode.InvalidPivotHash, Hex.Encode(expected.Span), Hex.Encode(pivot.Sha256.Span)));
        }
    }

    private IStagedFile StageSetupKey(KeySet setup)
    {
        using SecretMemory seed = setup.ExportSeed();
        return state.Files.StageEphemeralKey(seed.Span);
    }
}
