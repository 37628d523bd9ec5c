using FsCheck;
using FsCheck.Fluent;

namespace Qos.Transport.Tests;

/// <summary>Addresses of enclaves, from anything that a command line may hold.</summary>
public class AddressPropertyTests
{
    private static readonly string[] s_pieces =
        ["unix:", "vsock:", "vhost:", "any", "/", "16", "4294967295", "4294967296", "-", "+", " ", ":", "\0", "\ud800", "ä", "s", new('p', 60)];

    [Fact]
    public void Any_text_is_an_address_that_is_written_as_it_reads_or_is_refused()
    {
        Prop.ForAll<int[]>(static choices =>
        {
            string text = string.Concat(choices.Select(static choice => s_pieces[(int)((uint)choice % s_pieces.Length)]));
            if (EnclaveAddress.TryParse(text, out EnclaveAddress? address))
                Assert.Equal(address, EnclaveAddress.Parse(address.ToString()));
            else
                Assert.Equal(TransportError.BadAddress, Assert.Throws<TransportException>(() => EnclaveAddress.Parse(text)).Error);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Fact]
    public void Any_context_identifier_comes_back() => Prop.ForAll<uint>(
        static cid => Assert.Equal(cid, EnclaveAddress.Parse(EnclaveAddress.Vsock(cid).ToString()).Cid)).QuickCheckThrowOnFailure();
}
