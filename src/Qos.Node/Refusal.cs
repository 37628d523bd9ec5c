using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>Which protocol error an exception is answered with.</summary>
internal static class Refusal
{
    /// <summary>The error for an exception. Details of unexpected exceptions are never sent to the peer.</summary>
    internal static ProtocolError From(Exception exception) => exception switch
    {
        ProtocolException refused => refused.Error,
        UnrecoverableException unrecoverable => unrecoverable.Error,
        NodeFileException file => file.Error,
        KeyException key => ProtocolError.WithKeyError(ProtocolErrorCode.P256Error, key.Error, key.Text),
        NsmException nsm => ProtocolError.WithText(ProtocolErrorCode.QosAttestError, nsm.Message),
        _ => new ProtocolError(ProtocolErrorCode.IOError),
    };

    /// <summary>Whether the exception is one of those that bad input or a failing seam brings.</summary>
    internal static bool IsExpected(Exception exception) =>
        exception is ProtocolException or UnrecoverableException or NodeFileException or KeyException or NsmException;
}

/// <summary>A step that cannot be taken back failed after it began. The node can only enter <see cref="ProtocolPhase.UnrecoverableError"/>.</summary>
internal sealed class UnrecoverableException(ProtocolError error, Exception cause) : Exception($"Failed half-way: {cause.Message}", cause)
{
    internal ProtocolError Error { get; } = error;

    /// <summary>Runs steps of which the first may already have had its effect when it fails.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="error">The error to answer with; by default that of the exception.</param>
    internal static void Guard(Action steps, ProtocolError? error = null)
    {
        try
        {
            steps();
        }
        catch (Exception exception) when (exception is not UnrecoverableException)
        {
            throw new UnrecoverableException(error ?? Refusal.From(exception), exception);
        }
    }
}
