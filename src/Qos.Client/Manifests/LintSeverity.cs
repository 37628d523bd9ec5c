namespace Qos.Client;

/// <summary>How bad a finding is. Format: docs/protocol/manifest.md, "Ours, when a manifest is made, shown or approved".</summary>
public enum LintSeverity
{
    /// <summary>The operator must answer it.</summary>
    Warning,

    /// <summary>The manifest is not made and not approved.</summary>
    Refused,
}
