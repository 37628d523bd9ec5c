using System.Buffers.Binary;

namespace Qos.Eif;

/// <summary>CRC-32 of IEEE 802.3, as images and gzip have it, eight bytes a step.</summary>
internal struct Crc32
{
    private const uint Polynomial = 0xedb88320;
    private static readonly uint[][] s_tables = MakeTables();

    private uint _complement;

    /// <summary>The CRC of what was appended so far.</summary>
    public readonly uint Value => _complement;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        uint state = ~_complement;
        uint[][] tables = s_tables;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ state;
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            state = tables[7][low & 0xff] ^ tables[6][(low >> 8) & 0xff] ^ tables[5][(low >> 16) & 0xff] ^ tables[4][low >> 24]
                ^ tables[3][high & 0xff] ^ tables[2][(high >> 8) & 0xff] ^ tables[1][(high >> 16) & 0xff] ^ tables[0][high >> 24];
        }

        foreach (byte value in bytes)
            state = tables[0][(state ^ value) & 0xff] ^ (state >> 8);
        _complement = ~state;
    }

    private static uint[][] MakeTables()
    {
        uint[][] tables = new uint[8][];
        for (int table = 0; table < tables.Length; table++)
        {
            tables[table] = new uint[256];
            for (uint i = 0; i < 256; i++)
                tables[table][i] = table == 0 ? OfByte(i) : Shift(tables[0], tables[table - 1][i]);
        }

        return tables;
    }

    private static uint Shift(uint[] first, uint value) => first[value & 0xff] ^ (value >> 8);

    private static uint OfByte(uint value)
    {
        for (int bit = 0; bit < 8; bit++)
            value = (value & 1) != 0 ? (value >> 1) ^ Polynomial : value >> 1;
        return value;
    }
}
