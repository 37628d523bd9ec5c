namespace Qos.Registry;

/// <summary>One entry of a layer.</summary>
/// <param name="Path">Its path inside the image without a slash in front; null when it would leave the image.</param>
/// <param name="Kind">The type: <c>0</c> a file, <c>1</c> a hard link, <c>2</c> a symbolic link, <c>5</c> a folder.</param>
/// <param name="Link">What a link names, as it stands there.</param>
/// <param name="Size">Bytes of its content, which follow.</param>
internal sealed record TarEntry(string? Path, char Kind, string Link, long Size)
{
    public bool IsFile => Kind is '0' or '\0' or '7';

    public bool IsHardLink => Kind == '1';

    public bool IsSymbolicLink => Kind == '2';

    public bool IsFolder => Kind == '5';
}
