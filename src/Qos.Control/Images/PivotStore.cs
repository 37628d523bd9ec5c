using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Qos.Fleet;
using Qos.Registry;

namespace Qos.Control;

/// <summary>
/// Executables by their SHA-256, taken out of images. What is in the folder is believed no more than a registry: it is hashed each time before it is used
/// by a process that did not hash it yet.
/// </summary>
internal sealed class PivotStore(string folder, RegistryClient registry, ServiceKey key, RegistryCredentials own) : IPivotSource
{
    // The images and paths that are remembered of each file; another one is asked for again.
    private const int MaxOrigins = 16;

    // Of files that are there: those that were hashed, with the images and paths that they came from. No more than there are files.
    private readonly ConcurrentDictionary<string, ImmutableList<string>> _checked = new(StringComparer.Ordinal);

    // Of files that are being worked at.
    private readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);

    /// <summary>How many files it remembers anything of.</summary>
    internal int Remembered
    {
        get
        {
            lock (_turns)
                return Math.Max(_turns.Count, _checked.Count);
        }
    }

    /// <summary>The image's digest.</summary>
    /// <exception cref="RegistryException">It cannot be had.</exception>
    public Task<ResolvedImage> ResolveAsync(ImageReference image, string? pullSecret, CancellationToken cancellationToken) =>
        registry.ResolveAsync(image, Credentials(pullSecret), cancellationToken);

    /// <summary>Takes an executable out of an image, unless that was done before: it must have the given SHA-256.</summary>
    /// <exception cref="RegistryException">It cannot be had, or has another hash.</exception>
    public Task<string> TakeAsync(ResolvedImage image, string path, ReadOnlyMemory<byte> sha256, string? pullSecret, CancellationToken cancellationToken)
    {
        string name = Convert.ToHexStringLower(sha256.Span);
        return AloneAsync(name, () => TakeAloneAsync(image, path, name, sha256, pullSecret, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<string> PathAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        ReadOnlyMemory<byte> sha256 = deployment.Manifest.Pivot.Hash;
        string target = Path.Combine(folder, Convert.ToHexStringLower(sha256.Span));
        try
        {
            if (await IsThereAsync(target, sha256, cancellationToken).ConfigureAwait(false))
                return target;
            ImageReference image = ImageReference.Parse(deployment.ImageUrl).At(deployment.ImageDigest);
            ResolvedImage resolved = await ResolveAsync(image, deployment.EncryptedPullSecret, cancellationToken).ConfigureAwait(false);
            return await TakeAsync(resolved, deployment.PivotPath, sha256, deployment.EncryptedPullSecret, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RegistryException or IOException or UnauthorizedAccessException)
        {
            throw new PivotUnavailableException($"its executable cannot be had: {e.Message}", e);
        }
    }

    /// <summary>
    /// Removes executables that nobody needs, and what a service that was killed left half written. Each goes in one step, and one that is needed after all is taken
    /// out of its image again.
    /// </summary>
    /// <param name="before">Only what was written or asked for before this: what is younger may be for a deployment that is being made.</param>
    /// <param name="neededAsync">The SHA-256 of those that are needed, in lower-case hex; asked after the folder was looked at.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many were removed.</returns>
    /// <exception cref="IOException">One cannot be removed.</exception>
    public async Task<int> RemoveUnneededAsync(DateTime before, Func<CancellationToken, Task<IReadOnlySet<string>>> neededAsync, CancellationToken cancellationToken)
    {
        foreach (string name in _checked.Keys.Where(name => !File.Exists(Path.Combine(folder, name))))
            _checked.TryRemove(name, out _);
        string[] old = Directory.Exists(folder) ? [.. Directory.GetFiles(folder).Where(path => File.GetLastWriteTimeUtc(path) < before)] : [];
        if (old.Length == 0)
            return 0;
        IReadOnlySet<string> needed = await neededAsync(cancellationToken).ConfigureAwait(false);
        int removed = 0;
        foreach (string path in old.Where(path => !needed.Contains(Path.GetFileName(path))))
        {
            string name = Path.GetFileName(path);
            removed += await AloneAsync(
                name,
                () =>
                {
                    if (File.GetLastWriteTimeUtc(path) >= before)
                        return Task.FromResult(0);
                    File.Delete(path);
                    _checked.TryRemove(name, out _);
                    return Task.FromResult(1);
                },
                cancellationToken).ConfigureAwait(false);
        }

        return removed;
    }

    private async Task<string> TakeAloneAsync(ResolvedImage image, string path, string name, ReadOnlyMemory<byte> sha256, string? pullSecret, CancellationToken cancellationToken)
    {
        string target = Path.Combine(folder, name);
        try
        {
            // That the bytes are there says nothing about this image and path, and the deployment names those.
            string origin = $"{image.ManifestDigest} {path}";
            if (_checked.TryGetValue(name, out ImmutableList<string>? origins) && origins.Contains(origin) && await IsThereAsync(target, sha256, cancellationToken).ConfigureAwait(false))
            {
                // Asked for now: the deployment that needs it may not be kept yet.
                File.SetLastWriteTimeUtc(target, DateTime.UtcNow);
                return target;
            }

            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            string draft = Path.Combine(folder, $".{Guid.NewGuid():N}");
            try
            {
                var output = new FileStream(draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.Asynchronous });
                await using (output.ConfigureAwait(false))
                {
                    ExtractedFile file = await registry.ExtractAsync(image, path, Credentials(pullSecret), output, cancellationToken).ConfigureAwait(false);
                    if (!file.Sha256.AsSpan().SequenceEqual(sha256.Span))
                        throw new RegistryException(RegistryError.Untrusted, $"{path} in {image.Reference} has the SHA-256 {Convert.ToHexStringLower(file.Sha256)}, and {name} was expected.");
                    output.Flush(flushToDisk: true);
                }

                File.Move(draft, target, overwrite: true);
                _checked.AddOrUpdate(name, [origin], (_, before) => [.. before.TakeLast(MaxOrigins - 1), origin]);
                return target;
            }
            finally
            {
                File.Delete(draft);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RegistryException(RegistryError.Unavailable, $"The executable cannot be written: {e.Message}", e);
        }
    }

    private RegistryCredentials Credentials(string? pullSecret) => string.IsNullOrEmpty(pullSecret) ? own : key.OpenPullSecret(pullSecret);

    private async Task<bool> IsThereAsync(string path, ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken)
    {
        string name = Path.GetFileName(path);
        if (!File.Exists(path))
        {
            _checked.TryRemove(name, out _);
            return false;
        }

        if (_checked.ContainsKey(name))
            return true;
        var file = new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
        await using (file.ConfigureAwait(false))
        {
            if (!(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false)).AsSpan().SequenceEqual(sha256.Span))
                return false;
        }

        _checked.TryAdd(name, []);
        return true;
    }

    // One at a time works at a file; its turn is forgotten with the last one that waits for it.
    private async Task<T> AloneAsync<T>(string name, Func<Task<T>> act, CancellationToken cancellationToken)
    {
        Turn? turn;
        lock (_turns)
        {
            if (!_turns.TryGetValue(name, out turn))
                _turns.Add(name, turn = new Turn());
            turn.Users++;
        }

        try
        {
            await turn.One.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await act().ConfigureAwait(false);
            }
            finally
            {
                turn.One.Release();
            }
        }
        finally
        {
            lock (_turns)
            {
                if (--turn.Users == 0)
                    _turns.Remove(name);
            }
        }
    }

    private sealed class Turn
    {
        public SemaphoreSlim One { get; } = new(1);

        public int Users { get; set; }
    }
}
