using System.Security.Cryptography;
using System.Text;

namespace Qos.Control;

/// <summary>Ids of what an activity makes, computed from its own: an activity that is run again after a kill makes the same things.</summary>
internal static class ActivityIds
{
    public static string Of(string activityId, string role)
    {
        Span<byte> bytes = stackalloc byte[16];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{activityId}/{role}"))[..16].CopyTo(bytes);

        // The form of a UUID of version 8: made by the service's own rule.
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }
}
