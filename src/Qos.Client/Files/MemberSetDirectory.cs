using System.Globalization;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>A set of members as a folder: one <c>ALIAS.pub</c> each, and <c>quorum_threshold</c>. Specification: host, Client files.</summary>
public static class MemberSetDirectory
{
    private const string ThresholdFile = "quorum_threshold";
    private const string KeySuffix = ".pub";

    /// <summary>Reads the set, its members sorted by alias.</summary>
    /// <exception cref="CeremonyException">A file is missing or is not what it should be.</exception>
    public static MemberSet Read(string folder)
    {
        if (!Directory.Exists(folder))
            throw new CeremonyException($"{folder} is not a folder; it should hold one ALIAS.pub per member and {ThresholdFile}.");

        QuorumMember[] members =
        [
            .. Directory.EnumerateFiles(folder, "*" + KeySuffix)
                .Where(static path => !Path.GetFileName(path).StartsWith("._", StringComparison.Ordinal))
                .OrderBy(static path => Path.GetFileName(path), StringComparer.Ordinal)
                .Select(static path => new QuorumMember(Path.GetFileNameWithoutExtension(path), KeyFile.ReadPublic(path).Bytes.ToArray())),
        ];
        if (members.Length == 0)
            throw new CeremonyException($"{folder} holds no ALIAS{KeySuffix} file.");

        string thresholdPath = Path.Combine(folder, ThresholdFile);
        string text = InputFile.Text(thresholdPath);
        if (!uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint threshold) || threshold < 1 || threshold > members.Length)
            throw new CeremonyException($"{thresholdPath} should hold a number from 1 to {members.Length}, the members of {folder}.");
        return new MemberSet(threshold, members);
    }
}
