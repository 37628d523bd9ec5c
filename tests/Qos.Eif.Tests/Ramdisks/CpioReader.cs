using System.Globalization;
using System.Text;

namespace Qos.Eif.Tests;

/// <summary>Reads an archive as the kernel does; shares no code with the writer.</summary>
internal static class CpioReader
{
    public static List<Entry> Read(byte[] archive)
    {
        var entries = new List<Entry>();
        int at = 0;
        while (true)
        {
            Assert.Equal(0, at % 4);
            Assert.Equal("070701", Text(archive, at, 6));
            uint[] fields = [.. Enumerable.Range(0, 13).Select(i => uint.Parse(Text(archive, at + 6 + (8 * i), 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))];
            int nameEnd = at + 110 + (int)fields[11];
            Assert.Equal(0, archive[nameEnd - 1]);
            string name = Text(archive, at + 110, (int)fields[11] - 1);
            int data = RoundUp(nameEnd);
            int size = (int)fields[6];
            at = RoundUp(data + size);
            if (name == "TRAILER!!!")
            {
                Assert.All(archive[at..], static value => Assert.Equal(0, value));
                return entries;
            }

            entries.Add(new Entry(name, fields, archive[data..(data + size)]));
        }
    }

    private static int RoundUp(int position) => (position + 3) & ~3;

    private static string Text(byte[] bytes, int at, int length) => Encoding.ASCII.GetString(bytes, at, length);

    /// <param name="Name">Without a slash before it.</param>
    /// <param name="Fields">Inode, mode, user, group, links, time, size, device, device described, name's length, checksum.</param>
    /// <param name="Data">A file's bytes, a link's target.</param>
    public sealed record Entry(string Name, uint[] Fields, byte[] Data)
    {
        public uint Inode => Fields[0];

        public uint Mode => Fields[1];

        public (uint User, uint Group) Owner => (Fields[2], Fields[3]);

        public uint Time => Fields[5];

        public (uint Major, uint Minor) Described => (Fields[9], Fields[10]);
    }
}
