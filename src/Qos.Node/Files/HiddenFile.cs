using Microsoft.Win32.SafeHandles;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>A file under its hidden name: gone when it is disposed of, unless it was published.</summary>
internal sealed class HiddenFile : IStagedFile
{
    private const UnixFileMode Hidden = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly NodeFolder _folder;
    private readonly NodeFile _file;
    private readonly string _hiddenName;
    private readonly bool _replaces;
    private readonly SafeFileHandle _handle;
    private long _length;
    private bool _isHidden;

    internal HiddenFile(NodeFolder folder, NodeFile file, bool replaces, int place = 0)
    {
        _hiddenName = file.HiddenNameOf(place);
        _folder = folder;
        _file = file;
        _replaces = replaces;
        CheckTarget();
        _handle = Guarded(() => folder.Create(_hiddenName));
        _isHidden = true;
        Guarded(() => File.SetUnixFileMode(_handle, Hidden));
    }

    /// <summary>Called once, when the file has appeared under its own name.</summary>
    internal Action? Published { get; init; }

    internal long Length => _length;

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(_handle, bytes, _length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed(exception);
        }

        _length += bytes.Length;
    }

    /// <summary>Ends writing: the file gets its final mode and its descriptor is closed, because a program open for writing does not start.</summary>
    internal void Seal()
    {
        Guarded(() => File.SetUnixFileMode(_handle, _file.Mode));
        _handle.Dispose();
    }

    public void Publish()
    {
        ObjectDisposedException.ThrowIf(!_isHidden, this);
        CheckTarget();
        Guarded(() => _folder.Rename(_hiddenName, _file.Name, _replaces));
        _isHidden = false;
        Published?.Invoke();
    }

    public void Dispose()
    {
        _handle.Dispose();
        if (!_isHidden)
            return;
        _isHidden = false;
        _folder.Remove(_hiddenName);
    }

    private void CheckTarget()
    {
        bool exists = _folder.Holds(_file.Name);
        if (exists && !_replaces)
            throw new NodeFileException(ProtocolErrorCode.CannotModifyPostPivotStatic, $"{_folder.Path}/{_file.Name} exists already.");
        if (!exists && _replaces)
            throw new NodeFileException(_file.Missing, $"{_folder.Path}/{_file.Name} does not exist, so it cannot be replaced.");
    }

    private void Guarded(Action action) => Guarded(() =>
    {
        action();
        return true;
    });

    private T Guarded<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (_isHidden)
                Dispose();
            throw Failed(exception);
        }
    }

    private NodeFileException Failed(Exception cause) =>
        new(_file.CannotPut, $"{_folder.Path}/{_file.Name} cannot be written: {cause.Message}", cause);
}
