namespace Qos.Runtime;

/// <summary>Whether a pivot gets a view of the file system of its own.</summary>
public enum PivotConfinement
{
    /// <summary>It sees what the node sees.</summary>
    None,

    /// <summary>Where the node may make one; otherwise a warning says that it may not.</summary>
    WherePermitted,

    /// <summary>Always; a pivot that cannot be confined is not started. An image's.</summary>
    Required,
}
