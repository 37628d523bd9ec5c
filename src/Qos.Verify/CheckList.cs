using Qos.Protocol;

namespace Qos.Verify;

/// <summary>Collects checks while they are made.</summary>
internal sealed class CheckList
{
    private readonly List<Check> _checks = [];

    public IReadOnlyList<Check> Checks => _checks;

    public void Pass(string name, string? detail = null) => _checks.Add(new(name, CheckOutcome.Passed, Detail: detail));

    public void Fail(string name, string detail) => _checks.Add(new(name, CheckOutcome.Failed, Detail: detail));

    public void Add(Check check) => _checks.Add(check);

    /// <summary>Notes checks that an earlier failure leaves nothing to make of.</summary>
    public void NotRun(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
            _checks.Add(new(name, CheckOutcome.NotRun, Detail: "an earlier failure left nothing to compare"));
    }

    /// <summary>Compares bytes; an absent value is never equal to anything.</summary>
    public bool Equal(string name, ReadOnlyMemory<byte>? expected, ReadOnlyMemory<byte>? actual, string? detailWhenDifferent = null)
    {
        bool equal = expected is { } left && actual is { } right && left.Span.SequenceEqual(right.Span);
        _checks.Add(new(
            name, equal ? CheckOutcome.Passed : CheckOutcome.Failed, Shown(expected), Shown(actual), equal ? null : detailWhenDifferent));
        return equal;
    }

    /// <summary>Takes over a comparison of a document with a manifest.</summary>
    public void Add(string name, DocumentFinding finding, string? detailWhenDifferent = null) => _checks.Add(new(
        name, finding.Holds ? CheckOutcome.Passed : CheckOutcome.Failed, Shown(finding.Expected), Shown(finding.Actual), finding.Holds ? null : detailWhenDifferent));

    private static string Shown(byte[]? bytes) => bytes is null ? "absent" : Convert.ToHexStringLower(bytes);

    public static string Shown(ReadOnlyMemory<byte>? bytes) => bytes is { } value ? Convert.ToHexStringLower(value.Span) : "absent";
}
