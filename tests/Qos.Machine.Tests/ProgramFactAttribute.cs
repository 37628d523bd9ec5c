using System.Runtime.CompilerServices;

namespace Qos.Machine.Tests;

/// <summary>A test of the published program; skipped where <c>make</c> has not run.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ProgramFactAttribute : FactAttribute
{
    public ProgramFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1) : base(sourceFilePath, sourceLineNumber)
    {
        if (!File.Exists(Repository.Init))
            Skip = $"{Repository.Init} is missing: run make";
    }
}
