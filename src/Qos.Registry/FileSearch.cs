namespace Qos.Registry;

/// <summary>
/// Looks for one path through an image's layers, the topmost first, and says of every entry what it means for that path. Layers below a folder's
/// or file's whiteout, or below something that replaced a folder on the way, are hidden. Specification: OCI image-spec, layer.md.
/// </summary>
internal sealed class FileSearch
{
    private const string Whiteout = ".wh.";
    private const string Opaque = ".wh..wh..opq";
    private readonly string _path;
    private readonly string[] _ancestors;

    // Of a layer above: a folder stands here, so what a lower layer has here instead of one is replaced.
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);
    private bool _hidden;

    // Of the layer that is being read.
    private readonly HashSet<string> _foldersHere = new(StringComparer.Ordinal);
    private bool _hidesLower;
    private (string Path, string Target)? _linkHere;
    private bool _fileOnTheWay;

    /// <param name="path">The path, normalized.</param>
    public FileSearch(string path)
    {
        _path = path;
        string[] parts = path.Split('/');
        _ancestors = [.. Enumerable.Range(1, parts.Length - 1).Select(count => string.Join('/', parts[..count]))];
    }

    /// <summary>What an entry is for the path that is looked for.</summary>
    public enum Meaning
    {
        /// <summary>Nothing.</summary>
        None,

        /// <summary>It is the file: its content follows.</summary>
        File,

        /// <summary>It is a hard link to the file.</summary>
        HardLink,
    }

    /// <summary>Whether no lower layer can have it.</summary>
    public bool IsHidden => _hidden;

    /// <summary>The symbolic link on the way, or at its end, that the layer just read has; null for none.</summary>
    public (string Path, string Target)? Link => _linkHere;

    /// <summary>Begins a layer.</summary>
    public void BeginLayer()
    {
        _foldersHere.Clear();
        (_hidesLower, _linkHere, _fileOnTheWay) = (false, null, false);
    }

    /// <summary>Takes an entry of the layer.</summary>
    public Meaning See(TarEntry entry)
    {
        if (entry.Path is not { Length: > 0 } path)
            return Meaning.None;
        int slash = path.LastIndexOf('/');
        string name = path[(slash + 1)..], folder = slash < 0 ? "" : path[..slash];
        if (name.StartsWith(Whiteout, StringComparison.Ordinal))
        {
            // A whiteout hides what lower layers have, not what this one has.
            if (name == Opaque ? folder.Length == 0 || IsAncestor(folder) : IsOnTheWay(folder.Length == 0 ? name[4..] : $"{folder}/{name[4..]}"))
                _hidesLower = true;
            return Meaning.None;
        }

        if (path == _path)
        {
            _hidesLower = true;
            _linkHere = entry.IsSymbolicLink ? (path, entry.Link) : _linkHere?.Path == path ? null : _linkHere;
            return entry.IsFile ? Meaning.File : entry.IsHardLink ? Meaning.HardLink : Meaning.None;
        }

        if (!IsAncestor(path))
            return Meaning.None;
        if (_linkHere?.Path == path)
            _linkHere = null;
        if (entry.IsFolder)
            _foldersHere.Add(path);
        else if (_folders.Contains(path))
            _hidden = true;
        else if (entry.IsSymbolicLink)
            _linkHere = _linkHere is { } shorter && shorter.Path.Length < path.Length ? shorter : (path, entry.Link);
        else
            _fileOnTheWay = true;
        return Meaning.None;
    }

    /// <summary>Ends a layer.</summary>
    public void EndLayer()
    {
        _folders.UnionWith(_foldersHere);
        _hidden |= _hidesLower || _fileOnTheWay;
    }

    private bool IsAncestor(string path) => _ancestors.Contains(path, StringComparer.Ordinal);

    private bool IsOnTheWay(string path) => path == _path || IsAncestor(path);
}
