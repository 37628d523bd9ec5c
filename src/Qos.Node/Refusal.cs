using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>Which protocol error an exception is answered with.</summary>
internal static class Refusal
{
    /// <summary>The error for a refusal; an exception that nobody foresaw says nothing of itself on the wire.</summary>
    internal static ProtocolError Of(Exception exception) => exception switch
    {
        ProtocolException refused => refused.Error,
        HalfWayException halfWay => halfWay.Error,
        NodeFileException file => file.Error,
        KeyException key => ProtocolError.WithKeyError(ProtocolErrorCode.P256Error, key.Error, key.Text),
        NsmException nsm => ProtocolError.WithText(ProtocolErrorCode.QosAttestError, nsm.Message),
        _ => new ProtocolError(ProtocolErrorCode.IOError),
    };

    /// <summary>Whether the exception is one of those that bad input or a failing seam brings.</summary>
    internal static bool IsForeseen(Exception exception) =>
        exception is ProtocolException or HalfWayException or NodeFileException or KeyException or NsmException;
}
