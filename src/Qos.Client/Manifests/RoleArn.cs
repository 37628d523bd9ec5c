using System.Buffers;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>The ARN of an IAM role, of which PCR3 is made: one wrong character gives another register. Format: docs/protocol/manifest.md, PCR3.</summary>
public static class RoleArn
{
    private const int AccountDigits = 12;

    private static readonly SearchValues<char> s_pathCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=,.@_-/");

    /// <summary>What is wrong with a role's ARN, or null when it has the form <c>arn:aws:iam::ACCOUNT:role/NAME</c>.</summary>
    public static string? Describe(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':');
        bool isRole = parts is ["arn", var partition, "iam", "", var account, var resource]
            && (partition == "aws" || partition.StartsWith("aws-", StringComparison.Ordinal))
            && account.Length == AccountDigits && account.All(char.IsAsciiDigit)
            && resource.StartsWith("role/", StringComparison.Ordinal) && resource.Length > "role/".Length
            && !resource.AsSpan().ContainsAnyExcept(s_pathCharacters);
        if (isRole)
            return null;
        return text != text.Trim()
            ? "has blanks at its ends, which would be part of PCR3"
            : $"'{VisibleText.Escape(text)}' is not the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME";
    }
}
