using FsCheck;
using FsCheck.Fluent;
using Qos.Keys;

namespace Qos.Tokens.Tests;

/// <summary>Points as tokens give them: in DER or bare, and nothing that is none.</summary>
public class EcObjectTests
{
    private static readonly TokenObjectName s_name = new("k", null);

    [Fact]
    public void A_point_is_read_in_both_forms_and_anything_else_is_refused()
    {
        using KeySet keys = KeySet.Generate(SystemRandomSource.Instance);
        byte[] point = keys.PublicKey.SigningPoint.ToArray();
        byte[] written = EcObject.WritePoint(point);
        Assert.Equal(point, EcObject.ReadPoint(point, s_name));
        Assert.Equal(point, EcObject.ReadPoint(written, s_name));

        Prop.ForAll<byte[], int, byte>((bytes, at, value) =>
        {
            byte[] changed = [.. written];
            changed[(int)((uint)at % changed.Length)] = value;
            foreach (byte[] input in (byte[][])[bytes, changed, [.. written, .. bytes], written[..(int)((uint)at % written.Length)]])
            {
                try
                {
                    Assert.Equal(point, EcObject.ReadPoint(input, s_name));
                    Assert.Equal(written, input);
                }
                catch (TokenException refused)
                {
                    Assert.DoesNotContain(refused.Message, char.IsControl);
                }
            }
        }).QuickCheckThrowOnFailure();
    }
}
