namespace Qos.Keys;

/// <summary>Where seeds, ephemeral keys, nonces and share polynomials are drawn from; tests give exact bytes.</summary>
public interface IRandomSource
{
    /// <summary>Fills every byte of <paramref name="destination"/> with unpredictable bytes, or throws.</summary>
    void Fill(Span<byte> destination);
}
