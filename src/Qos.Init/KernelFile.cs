namespace Qos.Init;

/// <summary>Files of one line or a few by which the kernel says what it is.</summary>
internal static class KernelFile
{
    /// <summary>Reads one, without the line's end.</summary>
    /// <param name="path">The file.</param>
    /// <param name="without">What it means that it is not there.</param>
    /// <exception cref="BootException">It cannot be read.</exception>
    public static string Read(string path, string without)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BootException($"{path} cannot be read, {without}: {e.Message}");
        }
    }
}
