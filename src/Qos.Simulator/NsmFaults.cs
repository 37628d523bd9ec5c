using Qos.Nsm;

namespace Qos.Simulator;

/// <summary>
/// What the simulated module does wrong, for tests of what stands above it. The default does nothing wrong.
/// Format: docs/protocol/nsm.md, The simulator.
/// </summary>
public sealed record NsmFaults
{
    /// <summary>No fault.</summary>
    public static NsmFaults None { get; } = new();

    /// <summary>How long each answer on a socket is held back.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Runs before each request is answered, on the caller's thread: a test can wait in it, or change faults.</summary>
    public Action<NsmRequest>? BeforeAnswer { get; init; }

    /// <summary>Requests that are answered with an error and have no effect.</summary>
    public IReadOnlyList<NsmErrorFault> Errors { get; init; } = [];

    /// <summary>An extended PCR gets, and answers, a value of which the lowest bit is wrong.</summary>
    public bool WrongPcrAfterExtend { get; init; }

    /// <summary>Requests to lock are answered with success and lock nothing.</summary>
    public bool LocksDoNothing { get; init; }

    /// <summary>Descriptions claim that every PCR is locked.</summary>
    public bool ClaimsAllLocked { get; init; }

    /// <summary>Added to the module's clock: to documents' time stamps and to the validity of its certificates.</summary>
    public TimeSpan ClockSkew { get; init; }

    /// <summary>What happens to the answers' bytes.</summary>
    public AnswerDamage Damage { get; init; }
}
