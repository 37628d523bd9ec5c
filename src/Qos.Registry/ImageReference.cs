using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Qos.Registry;

/// <summary>
/// Which image: <c>[HOST/]REPOSITORY[:TAG][@sha256:HEX]</c>, as in docker's commands. A digest decides; the tag beside it is then only a note.
/// </summary>
public sealed partial record ImageReference
{
    private const string DockerHub = "docker.io";
    private const int MaxLength = 1024;

    private ImageReference(string host, string repository, string? tag, string? digest) =>
        (Host, Repository, Tag, Digest) = (host, repository, tag, digest);

    /// <summary>The registry as people name it, with its port where there is one.</summary>
    public string Host { get; }

    /// <summary>The repository's path.</summary>
    public string Repository { get; }

    /// <summary>The tag; null when none was given.</summary>
    public string? Tag { get; }

    /// <summary>The digest, <c>sha256:</c> and 64 hex digits; null when none was given.</summary>
    public string? Digest { get; }

    /// <summary>What a manifest is asked for by: the digest, else the tag.</summary>
    public string Name => Digest ?? Tag ?? "latest";

    /// <summary>Where its HTTP API is.</summary>
    internal string ApiHost => Host == DockerHub ? "registry-1.docker.io" : Host;

    /// <summary>Reads a reference.</summary>
    /// <exception cref="RegistryException">It has another form.</exception>
    public static ImageReference Parse(string text) => TryParse(text, out ImageReference? image)
        ? image
        : throw new RegistryException(RegistryError.Reference, $"'{Shown(text)}' is not an image, for example registry.example.com/team/app:1.4 or …/app@sha256:<64 hex digits>.");

    /// <summary>Reads a reference; false when it has another form.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ImageReference? image)
    {
        ArgumentNullException.ThrowIfNull(text);
        image = null;
        if (text.Length is 0 or > MaxLength)
            return false;
        string rest = text;
        string? digest = null, tag = null;
        if (rest.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at)
        {
            digest = rest[(at + 1)..];
            rest = rest[..at];
            if (!IsDigest(digest))
                return false;
        }

        if (rest.LastIndexOf(':') is >= 0 and var colon && colon > rest.LastIndexOf('/'))
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
            if (!TagForm().IsMatch(tag))
                return false;
        }

        // As docker has it: the first part is a host when it looks like one.
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? "" : rest[..slash];
        bool hasHost = first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first == "localhost";
        string host = hasHost ? first : DockerHub;
        string repository = hasHost ? rest[(slash + 1)..] : slash < 0 ? "library/" + rest : rest;
        if (!HostForm().IsMatch(host) || !RepositoryForm().IsMatch(repository))
            return false;
        image = new ImageReference(host, repository, tag, digest);
        return true;
    }

    /// <summary>The same image, named by a digest.</summary>
    public ImageReference At(string digest) =>
        IsDigest(digest) ? new(Host, Repository, Tag, digest) : throw new ArgumentException("It is not a digest.", nameof(digest));

    /// <summary>The reference as it is written.</summary>
    public override string ToString() => $"{Host}/{Repository}{(Tag is null ? "" : ":" + Tag)}{(Digest is null ? "" : "@" + Digest)}";

    /// <summary>Whether a text is <c>sha256:</c> and 64 lower-case hex digits, the one form that is accepted.</summary>
    internal static bool IsDigest(string? text) => text is not null && DigestForm().IsMatch(text);

    private static string Shown(string text) => new([.. text.Take(100).Select(static c => char.IsControl(c) ? '?' : c)]);

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex DigestForm();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex TagForm();

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?(:[0-9]{1,5})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex HostForm();

    [GeneratedRegex(@"\A[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex RepositoryForm();
}
