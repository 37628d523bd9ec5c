using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Qos.Client;
using Qos.Nsm;
using Qos.Simulator;
using Qos.Tokens.Tests;

namespace Qos.Cli.Tests;

/// <summary>
/// Runs a script of command lines in a folder of its own and writes down what an operator sees: <c>$</c> a command, <c>!</c> a line of
/// standard error, <c>?</c> an exit status that is not 0. Hex of 16 digits and more, and what differs from run to run, is left out. <c>NODE</c> stands for the URL of the node started last, <c>NODE-name</c> for that of the node of this name, <c>MODULE</c> for the path of SoftHSM2, <c>{RLO}</c> for the character that turns text around.
/// </summary>
internal sealed partial class ScriptRun : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qos-cli-").FullName;
    private readonly string _before = Environment.CurrentDirectory;
    private readonly SimulatorPki _pki = SimulatorPki.Create();
    private readonly List<(string Name, LocalNode Node)> _nodes = [];
    private readonly List<string> _answers = [];
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);
    private readonly StringBuilder _seen = new();
    private SoftHsm? _softHsm;

    public ScriptRun()
    {
        Environment.CurrentDirectory = _folder;
        File.WriteAllText("root.pem", _pki.RootPem);
        File.WriteAllLines("release.pcrs", Enumerable.Range(0, 3).Select(static index => $"{Convert.ToHexString(Measurement(index))} PCR{index}"));
    }

    /// <summary>Runs every line that begins with <c>$</c>; comments stay, and empty lines before these: any other is a command's output.</summary>
    public async Task<string> RunAsync(string script)
    {
        string[] lines = script.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i];
            if (line.StartsWith("$ ", StringComparison.Ordinal))
            {
                _seen.Append(line).Append('\n');
                await CommandAsync(Words(line[2..]));
            }
            else if (line.StartsWith('#') || (line.Length == 0 && i + 1 < lines.Length && (lines[i + 1].StartsWith('$') || lines[i + 1].StartsWith('#'))))
            {
                _seen.Append(line).Append('\n');
            }
        }

        return _seen.ToString().TrimEnd('\n') + "\n";
    }

    public void Dispose()
    {
        Environment.CurrentDirectory = _before;
        foreach ((_, LocalNode node) in _nodes)
            node.Dispose();
        _pki.Dispose();
        _softHsm?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static byte[] Measurement(int index) => [.. Enumerable.Repeat((byte)(0x11 * (index + 1)), Pcr.Size)];

    private async Task CommandAsync(string[] words)
    {
        switch (words[0])
        {
            case "qos":
                await QosAsync(words[1..]);
                break;
            case "write":
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(words[1]))!);
                File.WriteAllText(words[1], words[2].Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\e", "\u001b", StringComparison.Ordinal));
                break;
            case "copy":
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(words[2]))!);
                File.Copy(words[1], words[2]);
                break;
            case "join":
                File.WriteAllText(words[1], string.Join('\n', words[2..].Select(static path => File.ReadAllText(path).Trim())) + "\n");
                break;
            case "edit":
                File.WriteAllText(words[1], File.ReadAllText(words[1]).Replace(words[2], words[3], StringComparison.Ordinal));
                break;
            case "split":
                using (var proof = System.Text.Json.JsonDocument.Parse(File.ReadAllText(words[1])))
                {
                    File.WriteAllText(words[2], proof.RootElement.GetProperty("appProof").GetRawText());
                    File.WriteAllText(words[3], proof.RootElement.GetProperty("bootProof").GetRawText());
                }

                break;
            case "vector":
                File.Copy(Vectors.VectorFiles.PathOf(words[1].Split('/')), words[2]);
                break;
            case "bundle":
                var bundle = new ProofBundle();
                bundle.Add("proofs/01.json", File.ReadAllBytes(words[2]));
                bundle.AddHistory(words[3..]);
                File.WriteAllBytes(words[1], bundle.Write());
                break;
            case "protect":
                File.SetUnixFileMode(words[1], UnixFileMode.UserRead | UnixFileMode.UserWrite);
                break;
            case "same":
                Show(File.ReadAllBytes(words[1]).AsSpan().SequenceEqual(File.ReadAllBytes(words[2])) ? "the same bytes" : "other bytes");
                break;
            case "chmod":
                File.SetUnixFileMode(words[2], (UnixFileMode)Convert.ToInt32(words[1], 8));
                break;
            case "mode":
                Show(Convert.ToString((int)File.GetUnixFileMode(words[1]), 8));
                break;
            case "env":
                _environment[words[1]] = words.Length > 2 ? words[2].Replace("NODE", _nodes.Count > 0 ? _nodes[^1].Node.Url : "NODE", StringComparison.Ordinal) : "";
                break;
            case "delete":
                File.Delete(words[1]);
                break;
            case "list":
                Show(string.Join('\n', Directory.EnumerateFileSystemEntries(words[1]).Select(Path.GetFileName).Order(StringComparer.Ordinal)));
                break;
            case "answer":
                _answers.AddRange(words[1..]);
                break;
            case "node":
                Dictionary<int, byte[]> pcrs = Enumerable.Range(0, 3).ToDictionary(static index => index, Measurement);
                pcrs[3] = Pcr.FromRoleArn("arn:aws:iam::123456789012:role/node");
                _nodes.Add((words[1], new LocalNode(_pki, pcrs, Path.Combine(_folder, "nodes", words[1]))));
                break;
            case "token":
                _ = (_softHsm ??= new SoftHsm()).NewToken(words[1]);
                break;
            default:
                throw new InvalidOperationException($"The script has the unknown command {words[0]}.");
        }
    }

    private async Task QosAsync(string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(output, error, new ScriptedKeyboard([.. _answers])) { Environment = _environment.GetValueOrDefault };
        _answers.Clear();
        for (int i = 0; i < args.Length; i++)
        {
            foreach ((string name, LocalNode node) in _nodes)
                args[i] = args[i].Replace($"NODE-{name}", node.Url, StringComparison.Ordinal);
            args[i] = args[i].Replace("NODE", _nodes.Count > 0 ? _nodes[^1].Node.Url : "NODE", StringComparison.Ordinal).Replace("{RLO}", "\u202e", StringComparison.Ordinal).Replace("MODULE", SoftHsm.ModulePath, StringComparison.Ordinal);
        }

        int status = await CommandLine.RunAsync(args, terminal);
        Show(output.ToString());
        Show(error.ToString(), "! ");
        if (status != 0)
            Show(status.ToString(CultureInfo.InvariantCulture), "? ");
    }

    private void Show(string text, string mark = "")
    {
        if (text.Length == 0)
            return;
        text = Serial().Replace(text, "[serial]");
        if (SoftHsm.ModulePath is { } module)
            text = text.Replace(module, "MODULE", StringComparison.Ordinal);
        text = Span().Replace(Module().Replace(Rate().Replace(text, "[rate]"), "[module]"), "[span]");
        text = Moment().Replace(LongHex().Replace(text.TrimEnd('\n'), "[hex]"), "[time]");
        if (_nodes.Count > 0)
            text = text.Replace(_nodes[^1].Node.Url, "NODE", StringComparison.Ordinal);
        foreach (string line in text.Split('\n'))
            _seen.Append(mark).Append(line.TrimEnd()).Append('\n');
    }

    private static string[] Words(string line) => [.. Word().Matches(line).Select(static match => match.Value.Replace("'", "", StringComparison.Ordinal))];

    [GeneratedRegex("(?<=\\(serial )[0-9a-f]+")]
    private static partial Regex Serial();

    [GeneratedRegex("(?<=; )[0-9.]+ s, [0-9]+/s|(?<=\"milliseconds\":)[0-9]+,\"perSecond\":[0-9]+")]
    private static partial Regex Rate();

    [GeneratedRegex("sim-[0-9a-f]{17}-enc[0-9a-f]{16,17}")]
    private static partial Regex Module();

    [GeneratedRegex(@"\b\d+ (d \d+ h|h \d+ min|min \d+ s)(?= (before|after|ahead))")]
    private static partial Regex Span();

    [GeneratedRegex(@"\b[0-9a-f]{16}\b|[0-9a-f]{32,}")]
    private static partial Regex LongHex();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ")]
    private static partial Regex Moment();

    [GeneratedRegex(@"([^\s']|'[^']*')+")]
    private static partial Regex Word();
}
