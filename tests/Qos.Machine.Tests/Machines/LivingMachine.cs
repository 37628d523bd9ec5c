using Qos.Protocol;

namespace Qos.Machine.Tests.Machines;

/// <summary>One machine for all tests of a class, booted when the first one asks; its app is always started again.</summary>
public sealed class LivingMachine(MachineImage image) : IAsyncLifetime
{
    private ProvisionedMachine? _node;

    /// <summary>The image that it was booted from.</summary>
    public MachineImage Image => image;

    /// <summary>The machine. Tests of one class run one after the other, so nobody asks twice at a time.</summary>
    public async Task<ProvisionedMachine> GetAsync() =>
        _node ??= await ProvisionedMachine.SetUpAsync(await RunningMachine.StartAsync(image, "life"), image, RestartPolicy.Always);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
    }
}
