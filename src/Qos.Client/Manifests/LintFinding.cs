namespace Qos.Client;

/// <summary>One thing that is wrong or dangerous in a manifest. All texts are safe to show.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Where">The member, as in the JSON: <c>enclave.pcr0</c>.</param>
/// <param name="What">What was found.</param>
/// <param name="WhatToDo">What to do about it.</param>
public sealed record LintFinding(LintSeverity Severity, string Where, string What, string WhatToDo)
{
    /// <summary>One line.</summary>
    public override string ToString() => $"{Where}: {What}; {WhatToDo}";
}
