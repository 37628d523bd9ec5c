namespace Qos.Serialization;

/// <summary>In which of its two forms JSON is written.</summary>
public enum JsonForm
{
    /// <summary>What is hashed and signed: members in ascending order of their names' UTF-16 code units, integers as strings.</summary>
    Canonical,

    /// <summary>Members in the order in which they are written, integers as numbers; no white space either.</summary>
    Plain,
}
