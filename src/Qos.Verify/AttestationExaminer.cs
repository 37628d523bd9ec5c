using Qos.Nsm;

namespace Qos.Verify;

/// <summary>
/// Verifies attestation documents against one trust anchor as <see cref="AttestationVerifier"/> does, but runs every step whatever an earlier
/// one found, says what each of them did, and remembers authorities. Safe for several threads.
/// </summary>
public sealed class AttestationExaminer
{
    private readonly AttestationVerifier _verifier;
    private readonly CertificatePath _anchorPath;
    private readonly IntermediateCache? _cache;

    /// <summary>Creates an examiner.</summary>
    /// <param name="trustAnchor">The root certificate in DER: <see cref="AwsRoot.Der"/>, or the simulator's.</param>
    /// <param name="cache">Remembers intermediate authorities; may be shared by several examiners.</param>
    /// <exception cref="AttestationException">The trust anchor is not an authority of the accepted profile.</exception>
    public AttestationExaminer(ReadOnlySpan<byte> trustAnchor, IntermediateCache? cache = null)
    {
        _verifier = new AttestationVerifier(trustAnchor);
        _anchorPath = default(CertificatePath).Append(trustAnchor);
        _cache = cache;
    }

    /// <summary>The trust anchor in DER.</summary>
    public ReadOnlyMemory<byte> TrustAnchor => _verifier.TrustAnchor;

    /// <summary>Runs every step at a time: now, or for an archived document the time that the caller means.</summary>
    /// <returns>One finding for each step, in their order.</returns>
    public IReadOnlyList<AttestationFinding> Examine(AttestationDocument document, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(document);
        CertificatePath[] paths = _cache is null ? [] : PathsOf(document);
        CertificateChain? parsed = null;
        AttestationFinding certificates = Find(
            AttestationStep.Certificates,
            () => parsed = new CertificateChain(_verifier.Anchor, document, _cache is null ? null : i => _cache.Find(paths[i])));
        if (parsed is not { } chain)
        {
            return
            [
                certificates,
                .. Enum.GetValues<AttestationStep>().Skip(1).Select(static step => new AttestationFinding(step, WasRun: false, null)),
            ];
        }

        AttestationFinding names = Find(AttestationStep.Chain, chain.CheckNames);
        AttestationFinding validity = Find(AttestationStep.Validity, () => chain.CheckValidity(time));
        AttestationFinding signatures = Find(AttestationStep.ChainSignatures, chain.CheckSignatures);
        AttestationFinding signature = Find(AttestationStep.Signature, () => chain.CheckDocument(document));
        if (signatures.Passed)
        {
            for (int i = 1; i < paths.Length; i++)
                _cache!.Add(paths[i], chain[i]);
        }

        return [certificates, names, validity, signatures, signature];
    }

    private CertificatePath[] PathsOf(AttestationDocument document)
    {
        var paths = new CertificatePath[document.CaBundle.Count];
        paths[0] = _anchorPath;
        for (int i = 1; i < paths.Length; i++)
            paths[i] = paths[i - 1].Append(document.CaBundle[i].Span);
        return paths;
    }

    private static AttestationFinding Find(AttestationStep step, Action check)
    {
        try
        {
            check();
            return new(step, WasRun: true, null);
        }
        catch (AttestationException e)
        {
            return new(step, WasRun: true, e);
        }
    }
}
