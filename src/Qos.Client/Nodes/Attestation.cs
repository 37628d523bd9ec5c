using Qos.Nsm;

namespace Qos.Client;

/// <summary>Takes the document out of an NSM answer that a node passed on.</summary>
internal static class Attestation
{
    /// <exception cref="CeremonyException">The module gave no document.</exception>
    public static ReadOnlyMemory<byte> From(NsmResponse response) => response switch
    {
        NsmResponse.Attestation attestation => attestation.Document,
        NsmResponse.Error error => throw new CeremonyException($"The node's security module gave no document but the error {error.Code}."),
        _ => throw new CeremonyException("The node's security module gave something else than a document."),
    };
}
