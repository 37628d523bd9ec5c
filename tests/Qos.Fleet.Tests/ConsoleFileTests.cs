using System.Diagnostics;
using Qos.Fleet.Runners;

namespace Qos.Fleet.Tests;

/// <summary>The file that a replica's programs append to for as long as they live.</summary>
public sealed class ConsoleFileTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"qos-console-{Guid.NewGuid():N}.log");

    [Fact]
    public async Task A_console_without_end_is_kept_small_and_its_last_lines_are_there()
    {
        // One writer, with the file open all the time: it goes on after the file was emptied.
        using Process writer = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec >>\"$0\"; while read -r from to; do seq -f 'line %.0f of a console that goes on and on' \"$from\" \"$to\"; echo done >&2; done", _file])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        await WriteAsync(1, 150_000);
        Assert.InRange(new FileInfo(_file).Length, 5_000_000, 10_000_000);
        ConsoleFile.Bound(_file);
        Assert.Equal(0, new FileInfo(_file).Length);
        await WriteAsync(150_001, 150_010);
        Assert.Equal(
            Enumerable.Range(149_911, 100).Select(static number => $"line {number} of a console that goes on and on"), ConsoleFile.Tail(_file, 100, null).Select(static line => line.Content));
        ConsoleFile.Bound(_file);
        Assert.Equal(100, ConsoleFile.Tail(_file, 100, null).Count);
        Assert.InRange(new DirectoryInfo(Path.GetTempPath()).GetFiles(Path.GetFileName(_file) + "*").Sum(static file => file.Length), 0, 2_000_000);
        writer.StandardInput.Close();
        await writer.WaitForExitAsync();

        async Task WriteAsync(int from, int to)
        {
            await writer.StandardInput.WriteLineAsync($"{from} {to}");
            await writer.StandardInput.FlushAsync();
            Assert.Equal("done", await writer.StandardError.ReadLineAsync());
        }
    }

    [Fact]
    public void Lines_have_their_time_where_they_begin_with_one()
    {
        File.WriteAllText(_file, "2026-11-27T08:00:00.123Z info pivot started\npivot: hello\n\n2026-11-27T09:00:00Z info later\n");
        Assert.Equal(["info pivot started", "pivot: hello", "info later"], ConsoleFile.Tail(_file, 10, null).Select(static line => line.Content));
        Assert.Equal(["pivot: hello", "info later"], ConsoleFile.Tail(_file, 10, DateTimeOffset.Parse("2026-11-27T08:30:00Z", System.Globalization.CultureInfo.InvariantCulture)).Select(static line => line.Content));
        Assert.Empty(ConsoleFile.Tail(_file + ".missing", 10, null));
    }

    public void Dispose()
    {
        File.Delete(_file);
        File.Delete(_file + ".before");
    }
}
