namespace Qos.Nsm.Tests;

/// <summary>The device file where there is none, and where it is another. The real one is met inside an enclave.</summary>
public sealed class NsmDeviceTests
{
    [Fact]
    public void Without_a_device_one_line_says_where_it_exists()
    {
        string message = Assert.Throws<NsmException>(() => new NsmDevice("/dev/no-such-nsm")).Message;
        Assert.Contains("/dev/no-such-nsm", message, StringComparison.Ordinal);
        Assert.Contains("enclave", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_device_does_not_understand_the_request()
    {
        using var device = new NsmDevice("/dev/null");
        string message = Assert.Throws<NsmException>(() => device.Send(new NsmRequest.GetRandom())).Message;
        Assert.Contains("errno 25", message, StringComparison.Ordinal);
        Assert.Contains("/dev/null", message, StringComparison.Ordinal);
    }
}
