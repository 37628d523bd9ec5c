namespace Qos.Fleet.Storage;

/// <summary>Something that was asked for, with the stamp that it came with: anybody can check afterwards who asked for what.</summary>
public sealed record ActivityRecord
{
    /// <summary>A UUID.</summary>
    public required string Id { get; init; }

    /// <summary>The organization.</summary>
    public required string OrganizationId { get; init; }

    /// <summary><c>ACTIVITY_TYPE_…</c></summary>
    public required string Type { get; init; }

    /// <summary><c>ACTIVITY_STATUS_…</c></summary>
    public required string Status { get; init; }

    /// <summary><c>sha256:</c> and hex over the body.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The body as it was stamped.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The stamp's header.</summary>
    public required string Stamp { get; init; }

    /// <summary>The stamp's key.</summary>
    public required string PublicKey { get; init; }

    /// <summary>The user.</summary>
    public required string UserId { get; init; }

    /// <summary>The result's JSON; null when there is none.</summary>
    public string? Result { get; init; }

    /// <summary>The gRPC code of its failure; null when it did not fail.</summary>
    public int? FailureCode { get; init; }

    /// <summary>Why it failed.</summary>
    public string? FailureMessage { get; init; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its status last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }
}
