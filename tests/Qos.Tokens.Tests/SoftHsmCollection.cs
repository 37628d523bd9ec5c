namespace Qos.Tokens.Tests;

/// <summary>The module reads its configuration once in a process, so all tests with tokens share it, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class SoftHsmCollection : ICollectionFixture<SoftHsm>
{
    public const string Name = "SoftHSM";
}
