using System.Runtime.CompilerServices;

namespace Qos.EndToEnd.Tests;

/// <summary>A test that runs verifiers from the npm registry; it is skipped where Node.js is missing or the registry is out of reach.</summary>
public sealed class NpmFactAttribute : FactAttribute
{
    public NpmFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1) : base(sourceFilePath, sourceLineNumber) => Skip = ForeignVerifier.WhyNot;
}
