using Qos.Protocol;
using Qos.Transport;

namespace Qos.Runtime.Tests;

/// <summary>The transport knows nothing of the protocol, so two numbers stand in both rooms.</summary>
public sealed class ConstantTests
{
    [Fact]
    public void The_transport_has_the_protocols_numbers()
    {
        Assert.Equal(BootChecks.ControlPort, EnclaveAddress.ControlPort);
        Assert.Equal(ProtocolLimits.MaxMessageBytes, FrameLimits.ProtocolMaxLength);
    }
}
