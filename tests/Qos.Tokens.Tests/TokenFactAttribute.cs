using System.Runtime.CompilerServices;

namespace Qos.Tokens.Tests;

/// <summary>A test that needs SoftHSM2, and says so where there is none.</summary>
public sealed class TokenFactAttribute : FactAttribute
{
    public TokenFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1) : base(sourceFilePath, sourceLineNumber)
    {
        if (SoftHsm.ModulePath is null)
            Skip = "SoftHSM2 is not installed: apt-get install softhsm2, or native/install-deps.";
    }
}
