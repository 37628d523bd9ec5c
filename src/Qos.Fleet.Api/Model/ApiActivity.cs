namespace Qos.Fleet.Api;

/// <summary>Something that was asked for, and what became of it.</summary>
public sealed record ApiActivity
{
    /// <summary>The activity.</summary>
    public required string Id { get; init; }

    /// <summary>The organization.</summary>
    public required string OrganizationId { get; init; }

    /// <summary><c>ACTIVITY_STATUS_…</c></summary>
    public required string Status { get; init; }

    /// <summary><c>ACTIVITY_TYPE_…</c></summary>
    public required string Type { get; init; }

    /// <summary>The parameters, under their name.</summary>
    public required IReadOnlyDictionary<string, System.Text.Json.JsonElement> Intent { get; init; }

    /// <summary>The result, under its name; empty before there is one.</summary>
    public required IReadOnlyDictionary<string, System.Text.Json.JsonElement> Result { get; init; }

    /// <summary>None: one stamp is enough.</summary>
    public IReadOnlyList<string> Votes { get; set; } = [];

    /// <summary><c>sha256:</c> and hex over the body.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Never.</summary>
    public bool CanApprove { get; init; }

    /// <summary>Never.</summary>
    public bool CanReject { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp CreatedAt { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp UpdatedAt { get; init; }

    /// <summary>Why it failed.</summary>
    public ApiStatus? Failure { get; init; }

    /// <summary>The stamp that it came with, for whoever audits. Ours.</summary>
    public string? Stamp { get; init; }

    /// <summary>The body that was stamped. Ours.</summary>
    public byte[]? Body { get; init; }
}
