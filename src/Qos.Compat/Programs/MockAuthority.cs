using Qos.Client;

namespace Qos.Compat;

/// <summary>
/// The certificate authority of all mocks of one user on one machine. The reference's mock has a fixed one, so that its nodes believe each other's
/// documents; ours makes one when it is first needed and keeps it.
/// </summary>
internal static class MockAuthority
{
    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Its folder, by the XDG base directories; null for a user without a home, whose mocks have one each.</summary>
    public static string? Folder() => Folder(Environment.GetEnvironmentVariable);

    /// <summary>Its folder as these variables say.</summary>
    public static string? Folder(Func<string, string?> environment)
    {
        if (environment("XDG_STATE_HOME") is { Length: > 0 } state && Path.IsPathFullyQualified(state))
            return Path.Combine(state, "qos", "mock-authority");
        return environment("HOME") is { Length: > 0 } home && Path.IsPathFullyQualified(home)
            ? Path.Combine(home, ".local", "state", "qos", "mock-authority")
            : null;
    }

    /// <summary>Waits for its turn: of two mocks that start at once, one makes the authority and the other finds it.</summary>
    /// <exception cref="CeremonyException">The folder cannot be used.</exception>
    public static IDisposable Take()
    {
        if (Folder() is not { } folder)
            return new MemoryStream();
        DateTime end = DateTime.UtcNow + s_patience;
        while (true)
        {
            try
            {
                Directory.CreateDirectory(folder, OwnerAlone);
                return new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (DateTime.UtcNow < end && Directory.Exists(folder))
            {
                Thread.Sleep(s_pause);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CeremonyException($"the mock's authority cannot be kept in {folder}: {e.Message}");
            }
        }
    }
}
