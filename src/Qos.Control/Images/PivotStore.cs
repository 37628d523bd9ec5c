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
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, SemaphoreSlim> _locks = new(StringComparer.Ordinal);
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, byte> _checked = new(StringComparer.Ordinal);
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, byte> _taken = new(StringComparer.Ordinal);

    /// <summary>The image's digest.</summary>
    /// <exception cref="RegistryException">It cannot be had.</exception>
    public Task<ResolvedImage> ResolveAsync(ImageReference image, string? pullSecret, CancellationToken cancellationToken) =>
        registry.ResolveAsync(image, Credentials(pullSecret), cancellationToken);

    /// <summary>Takes an executable out of an image, unless that was done before: it must have the given SHA-256.</summary>
    /// <exception cref="RegistryException">It cannot be had, or has another hash.</exception>
    public async Task<string> TakeAsync(ResolvedImage image, string path, ReadOnlyMemory<byte> sha256, string? pullSecret, CancellationToken cancellationToken)
    {
        string name = Convert.ToHexStringLower(sha256.Span), target = Path.Combine(folder, name);
        SemaphoreSlim one = _locks.GetOrAdd(name, static _ => new SemaphoreSlim(1));
        await one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // That the bytes are there says nothing about this image and path, and the deployment names those.
            string origin = $"{image.ManifestDigest} {path} {name}";
            if (_taken.ContainsKey(origin) && await IsThereAsync(target, sha256, cancellationToken).ConfigureAwait(false))
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
                _checked[name] = 0;
                _taken[origin] = 0;
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
        finally
        {
            one.Release();
        }
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
        string[] old = Directory.Exists(folder) ? [.. Directory.GetFiles(folder).Where(path => File.GetLastWriteTimeUtc(path) < before)] : [];
        if (old.Length == 0)
            return 0;
        IReadOnlySet<string> needed = await neededAsync(cancellationToken).ConfigureAwait(false);
        int removed = 0;
        foreach (string path in old.Where(path => !needed.Contains(Path.GetFileName(path))))
        {
            string name = Path.GetFileName(path);
            SemaphoreSlim one = _locks.GetOrAdd(name, static _ => new SemaphoreSlim(1));
            await one.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                if (File.GetLastWriteTimeUtc(path) >= before)
                    continue;
                File.Delete(path);
                _checked.TryRemove(name, out _);
                removed++;
            }
            finally
            {
                one.Release();
            }
        }

        return removed;
    }

    private RegistryCredentials Credentials(string? pullSecret) => string.IsNullOrEmpty(pullSecret) ? own : key.OpenPullSecret(pullSecret);

    private async Task<bool> IsThereAsync(string path, ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            return false;
        string name = Path.GetFileName(path);
        if (_checked.ContainsKey(name))
            return true;
        var file = new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
        await using (file.ConfigureAwait(false))
        {
            if (!(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false)).AsSpan().SequenceEqual(sha256.Span))
                return false;
        }

        _checked[name] = 0;
        return true;
    }
}
