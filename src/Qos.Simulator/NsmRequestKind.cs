using Qos.Nsm;

namespace Qos.Simulator;

/// <summary>The kinds of request, under the names of the module's API, for saying which of them a fault concerns.</summary>
public enum NsmRequestKind
{
    /// <summary><see cref="NsmRequest.DescribeNsm"/>.</summary>
    DescribeNSM,

    /// <summary><see cref="NsmRequest.DescribePcr"/>.</summary>
    DescribePCR,

    /// <summary><see cref="NsmRequest.ExtendPcr"/>.</summary>
    ExtendPCR,

    /// <summary><see cref="NsmRequest.LockPcr"/>.</summary>
    LockPCR,

    /// <summary><see cref="NsmRequest.LockPcrs"/>.</summary>
    LockPCRs,

    /// <summary><see cref="NsmRequest.Attestation"/>.</summary>
    Attestation,

    /// <summary><see cref="NsmRequest.GetRandom"/>.</summary>
    GetRandom,
}
