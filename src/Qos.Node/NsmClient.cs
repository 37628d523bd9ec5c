using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>Asks NSM and takes no other answer than the one that belongs to the question. Every call blocks until NSM has answered.</summary>
internal sealed class NsmClient(INsm nsm)
{
    internal NsmResponse.DescribeNsm DescribeModule() => Expect<NsmResponse.DescribeNsm>(new NsmRequest.DescribeNsm());

    internal NsmResponse.DescribePcr DescribePcr(ushort index) => Expect<NsmResponse.DescribePcr>(new NsmRequest.DescribePcr(index));

    /// <summary>The PCR's value after it was extended, as NSM says.</summary>
    internal ReadOnlyMemory<byte> ExtendPcr(ushort index, ReadOnlyMemory<byte> data) =>
        Expect<NsmResponse.ExtendPcr>(new NsmRequest.ExtendPcr(index, data)).Data;

    internal void LockPcrs(ushort range) => Expect<NsmResponse.LockPcrs>(new NsmRequest.LockPcrs(range));

    internal NsmResponse.Attestation Attest(ReadOnlyMemory<byte>? userData, ReadOnlyMemory<byte>? publicKey = null) =>
        Expect<NsmResponse.Attestation>(Question(userData, publicKey));

    /// <summary>NSM's answer as it is, an error included: for answers that carry it on to the client.</summary>
    internal NsmResponse TryAttest(ReadOnlyMemory<byte>? userData = null, ReadOnlyMemory<byte>? publicKey = null)
    {
        try
        {
            return Send(Question(userData, publicKey)) switch
            {
                NsmResponse.Attestation document => document,
                NsmResponse.Error error => error,
                _ => new NsmResponse.Error(NsmError.InvalidResponse),
            };
        }
        catch (ProtocolException)
        {
            return new NsmResponse.Error(NsmError.InternalError);
        }
    }

    internal static ProtocolException Error(string text) =>
        new(ProtocolError.WithText(ProtocolErrorCode.QosAttestError, text));

    private static NsmRequest.Attestation Question(ReadOnlyMemory<byte>? userData, ReadOnlyMemory<byte>? publicKey) =>
        new(userData, Nonce: null, publicKey);

    private T Expect<T>(NsmRequest request)
        where T : NsmResponse =>
        Send(request) switch
        {
            T answer => answer,
            NsmResponse.Error error => throw Error($"NSM refused {NameOf(request)}: {error.Code}"),
            var other => throw Error($"NSM answered {NameOf(request)} with {other.GetType().Name}"),
        };

    private NsmResponse Send(NsmRequest request)
    {
        try
        {
            return nsm.Send(request);
        }
        catch (Exception exception)
        {
            // A seam that throws is one that did not answer, whatever it throws.
            string reason = exception is NsmException or IOException ? exception.Message : exception.GetType().Name;
            throw Error($"NSM did not answer {NameOf(request)}: {reason}");
        }
    }

    private static string NameOf(NsmRequest request) => request switch
    {
        NsmRequest.DescribePcr describe => $"DescribePCR({describe.Index})",
        NsmRequest.ExtendPcr extend => $"ExtendPCR({extend.Index})",
        _ => request.GetType().Name,
    };
}
