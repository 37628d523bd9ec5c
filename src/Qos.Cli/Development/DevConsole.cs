using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Qos.Local;

namespace Qos.Cli;

/// <summary>Reads a machine's console while it is written, and knows with which code its app ended.</summary>
/// <param name="folder">The node's folder.</param>
/// <param name="tell">Takes each line.</param>
internal sealed partial class DevConsole(string folder, Action<string> tell)
{
    private const int MaxLine = 64 * 1024;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private readonly string _path = Path.Combine(folder, LocalNodePrograms.MachineConsole);
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly List<byte> _line = [];
    private long _position;
    private int? _code;

    /// <summary>Reads until the machine's runner has ended, and everything that was written before.</summary>
    /// <param name="runner">Completes with the runner's exit code.</param>
    /// <returns>The app's exit code; the runner's when the console has none.</returns>
    public async Task<int> FollowAsync(Task<int> runner)
    {
        while (!runner.IsCompleted)
        {
            Read();
            await Task.WhenAny(runner, Task.Delay(s_pause)).ConfigureAwait(false);
        }

        int code = await runner.ConfigureAwait(false);
        Read();
        return _code ?? code;
    }

    private void Read()
    {
        try
        {
            using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

            // The runner starts a machine anew whose module lost a request; its console begins anew, too.
            if (file.Length < _position)
                _position = 0;
            file.Position = _position;
            int read;
            while ((read = file.Read(_buffer)) > 0)
            {
                _position += read;
                foreach (byte one in _buffer.AsSpan(0, read))
                    Take(one);
            }
        }
        catch (IOException)
        {
            // It is not there yet.
        }
    }

    private void Take(byte one)
    {
        if (one != '\n' && _line.Count < MaxLine)
        {
            _line.Add(one);
            return;
        }

        string line = Encoding.UTF8.GetString([.. _line]).TrimEnd('\r');
        _line.Clear();
        if (Ended().Match(line) is { Success: true } ended)
            _code = int.Parse(ended.Groups[1].Value, CultureInfo.InvariantCulture);
        tell(line);
    }

    // The app's own lines begin with 'pivot: ', so that it cannot say this.
    [GeneratedRegex(@"^(?:\[ *[0-9.]+\] )?init: the app has ended with code ([0-9]{1,9}) ")]
    private static partial Regex Ended();
}
