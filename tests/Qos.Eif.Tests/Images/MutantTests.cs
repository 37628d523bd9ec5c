using System.Buffers.Binary;

namespace Qos.Eif.Tests;

/// <summary>
/// Thousands of damaged images whose checksum is right. None crashes the reader; one that is accepted has one reading only, the one that
/// the specification gives, and its registers tell it from the original wherever anything measured differs.
/// </summary>
public sealed class MutantTests : IDisposable
{
    private static readonly ulong[] s_interesting =
        [0, 1, 2, 11, 12, 13, 31, 32, 33, 547, 548, 549, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, long.MaxValue, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 11];

    private readonly SigningKeys _keys = SigningKeys.P384();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Mutants_are_refused_or_mean_what_they_say(int seed)
    {
        var random = new Random(seed);
        byte[] original = seed % 2 == 0 ? _keys.Sign(RawImage.Small().ToBytes()) : RawImage.Small().ToBytes();
        int accepted = 0;
        for (int round = 0; round < 1500; round++)
        {
            byte[] mutant = random.Next(3) == 0 ? MutateBytes(original, random) : MutateStructure(original, random);
            if (mutant.Length >= RawImage.HeaderSize)
                RawImage.FixCrc(mutant);
            try
            {
                accepted += Judge(original, mutant) ? 1 : 0;
            }
            catch (Exception e) when (e is not EifException)
            {
                throw new InvalidOperationException($"seed {seed}, round {round}: {Convert.ToHexString(mutant)}", e);
            }
            catch (EifException refusal)
            {
                Assert.DoesNotContain(refusal.Message, static c => char.IsControl(c));
            }
        }

        // Otherwise the mutants are too wild to test anything beyond the header.
        Assert.InRange(accepted, 30, 1000);
    }

    private static bool Judge(byte[] original, byte[] mutant)
    {
        EifImage image = Read.Image(mutant);
        string description = EifDescription.ToJson(image);
        if (!EifVerification.From(image).IsValid)
            return false;

        Assert.Equal(mutant, Read.AndWrite(mutant));
        Assert.Equal(RawImage.Parse(mutant).Measure(), Read.Registers(image));
        Assert.Equal(MeasuredText(original) == MeasuredText(mutant), RawImage.Parse(original).Measure() == Read.Registers(image));
        Assert.DoesNotContain(description, static c => c is not '\n' and (< ' ' or > '~'));
        return true;
    }

    /// <summary>What is hashed into PCR1 and into PCR2.</summary>
    private static (string Boot, string Application) MeasuredText(byte[] image)
    {
        RawImage raw = RawImage.Parse(image);
        var ramdisks = raw.Sections.Where(static section => section.Type == 3).ToList();
        var boot = raw.Sections.Where(static section => section.Type is 1 or 2).Append(ramdisks[0]);
        return (
            string.Concat(boot.Select(static section => Convert.ToHexString(section.Data))),
            string.Concat(ramdisks.Skip(1).Select(static section => Convert.ToHexString(section.Data))));
    }

    private static byte[] MutateBytes(byte[] original, Random random)
    {
        byte[] bytes = [.. original];
        switch (random.Next(5))
        {
            case 0:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[random.Next(RawImage.HeaderSize)] = (byte)random.Next(256);
                return bytes;
            case 2:
                int field = random.Next(2 + 64);
                Span<byte> at = field < 2 ? bytes.AsSpan(8 + (8 * field), 8) : bytes.AsSpan(RawImage.OffsetsAt + (8 * (field - 2)), 8);
                BinaryPrimitives.WriteUInt64BigEndian(at, s_interesting[random.Next(s_interesting.Length)]);
                return bytes;
            case 3:
                return bytes[..random.Next(bytes.Length)];
            default:
                return [.. bytes, .. new byte[random.Next(1, 40)]];
        }
    }

    private static byte[] MutateStructure(byte[] original, Random random)
    {
        RawImage raw = RawImage.Parse(original);
        for (int count = random.Next(1, 4); count > 0 && raw.Sections.Count > 0; count--)
        {
            int one = random.Next(raw.Sections.Count);
            int other = random.Next(raw.Sections.Count);
            (ushort type, byte[] data) = raw.Sections[one];
            switch (random.Next(9))
            {
                case 0:
                    (raw.Sections[one], raw.Sections[other]) = (raw.Sections[other], raw.Sections[one]);
                    break;
                case 1:
                    raw.Sections.RemoveAt(one);
                    break;
                case 2:
                    raw.Sections.Insert(other, (type, data));
                    break;
                case 3:
                    raw.Sections[one] = ((ushort)random.Next(8), data);
                    break;
                case 4:
                    int moved = Math.Min(data.Length, random.Next(20));
                    raw.Sections[one] = (type, data[moved..]);
                    raw.Sections[other] = (raw.Sections[other].Type, [.. raw.Sections[other].Data, .. data[..moved]]);
                    break;
                case 5:
                    raw.Sections[one] = (type, [.. data, .. new byte[random.Next(4)]]);
                    break;
                case 6:
                    raw.Version = (ushort)random.Next(6);
                    break;
                case 7 when data.Length > 0:
                    byte[] damaged = [.. data];
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                    raw.Sections[one] = (type, damaged);
                    break;
                default:
                    int at = random.Next(data.Length + 1);
                    raw.Sections[one] = (type, [.. data[..at], .. "\u001b[0m"u8[..random.Next(4)], .. data[at..]]);
                    break;
            }
        }

        return raw.ToBytes();
    }
}
