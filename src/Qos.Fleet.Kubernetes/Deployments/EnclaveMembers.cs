namespace Qos.Fleet.Kubernetes;

/// <summary>Members of a set and how many of them must act.</summary>
/// <param name="Threshold">How many.</param>
/// <param name="Members">The members in the order of the manifest.</param>
public sealed record EnclaveMembers(uint Threshold, IReadOnlyList<EnclaveMember> Members);
