using Qos.Protocol;

namespace Qos.Node;

/// <summary>A step that cannot be taken back failed after it began: the node is in no state that anything could go on from.</summary>
internal sealed class HalfWayException(ProtocolError error, Exception cause) : Exception($"Failed half-way: {cause.Message}", cause)
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
        catch (Exception exception) when (exception is not HalfWayException)
        {
            throw new HalfWayException(error ?? Refusal.Of(exception), exception);
        }
    }
}
