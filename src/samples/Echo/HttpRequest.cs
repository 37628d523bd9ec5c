namespace Qos.Sample.Echo;

/// <summary>One request, complete and within the server's limits.</summary>
/// <param name="Method">Such as GET.</param>
/// <param name="Path">The target up to a question mark.</param>
/// <param name="Body">Empty when there is none.</param>
public sealed record HttpRequest(string Method, string Path, ReadOnlyMemory<byte> Body);
