using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>
/// Gives the quorum key to a node that runs an approved successor of this node's manifest. Format: docs/protocol/messages.md, Key forwarding.
/// </summary>
internal sealed class KeyExport(NodeState state, Func<ReadOnlyMemory<byte>?>? trustAnchor)
{
    /// <summary>Makes every check in the specification's order, then encrypts the seed to the document's key.</summary>
    /// <exception cref="ProtocolException">Refused.</exception>
    internal ProtocolMessage.ExportKeyResponse Export(ManifestEnvelope successor, ReadOnlyMemory<byte> coseSign1)
    {
        Manifest own = state.Envelope.Manifest;
        AttestationDocument document = Verify(coseSign1.Span, trustAnchor?.Invoke() ?? own.Enclave.AwsRootCertificate);

        CheckApproved(successor);
        ForwardChecks.CheckSuccessor(own, successor.Manifest);
        PublicKey receiver = SetupKey(document, successor.Manifest);
        ForwardChecks.CheckPcr3(own, successor.Manifest);

        using SecretMemory seed = state.Files.ReadQuorumKey();
        using KeySet quorum = KeySet.FromSeed(seed.Span);
        if (!quorum.PublicKey.Bytes.SequenceEqual(own.Namespace.QuorumKey.Span))
            throw new ProtocolException(ProtocolErrorCode.WrongQuorumKey);
        byte[] envelope = receiver.Encrypt(seed.Span, state.Random);
        return new ProtocolMessage.ExportKeyResponse(envelope, quorum.Sign(envelope));
    }

    private static void CheckApproved(ManifestEnvelope successor)
    {
        ApprovalChecks.CheckManifestApprovals(successor);
        if (successor.ShareSetApprovals.Count != 0)
            throw new ProtocolException(ProtocolErrorCode.BadShareSetApprovals);
    }

    /// <summary>
    /// The setup key of the node that the document is about, when that node was booted with the manifest and waits for a key.
    /// Format: docs/protocol/nsm.md, Attestation document, verification step 4.
    /// </summary>
    /// <exception cref="ProtocolException">The document is another manifest's, another image's, or not one of the setup phase.</exception>
    private static PublicKey SetupKey(AttestationDocument document, Manifest manifest)
    {
        foreach (DocumentFinding finding in DocumentComparison.Compare(document, manifest, isLive: false))
        {
            if (finding.Holds)
                continue;

            // Without a key there is nothing that a commitment could be of.
            throw document.PublicKey is null && finding.IsCommitment
                ? new ProtocolException(ProtocolErrorCode.MissingEphemeralKey)
                : NsmClient.Error($"the new node's attestation document is refused: {finding}");
        }

        return PublicKey.TryParse(document.PublicKey!.Value.Span, out PublicKey? receiver)
            ? receiver
            : throw new ProtocolException(ProtocolErrorCode.InvalidEphemeralKey);
    }

    private AttestationDocument Verify(ReadOnlySpan<byte> coseSign1, ReadOnlyMemory<byte> root)
    {
        DateTimeOffset now = OwnTime();
        try
        {
            AttestationDocument document = AttestationDocument.Parse(coseSign1);
            new AttestationVerifier(root.Span).Verify(document, now);
            return document;
        }
        catch (AttestationException exception)
        {
            throw NsmClient.Error($"the new node's attestation document is refused: {exception.Message}");
        }
    }

    /// <summary>This node's own NSM says what time it is: the host, which sets the enclave's clock, might want an old document to pass.</summary>
    private DateTimeOffset OwnTime()
    {
        NsmResponse.Attestation answer = state.Nsm.Attest(userData: null);
        try
        {
            return AttestationDocument.Parse(answer.Document.Span).Time;
        }
        catch (Exception exception) when (exception is AttestationException or ArgumentOutOfRangeException)
        {
            throw NsmClient.Error($"this node's own NSM does not tell the time: {exception.Message}");
        }
    }
}
