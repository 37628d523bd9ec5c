using System.Security.Cryptography;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>The binary that a manifest names by its hash.</summary>
public static class PivotFile
{
    /// <summary>SHA-256 of a binary, read piece by piece.</summary>
    /// <exception cref="CeremonyException">It cannot be read, or does not end: a device.</exception>
    public static byte[] Hash(string path)
    {
        try
        {
            using FileStream file = InputFile.Open(path);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            byte[] buffer = new byte[64 * 1024];
            long most = Math.Max(file.CanSeek ? file.Length : 0, ProtocolLimits.MaxMessageBytes);
            int read;
            for (long total = 0; (read = file.Read(buffer)) > 0; hash.AppendData(buffer.AsSpan(0, read)))
            {
                if ((total += read) > most)
                    throw new CeremonyException($"{path}: more than {most} bytes came out of it, and a boot message has no more; name the binary's file");
            }

            return hash.GetHashAndReset();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw InputFile.Unreadable(path, e);
        }
    }

    /// <summary>
    /// Looks a binary through for what would be found after the keys, the genesis, the approvals and the shares: that an image cannot start it, or
    /// that no node can take it.
    /// </summary>
    /// <returns>A warning for what a development node may still run, a refusal for what no node takes.</returns>
    /// <exception cref="CeremonyException">It cannot be read.</exception>
    public static IReadOnlyList<LintFinding> Lint(string path)
    {
        var findings = new List<LintFinding>();
        try
        {
            using FileStream file = InputFile.Open(path);
            byte[] head = new byte[PivotExecutable.HeaderLength];
            int length = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            if (file.CanSeek && PivotExecutable.DescribeTooLong(file.Length) is { } tooLong)
                findings.Add(new LintFinding(LintSeverity.Refused, "pivot.hash", tooLong, "make it smaller"));
            if (PivotExecutable.DescribeUnstartable(head.AsSpan(0, length)) is { } unstartable)
                findings.Add(new LintFinding(LintSeverity.Warning, "pivot.hash", unstartable, "only a development node may start it, with what its own machine has"));
            return findings;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw InputFile.Unreadable(path, e);
        }
    }

    /// <summary>Reads the hash from a pivot hash file, 64 hex characters. Format: docs/protocol/host.md, Client files.</summary>
    /// <exception cref="CeremonyException">It cannot be read or holds something else.</exception>
    public static byte[] ReadHash(string path) => InputFile.Hexadecimal(path, SHA256.HashSizeInBytes, "a pivot hash");
}
