using System.Buffers.Binary;
using System.Text;

namespace Qos.Protocol.Tests;

/// <summary>What an image cannot start is told from a file's first bytes.</summary>
public sealed class PivotExecutableTests
{
    [Fact]
    public void A_static_program_is_startable()
    {
        Assert.Null(PivotExecutable.DescribeUnstartable(Elf()));
        Assert.Null(PivotExecutable.DescribeUnstartable(Elf(type: 3))); // static-pie
        Assert.Null(PivotExecutable.LoaderOf(Elf()));
    }

    [Fact]
    public void A_dynamic_program_names_its_loader()
    {
        byte[] dynamic = Elf(loader: "/lib64/ld-linux-x86-64.so.2");
        Assert.Equal("/lib64/ld-linux-x86-64.so.2", PivotExecutable.LoaderOf(dynamic));
        Says("/lib64/ld-linux-x86-64.so.2", dynamic);
    }

    [Fact]
    public void The_machine_s_own_shell_is_dynamic() =>
        Says("loader", File.ReadAllBytes("/bin/sh").AsSpan(0, PivotExecutable.HeaderLength));

    [Fact]
    public void What_is_no_program_for_the_image_is_said()
    {
        Says("empty", []);
        Says("script for /usr/bin/env node", "#!/usr/bin/env node\nconsole.log(1)"u8);
        Says("\\u{1b}", "#!/bin/\u001bsh"u8);
        Says("no ELF program", "hello"u8);
        Says("no ELF program", Elf().AsSpan(0, 63));
        Says("arm64", Elf(machine: 183));
        Says("32 bits", Changed(4, 1));
        Says("not linked", Elf(type: 1));
    }

    [Fact]
    public void A_hostile_header_is_read_within_its_bounds()
    {
        byte[] far = Elf(loader: "/x");
        BinaryPrimitives.WriteUInt64LittleEndian(far.AsSpan(32), ulong.MaxValue - 8);
        Assert.Null(PivotExecutable.LoaderOf(far));
        byte[] beyond = Elf(loader: "/x");
        BinaryPrimitives.WriteUInt64LittleEndian(beyond.AsSpan(64 + 8), ulong.MaxValue);
        Assert.Equal("(its name is further on)", PivotExecutable.LoaderOf(beyond));
        var random = new Random(5);
        for (int round = 0; round < 10_000; round++)
        {
            byte[] any = Elf(loader: "/lib/ld.so");
            for (int change = 0; change < 8; change++)
                any[random.Next(any.Length)] = (byte)random.Next(256);
            _ = PivotExecutable.DescribeUnstartable(any.AsSpan(0, random.Next(any.Length)));
        }
    }

    [Fact]
    public void A_file_above_the_message_s_limit_is_said()
    {
        Assert.Null(PivotExecutable.DescribeTooLong(127L << 20));
        Assert.Contains("134217728", PivotExecutable.DescribeTooLong(128L << 20), StringComparison.Ordinal);
        Assert.Contains("150000000", PivotExecutable.DescribeTooLong(150_000_000), StringComparison.Ordinal);
    }

    private static void Says(string text, ReadOnlySpan<byte> head) =>
        Assert.Contains(text, PivotExecutable.DescribeUnstartable(head), StringComparison.Ordinal);

    private static byte[] Changed(int at, byte value)
    {
        byte[] elf = Elf();
        elf[at] = value;
        return elf;
    }

    private static byte[] Elf(ushort machine = 62, ushort type = 2, string? loader = null)
    {
        byte[] elf = new byte[512];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(elf);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(16), type);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(18), machine);
        BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(56), 2);
        BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(64 + 56), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(64), loader is null ? 6u : 3u);
        if (loader is not null)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(64 + 8), 256);
            Encoding.UTF8.GetBytes(loader, elf.AsSpan(256));
        }

        return elf;
    }
}
