using System.CommandLine;

namespace Qos.Cli;

/// <summary>What commands about images have in common.</summary>
internal static class EifOptions
{
    /// <summary>The image.</summary>
    public static Argument<string> Image() => new("FILE") { Description = "An enclave image (EIF)." };

    /// <summary>The layout of the existing tool, which other tools read.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print the JSON that nitro-cli prints." };
}
