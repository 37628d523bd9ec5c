namespace Qos.Node;

/// <summary>Takes requests off the wire and answers them; what the control server needs to know of a node.</summary>
public interface IMessageService
{
    /// <summary>Begins one request.</summary>
    /// <param name="bodyLength">The length that the frame announces: a claim, on whose strength nothing is allocated.</param>
    /// <remarks>Costs nothing until bytes arrive; called at the same time for several connections.</remarks>
    IMessageIntake Begin(long bodyLength);
}
