using System.Text.Json.Serialization;

namespace Qos.Fleet.Storage;

/// <summary>Lists of text, as columns and parameters have them.</summary>
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class StorageJson : JsonSerializerContext;
