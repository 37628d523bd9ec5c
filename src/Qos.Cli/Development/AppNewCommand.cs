using System.CommandLine;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Qos.Client;

namespace Qos.Cli;

/// <summary><c>qos app new</c></summary>
internal sealed partial class AppNewCommand : QosCommand
{
    private const string Prefix = "templates/";
    private const string Placeholder = "NAME";
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly Option<string> _language = new("--language") { Description = "The language that the app is written in.", HelpName = "go|rust|c|python|node|dotnet", Required = true };
    private readonly Argument<string> _folder = new("DIR") { Description = "The folder to write, which must not be there; its name is the app's." };

    public AppNewCommand()
        : base("new", "Write a small app to start from: a signed answer, a build, a test that verifies it.", "qos app new --language go signer")
    {
        _language.AcceptOnlyFromAmong("go", "rust", "c", "python", "node", "dotnet");
        Take(_folder, _language);
    }

    /// <summary>A template's files, by their names in it. One that would be taken for a project or a source of ours has an ending more here.</summary>
    internal static IReadOnlyDictionary<string, string> FilesOf(string language) => Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(name => name.StartsWith($"{Prefix}{language}/", StringComparison.Ordinal) || name.StartsWith(Prefix + "shared/", StringComparison.Ordinal))
        .ToDictionary(static name => name[(name.IndexOf('/', Prefix.Length) + 1)..].Replace(".template", "", StringComparison.Ordinal), static name => name);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string folder = Path.GetFullPath(parsed.GetValue(_folder)!);
        string name = Path.GetFileName(folder.TrimEnd('/'));
        if (!AppName().IsMatch(name))
            throw new UsageException("the folder's name is the app's: small letters, digits and dashes, beginning with a letter, at most 40");
        if (Path.Exists(folder))
            throw new CeremonyException($"{folder} is there already: name another folder.");

        // Whole or not at all.
        string draft = folder + ".new-" + Path.GetRandomFileName();
        try
        {
            Directory.CreateDirectory(draft);
            foreach ((string file, string resource) in FilesOf(parsed.GetValue(_language)!))
            {
                string path = Path.Combine(draft, file.Replace(Placeholder, name, StringComparison.Ordinal));
                using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
                using var reader = new StreamReader(stream, Encoding.UTF8);
                File.WriteAllText(path, reader.ReadToEnd().Replace(Placeholder, name, StringComparison.Ordinal));
                File.SetUnixFileMode(path, file is "build" or "test" ? Executable : Readable);
            }

            Directory.Move(draft, folder);
        }
        finally
        {
            if (Directory.Exists(draft))
                Directory.Delete(draft, recursive: true);
        }

        terminal.Page.Wrote(folder, $"an app in {parsed.GetValue(_language)}; ./build, ./test, then qos dev run ./{name} --port 3000 --watch");
        return Task.CompletedTask;
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,39}$")]
    private static partial Regex AppName();
}
