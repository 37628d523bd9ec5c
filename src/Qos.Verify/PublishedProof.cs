using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Verify;

/// <summary>A published proof: an app proof, a boot proof, or both. Format: docs/protocol/proofs.md.</summary>
/// <param name="App">The app proof, or null.</param>
/// <param name="Boot">The boot proof, or null.</param>
public sealed record PublishedProof(AppProof? App, BootProof? Boot)
{
    /// <summary>Reads <c>{"appProof":{…},"bootProof":{…}}</c>, or an app proof or boot proof that stands on its own.</summary>
    /// <exception cref="EncodingException">It is something else, or holds several app proofs.</exception>
    public static PublishedProof Parse(ReadOnlySpan<byte> json) => ParseAll(json) is [var proof]
        ? proof
        : throw new EncodingException("the file holds several app proofs");

    /// <summary>Reads what <see cref="Parse"/> reads, and <c>{"appProofs":[{…},…]}</c> with or without one <c>"bootProof"</c> for all of them.</summary>
    /// <exception cref="EncodingException">It is something else.</exception>
    public static IReadOnlyList<PublishedProof> ParseAll(ReadOnlySpan<byte> json) => ProofJson.Read(json, ProofJson.ReadPublished);
}
