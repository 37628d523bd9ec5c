namespace Qos.Client;

/// <summary>Somebody, or something, that could ever have held the whole key.</summary>
/// <param name="What">Who or what, not yet safe to show: a threshold of a set, the owner of a recovery key, an app.</param>
/// <param name="Since">The step from which on, counted from 1.</param>
/// <param name="Members">The set's members as alias and fingerprint; empty for the others.</param>
public sealed record KeyHolder(string What, int Since, IReadOnlyList<string> Members);
