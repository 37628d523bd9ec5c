namespace Qos.Simulator;

/// <summary>What a simulated module starts with.</summary>
public sealed record SoftwareNsmOptions
{
    /// <summary>
    /// Values of PCRs at the start, 48 bytes each; those that are not named are zero. Real modules start with PCR0 to PCR4 measured and
    /// all others zero; a value above 15 makes a module that another enclave would have used before.
    /// </summary>
    public IReadOnlyDictionary<int, byte[]> Pcrs { get; init; } = new Dictionary<int, byte[]>();

    /// <summary>The module's clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The authority that signs; a fresh one when null.</summary>
    public SimulatorPki? Pki { get; init; }

    /// <summary>What the module does wrong.</summary>
    public NsmFaults Faults { get; init; } = NsmFaults.None;

    /// <summary>The module's name; a fresh one when null.</summary>
    public string? ModuleId { get; init; }
}
