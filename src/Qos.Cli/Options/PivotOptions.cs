using System.CommandLine;
using Qos.Client;

namespace Qos.Cli;

/// <summary>The binary that a manifest names: the file, or its hash.</summary>
internal sealed class PivotOptions
{
    /// <summary>The file.</summary>
    public SettingOption File { get; } = new(ProfileSetting.Pivot);

    /// <summary>Its hash.</summary>
    public SettingOption Hash { get; } = new(ProfileSetting.PivotHash);

    /// <summary>The binary's SHA-256; null when neither was named.</summary>
    /// <exception cref="UsageException">Both were typed.</exception>
    public byte[]? Read(ParseResult parsed)
    {
        bool isFile = File.IsOnCommandLine(parsed);
        bool isHash = Hash.IsOnCommandLine(parsed);
        if (isFile && isHash)
            throw new UsageException("--pivot and --pivot-hash both say which binary it is: give one of them");
        if (!isHash && File.Read(parsed) is { } file)
            return PivotFile.Hash(file);
        if (Hash.Read(parsed) is not { } hash)
            return null;
        return hash.Length == 64 && hash.All(char.IsAsciiHexDigit) ? Convert.FromHexString(hash) : PivotFile.ReadHash(hash);
    }

    /// <summary>What is wrong with the binary itself, where its file was named.</summary>
    public IReadOnlyList<LintFinding> Lint(ParseResult parsed) =>
        !Hash.IsOnCommandLine(parsed) && File.Read(parsed) is { } file ? PivotFile.Lint(file) : [];
}
