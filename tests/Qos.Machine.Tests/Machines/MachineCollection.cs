namespace Qos.Machine.Tests.Machines;

/// <summary>Tests that boot machines share the image, and the processors: one of them runs at a time.</summary>
[CollectionDefinition(Name)]
public sealed class MachineCollection : ICollectionFixture<MachineImage>
{
    /// <summary>What a test class names.</summary>
    public const string Name = "machines";
}
