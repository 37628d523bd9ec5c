namespace Qos.Verify;

/// <summary>What of a published proof is verified.</summary>
public enum ProofPart
{
    /// <summary>The app proof together with the boot proof of the enclave that made it.</summary>
    Deployment,

    /// <summary>The boot proof alone.</summary>
    BootProof,

    /// <summary>The app proof's own signature alone, which says nothing about where its key lives.</summary>
    AppProof,
}
