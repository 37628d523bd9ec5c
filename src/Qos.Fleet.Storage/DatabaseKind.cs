namespace Qos.Fleet.Storage;

/// <summary>The databases that are known.</summary>
public enum DatabaseKind
{
    /// <summary>A file of the service's own.</summary>
    Sqlite,

    /// <summary>A server that several services share.</summary>
    Postgres,
}
