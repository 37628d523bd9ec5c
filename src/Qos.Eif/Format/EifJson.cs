using System.Text.Encodings.Web;
using System.Text.Json;

namespace Qos.Eif;

/// <summary>JSON in the two layouts that existing tools write: without white space in the file, indented by two on the terminal.</summary>
internal static class EifJson
{
    public static JsonWriterOptions Indented { get; } = new()
    {
        Indented = true,
        NewLine = "\n",
        // HTML is not made of it, so + and ' need no escape; serde writes none either.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static JsonWriterOptions Compact { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonDocumentOptions Reading { get; } = new() { MaxDepth = 64 };
}
