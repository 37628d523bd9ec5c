using Qos.Client;
using Qos.Registry;

namespace Qos.Cli;

/// <summary>A program in an image of a registry: <c>--image registry/app@sha256:… --path /app</c>.</summary>
/// <param name="Image">The image. A tag is resolved, and the digest said, as <c>qos deploy create</c> does.</param>
/// <param name="Path">The program's path in it.</param>
/// <param name="CredentialsFile">Docker's <c>config.json</c>; null for a registry that asks for none.</param>
internal sealed record DevImage(ImageReference Image, string Path, string? CredentialsFile)
{
    /// <summary>Takes it out: every byte is checked from the digest on.</summary>
    /// <exception cref="CeremonyException">It cannot be had, or is not what the digest says.</exception>
    public async Task TakeAsync(string target, DevLog log, CancellationToken cancellationToken)
    {
        try
        {
            RegistryCredentials credentials = CredentialsFile is { } file ? RegistryCredentials.Parse(InputFile.Bytes(file)) : RegistryCredentials.None;
            using var registry = new RegistryClient();
            ResolvedImage resolved = await registry.ResolveAsync(Image, credentials, cancellationToken).ConfigureAwait(false);
            var output = new FileStream(target, FileMode.CreateNew, FileAccess.ReadWrite);
            await using (output.ConfigureAwait(false))
            {
                ExtractedFile taken = await registry.ExtractAsync(resolved, Path, credentials, output, cancellationToken).ConfigureAwait(false);
                log.Say($"the app is {taken.Path} of {Image.At(resolved.Digest)}, SHA-256 {Convert.ToHexStringLower(taken.Sha256)}");
            }
        }
        catch (RegistryException e)
        {
            throw new CeremonyException(e.Message, e);
        }
    }
}
