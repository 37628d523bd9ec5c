using System.Diagnostics.CodeAnalysis;

namespace Qos.Serialization;

/// <summary>What kind of JSON value comes next.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "String and Object are what RFC 8259 calls these values.")]
public enum JsonKind
{
    /// <summary><c>null</c>.</summary>
    Null,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A string.</summary>
    String,

    /// <summary>An array.</summary>
    Array,

    /// <summary>An object.</summary>
    Object,
}
