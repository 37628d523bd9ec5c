using FsCheck;
using FsCheck.Fluent;
using Qos.Enclave;
using Qos.Transport;

namespace Qos.Runtime.Tests.Program;

/// <summary>The command line of qos-enclave.</summary>
public sealed class EnclaveOptionsTests
{
    [Fact]
    public void Both_forms_of_an_option_are_read()
    {
        EnclaveOptions options = EnclaveOptions.Parse(["--socket", "/tmp/s", "--nsm=/tmp/n", "--dir", "/tmp/d", "--network=shared"]);
        Assert.Equal(EnclaveAddress.Unix("/tmp/s"), options.Address);
        Assert.Equal("/tmp/n", options.SimulatorSocket);
        Assert.Equal("/tmp/d", options.Directory);
        Assert.Equal(NetworkChoice.Shared, options.Network);
    }

    [Fact]
    public void An_enclave_listens_on_vsock_and_asks_the_device()
    {
        EnclaveOptions options = EnclaveOptions.Parse(["--socket", "vsock:any", "--nsm", "device"]);
        Assert.Equal(EnclaveAddressKind.Vsock, options.Address.Kind);
        Assert.Null(options.SimulatorSocket);
        Assert.Equal("/", options.Directory);
        Assert.Equal(NetworkChoice.Automatic, options.Network);
    }

    [Fact]
    public void What_the_reference_s_node_does_otherwise_can_be_asked_for()
    {
        EnclaveOptions options = EnclaveOptions.Parse(["--socket", "/s", "--nsm", "/n", "--work-dir", "/tmp", "--linger", "2.5"]);
        Assert.Equal(("/tmp", TimeSpan.FromSeconds(2.5)), (options.WorkingDirectory, options.Linger));
        options = EnclaveOptions.Parse(["--socket", "/s", "--nsm", "/n"]);
        Assert.Equal(("/", TimeSpan.Zero), (options.WorkingDirectory, options.Linger));
    }

    [Theory]
    [InlineData("", "--socket is missing")]
    [InlineData("--socket /s", "--nsm is missing")]
    [InlineData("--nsm /n", "--socket is missing")]
    [InlineData("--socket", "--socket needs a value")]
    [InlineData("--socket --nsm /n", "--socket needs a value")]
    [InlineData("--socket= --nsm /n", "--socket needs a value")]
    [InlineData("--socket /s --socket /t --nsm /n", "--socket is given twice")]
    [InlineData("--socket=/s --socket /t --nsm /n", "--socket is given twice")]
    [InlineData("--socket /s --nsm /n --verbose yes", "'--verbose' is no option")]
    [InlineData("--Socket /s --nsm /n", "'--Socket' is no option")]
    [InlineData("/socket /s --nsm /n", "'/socket' is no option")]
    [InlineData("socket=/s --nsm /n", "'socket=/s' is no option")]
    [InlineData("--socket /s --nsm /n extra", "'extra' is no option")]
    [InlineData("--socket /s --nsm /n --network none", "--network none: write isolated or shared")]
    [InlineData("--socket /s --nsm /n --work-dir /no/such/folder", "--work-dir /no/such/folder: there is no such folder")]
    [InlineData("--socket /s --nsm /n --linger -1", "--linger -1: write seconds")]
    [InlineData("--socket /s --nsm /n --linger soon", "--linger soon: write seconds")]
    [InlineData("--socket /s --nsm /n --linger 3601", "--linger 3601: write seconds")]
    [InlineData("--socket /s --nsm /n --linger=-Infinity", "--linger -Infinity: write seconds")]
    [InlineData("--socket vsock:x --nsm device", "--socket vsock:x: ")]
    [InlineData("--socket vhost:/s --nsm device", "--socket vhost:/s: ")]
    [InlineData("--socket vsock:any --nsm /n", "--nsm /n cannot be used with --socket vsock:any")]
    public void What_cannot_be_followed_is_refused_in_one_line(string line, string expected)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var refused = Assert.Throws<UsageException>(() => EnclaveOptions.Parse(words));
        Assert.StartsWith(expected, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void Any_words_are_options_or_refused()
    {
        string[] pieces =
        [
            "--socket", "--socket=/s", "--socket=vsock:any", "--nsm", "--nsm=device", "--nsm=/n", "--dir", "--dir=", "--network", "--network=shared", "isolated",
            "/s", "vhost:/v", "--", "-", "=", "a=b", "", "\u001b", "--verbose",
        ];
        Prop.ForAll<int[]>(choices =>
        {
            string[] words = [.. choices.Select(choice => pieces[(int)((uint)choice % pieces.Length)])];
            try
            {
                EnclaveOptions options = EnclaveOptions.Parse(words);
                Assert.Contains(words, static word => word.StartsWith("--socket", StringComparison.Ordinal));
                Assert.False(options.SimulatorSocket is not null && options.Address.Kind == EnclaveAddressKind.Vsock);
            }
            catch (UsageException)
            {
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }
}
