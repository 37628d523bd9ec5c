namespace Qos.Runtime.Tests.Pivot;

/// <summary>Tests that reap this process's children run one after the other, or they would take each other's.</summary>
[CollectionDefinition(Name)]
public sealed class RealProcesses : ICollectionFixture<PivotProbe>
{
    public const string Name = "real processes";
}
