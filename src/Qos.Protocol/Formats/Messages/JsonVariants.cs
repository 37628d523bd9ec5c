using System.Text;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Externally tagged enumerations in JSON: a string, or an object of exactly one member. Format: docs/protocol/encoding.md.</summary>
internal static class JsonVariants
{
    // Longer than every variant's name, so that hostile ones are not copied.
    private const int MaxNameBytes = 64;

    /// <summary>Enters a variant that carries something: goes to its value and gives its name.</summary>
    internal static string Open(ref QosJsonReader reader)
    {
        reader.BeginObject();
        if (!reader.NextMember(out ReadOnlySpan<byte> name))
            throw reader.Error("expected a variant and found an empty object");
        if (name.Length > MaxNameBytes)
            throw reader.Error("unknown variant");
        return Encoding.UTF8.GetString(name);
    }

    /// <summary>Leaves it: nothing else may be in the object.</summary>
    internal static void Close(ref QosJsonReader reader)
    {
        if (reader.NextMember(out _))
            throw reader.Error("expected one variant and found more");
    }

    internal static ProtocolPhase ReadPhase(ref QosJsonReader reader) =>
        PhaseText.TryParse(reader.ReadString(MaxNameBytes), out ProtocolPhase? phase) ? phase.Value : throw reader.Error("unknown phase");
}
