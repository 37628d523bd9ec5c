namespace Qos.Transport;

/// <summary>Something about a bridge that an operator should know.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Bridge">The bridge's name.</param>
/// <param name="Message">One line: what, where, what to do.</param>
public readonly record struct BridgeNotice(BridgeNoticeKind Kind, string Bridge, string Message);
