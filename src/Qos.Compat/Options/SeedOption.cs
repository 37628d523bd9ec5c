using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Compat;

/// <summary><c>--master-seed-path</c>: a plain secret file, the only kind that these commands can open, since nothing of theirs asks for a passphrase.</summary>
internal sealed class SeedOption
{
    private readonly string _instead;

    /// <param name="description">What the key is for.</param>
    /// <param name="instead">The command of <c>qos</c> that takes a file under a passphrase.</param>
    public SeedOption(string description, string instead)
    {
        Option = Standard.Required("master-seed-path", description);
        _instead = instead;
    }

    /// <summary>The option.</summary>
    public Option<string> Option { get; }

    /// <summary>Opens the file; the caller disposes of the key.</summary>
    /// <exception cref="CeremonyException">It cannot be read, or is under a passphrase.</exception>
    public KeySet Read(ParseResult parsed)
    {
        string path = parsed.GetValue(Option)!;
        return KeySource.ReadSecret(path, () => throw new CeremonyException($"{path} is under a passphrase, which is not asked for here: use '{_instead}'."));
    }
}
