using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary>A request whose stamp holds, of a known key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Body">The body that was stamped.</param>
/// <param name="Stamp">The stamp's header.</param>
internal sealed record ApiCaller(ApiKeyRecord Key, byte[] Body, string Stamp)
{
    public string OrganizationId => Key.OrganizationId;
}
