using System.Globalization;
using System.Text;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>A set of members as a folder: one <c>ALIAS.pub</c> each, and <c>quorum_threshold</c>. Format: docs/protocol/host.md, Client files.</summary>
public static class MemberSetDirectory
{
    private const string ThresholdFile = "quorum_threshold";
    private const string KeySuffix = ".pub";

    private static readonly Comparer<byte[]> s_byteOrder = Comparer<byte[]>.Create(static (left, right) => left.AsSpan().SequenceCompareTo(right));

    /// <summary>Reads the set, its members sorted by alias in the order of their UTF-8 bytes, as every tool sorts them.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="aliasEndsAtFirstDot">
    /// Whether <c>a.b.pub</c> is the key of <c>a</c>, as some tools of the protocol have it, rather than of <c>a.b</c>.
    /// </param>
    /// <exception cref="CeremonyException">A file is missing or is not what it should be.</exception>
    public static MemberSet Read(string folder, bool aliasEndsAtFirstDot = false)
    {
        QuorumMember[] members =
        [
            .. KeyFilesOf(folder)
                .Select(path => new QuorumMember(AliasOf(path, aliasEndsAtFirstDot), KeySource.ReadPublic(path).Bytes.ToArray()))
                .OrderBy(static member => Encoding.UTF8.GetBytes(member.Alias), s_byteOrder)
                .ThenBy(static member => member.PubKey.ToArray(), s_byteOrder),
        ];
        if (members.Length == 0)
            throw new CeremonyException($"{folder} holds no ALIAS{KeySuffix} file.");
        uint threshold = Threshold(folder);
        if (threshold < 1 || threshold > members.Length)
            throw new CeremonyException($"{Path.Combine(folder, ThresholdFile)} should hold a number from 1 to {members.Length}, the members of {folder}.");
        return new MemberSet(threshold, members);
    }

    /// <summary>Reads a V1 manifest's patch set: keys without aliases, sorted by their bytes. Format: docs/protocol/manifest.md, V1 and V0.</summary>
    /// <exception cref="CeremonyException">A file is missing or is not what it should be.</exception>
    public static PatchSet ReadPatchSet(string folder)
    {
        IEnumerable<byte[]> keys = KeyFilesOf(folder).Select(static path => KeySource.ReadPublic(path).Bytes.ToArray()).Order(s_byteOrder);
        return new PatchSet(Threshold(folder), [.. keys.Select(static key => new ReadOnlyMemory<byte>(key))]);
    }

    private static IEnumerable<string> KeyFilesOf(string folder) => Directory.Exists(folder)
        ? InputFile.Of(folder, KeySuffix)
        : throw new CeremonyException($"{folder} is not a folder; it should hold one ALIAS.pub per member and {ThresholdFile}.");

    private static string AliasOf(string path, bool endsAtFirstDot)
    {
        string name = Path.GetFileName(path);
        return name[..(endsAtFirstDot ? name.IndexOf('.', StringComparison.Ordinal) : name.Length - KeySuffix.Length)];
    }

    private static uint Threshold(string folder)
    {
        string path = Path.Combine(folder, ThresholdFile);
        InputFile.RequirePlain(path);
        return uint.TryParse(InputFile.Text(path), NumberStyles.None, CultureInfo.InvariantCulture, out uint threshold)
            ? threshold
            : throw new CeremonyException($"{path} should hold a number.");
    }
}
