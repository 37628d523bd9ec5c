using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary>The folders of the sets. Format: docs/protocol/host.md, Client files.</summary>
internal sealed class SetOptions
{
    /// <summary>Who approves.</summary>
    public Option<string> ManifestSet { get; } = Standard.Required("manifest-set-dir", "Folder with the keys of the manifest set.");

    /// <summary>Who holds shares.</summary>
    public Option<string> ShareSet { get; } = Standard.Required("share-set-dir", "Folder with the keys of the share set.");

    /// <summary>V1's third set.</summary>
    public Option<string?> PatchSet { get; } = Standard.Optional("patch-set-dir", "Folder with the keys of a V1 manifest's patch set.");

    /// <summary>Reads a set; an alias ends at its file's first dot, as the reference has it.</summary>
    public static MemberSet Read(ParseResult parsed, Option<string> option) =>
        MemberSetDirectory.Read(parsed.GetValue(option)!, aliasEndsAtFirstDot: true);

    /// <summary>Reads the patch set as the manifest's version wants it.</summary>
    /// <exception cref="CeremonyException">A V1 manifest without one, or a V2 manifest with one.</exception>
    public PatchSet? ReadPatchSet(ParseResult parsed, ManifestVersion version) => (parsed.GetValue(PatchSet), version) switch
    {
        ({ } folder, not ManifestVersion.V2) => MemberSetDirectory.ReadPatchSet(folder),
        (null, ManifestVersion.V2) => null,
        (null, _) => throw new CeremonyException("A V1 or V0 manifest has a patch set: give --patch-set-dir."),
        _ => throw new CeremonyException("A V2 manifest has no patch set: leave out --patch-set-dir."),
    };
}
