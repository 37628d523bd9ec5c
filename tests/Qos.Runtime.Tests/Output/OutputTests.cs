using System.Text;

namespace Qos.Runtime.Tests.Output;

public sealed class OutputTests
{
    [Theory]
    [InlineData("one\ntwo\n", "one", "two")]
    [InlineData("no line feed", "no line feed")]
    [InlineData("windows\r\n", "windows")]
    [InlineData("\n\n", "", "")]
    [InlineData("0123456789abcdefX\nnext\n", "0123456789abcdef [cut]", "next")]
    [InlineData("\u001b[31mred\u0007\n", "\\u{1b}[31mred\\u{7}")]
    [InlineData("a\tb\u202e\n", "a\tb\\u{202e}")]
    public void Output_becomes_lines_that_are_safe_to_show(string output, params string[] expected)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(output);
        foreach (int step in (int[])[1, 2, 3, bytes.Length])
        {
            var lines = new List<string>();
            var buffer = new LineBuffer(16);
            foreach (byte[] chunk in bytes.Chunk(step))
                buffer.Append(chunk, lines.Add);
            buffer.End(lines.Add);
            Assert.Equal(expected, lines);
        }
    }

    [Fact]
    public void Bytes_that_are_no_text_are_shown_all_the_same()
    {
        var lines = new List<string>();
        new LineBuffer(16).Append([0xFF, (byte)'a', 0xC3, (byte)'\n'], lines.Add);
        Assert.Equal(["\ufffda\ufffd"], lines);
    }

    [Fact]
    public void A_burst_passes_then_so_many_lines_a_second()
    {
        var time = new ManualTime();
        var rate = new LineRate(burst: 5, perSecond: 2, time);
        Assert.Equal(5, Enumerable.Range(0, 20).Count(_ => rate.TryTake()));
        Assert.Equal(15, rate.TakeDropped());
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, Enumerable.Range(0, 20).Count(_ => rate.TryTake()));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(5, Enumerable.Range(0, 20).Count(_ => rate.TryTake()));
        Assert.Equal(18 + 15, rate.TakeDropped());
        Assert.Equal(0, rate.TakeDropped());
    }

    [Fact]
    public void Every_line_is_written_by_itself_with_the_notice_of_dropped_ones_before_it()
    {
        var time = new ManualTime();
        var written = new List<string>();
        using var both = new CountdownEvent(2);
        using (var console = new BoundedConsole(
            line =>
            {
                written.Add(line);
                if (!both.IsSet)
                    both.Signal();
                return true;
            },
            new OutputLimits { Burst = 2, LinesPerSecond = 1 }, time))
        {
            foreach (string line in (string[])["one", "two", "dropped", "dropped"])
                console.Show(line);
            Assert.True(both.Wait(TimeSpan.FromMinutes(1)));
            time.Advance(TimeSpan.FromSeconds(1));
            console.Show("three");
            console.Show("dropped");
        }

        Assert.Equal(["one", "two", "[2 lines dropped]", "three", "[1 lines dropped]"], written);
    }

    [Fact]
    public void A_console_that_hangs_holds_nobody_up_and_costs_a_bounded_number_of_lines()
    {
        using var hung = new ManualResetEventSlim();
        int written = 0;
        var limits = new OutputLimits { Burst = 100_000, Waiting = 16 };
        using (var console = new BoundedConsole(
            _ =>
            {
                hung.Wait();
                written++;
                return true;
            },
            limits, new ManualTime()))
        {
            for (int i = 0; i < 50_000; i++)
                console.Show("line");
            hung.Set();
        }

        // Those that waited, one that was being written, the notice of the one that took its place, and the last notice.
        Assert.InRange(written, 1, limits.Waiting + 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_console_that_is_full_costs_its_lines_and_says_how_many(bool throws)
    {
        var written = new List<string>();
        using var taken = new CountdownEvent(1);
        bool isFull = true;
        using (var console = new BoundedConsole(
            line =>
            {
                bool now = Volatile.Read(ref isFull);
                if (!now)
                    written.Add(line);
                if (!taken.IsSet)
                    taken.Signal();
                return !now ? true : throws ? throw new IOException("No space left on device") : false;
            },
            new OutputLimits(), new ManualTime()))
        {
            console.Show("lost");
            Assert.True(taken.Wait(TimeSpan.FromMinutes(1)));
            Volatile.Write(ref isFull, false);
            console.Show("shown");
            console.Show("last");
        }

        Assert.Contains("shown", written);
        Assert.Contains("last", written);
        Assert.Contains(written, static line => line is "[1 lines dropped]");
        Assert.Equal(3, written.Count);
    }

    [Fact]
    public void A_descriptor_that_takes_nothing_more_is_said_and_not_thrown()
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write);
        var writer = new LineWriter((int)full.DangerousGetHandle());
        Assert.False(writer.TryWrite("one"));
        Assert.False(writer.TryWrite("two"));
    }

    [Fact]
    public void A_line_is_written_in_one_piece_and_safe_to_show()
    {
        using var folder = new TestFolder();
        using (Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(folder["log"], FileMode.Create, FileAccess.Write))
        {
            var writer = new LineWriter((int)file.DangerousGetHandle());
            Assert.True(writer.TryWrite("a\nb\u001b[2J\u202e\ufe0f\ud800"));
        }

        Assert.Equal("a\\u{a}b\\u{1b}[2J\\u{202e}\\u{fe0f}\\u{d800}\n", File.ReadAllText(folder["log"]));
    }

    [Fact]
    public void A_line_goes_behind_what_others_wrote_to_the_same_file()
    {
        using var folder = new TestFolder();
        using (Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(folder["log"], FileMode.Create, FileAccess.Write))
        {
            // As a shell's 2>&1 makes them: two writers, one file, one place in it.
            var output = new LineWriter((int)file.DangerousGetHandle());
            var errors = new LineWriter((int)file.DangerousGetHandle());
            Assert.True(output.TryWrite("one"));
            Assert.True(errors.TryWrite("two"));
            Assert.True(output.TryWrite("three"));
        }

        Assert.Equal("one\ntwo\nthree\n", File.ReadAllText(folder["log"]));
    }
}
