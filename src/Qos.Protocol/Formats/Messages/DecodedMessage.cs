namespace Qos.Protocol;

/// <summary>A message and the encoding that it came in, which its answer takes.</summary>
/// <param name="Message">The message.</param>
/// <param name="Encoding">How it was written.</param>
public readonly record struct DecodedMessage(ProtocolMessage Message, WireEncoding Encoding);
