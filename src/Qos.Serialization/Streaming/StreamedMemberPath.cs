namespace Qos.Serialization;

/// <summary>Where in a message a streamed member is: a member of the object that is the value of a member of the outermost object.</summary>
/// <param name="Outer">The name in the outermost object, such as <c>bootStandardRequest</c>, as it stands between the quotes.</param>
/// <param name="Inner">The name in the object inside it, such as <c>pivot</c>, as it stands between the quotes.</param>
public readonly record struct StreamedMemberPath(string Outer, string Inner);
