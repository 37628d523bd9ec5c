namespace Qos.App;

/// <summary>What is wrong with records that came back from a store. Format: docs/verifiable-data.md, Records.</summary>
public enum StateError
{
    /// <summary>The bytes are no record.</summary>
    Malformed,

    /// <summary>A record belongs to another domain or name.</summary>
    OtherChain,

    /// <summary>A record is left out, doubled or out of order.</summary>
    Gap,

    /// <summary>A record does not follow from the one before it: one of them was changed or replaced.</summary>
    Changed,

    /// <summary>The last record is not signed by the application's quorum key.</summary>
    NotSigned,

    /// <summary>A head that is known has no place in this history: records at the end were left out.</summary>
    RolledBack,

    /// <summary>At a head's sequence stands another record: there are two histories.</summary>
    Forked,
}
