namespace Qos.Serialization;

/// <summary>Bytes that may be absent.</summary>
public static class OptionalBytes
{
    /// <summary>The bytes, or no value when they are absent.</summary>
    /// <remarks>
    /// Without this, a null array becomes an empty value: C# converts it by the operator that <see cref="ReadOnlyMemory{T}"/> has for arrays. Empty
    /// and absent are different things on the wire.
    /// </remarks>
    public static ReadOnlyMemory<byte>? AsOptional(this byte[]? bytes) => bytes is null ? default(ReadOnlyMemory<byte>?) : bytes.AsMemory();
}
