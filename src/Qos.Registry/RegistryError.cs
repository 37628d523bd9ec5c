namespace Qos.Registry;

/// <summary>Kinds of failure that a caller acts on differently.</summary>
public enum RegistryError
{
    /// <summary>The reference is not of its form.</summary>
    Reference,

    /// <summary>There is no such image, blob or file.</summary>
    NotFound,

    /// <summary>The registry wants credentials, or refuses the given ones.</summary>
    Unauthorized,

    /// <summary>The registry cannot be reached, is too slow, or fails itself: another try may help.</summary>
    Unavailable,

    /// <summary>What came is not what its digest, size or format says: no further try helps.</summary>
    Untrusted,

    /// <summary>It is larger than the limits allow.</summary>
    TooLarge,
}
