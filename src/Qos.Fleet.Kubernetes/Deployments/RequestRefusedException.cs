namespace Qos.Fleet.Kubernetes;

/// <summary>What an EnclaveDeployment asks for is refused. The message is one line for its owner.</summary>
public sealed class RequestRefusedException : Exception
{
    /// <summary>Says why.</summary>
    /// <param name="reason">The condition's reason, one word.</param>
    /// <param name="message">What was wrong, and what to do.</param>
    /// <param name="mayPass">Whether the same may be accepted later, without a change.</param>
    /// <param name="inner">The cause.</param>
    public RequestRefusedException(string reason, string message, bool mayPass = false, Exception? inner = null)
        : base(message, inner)
    {
        (Reason, MayPass) = (reason, mayPass);
    }

    /// <summary>The condition's reason.</summary>
    public string Reason { get; }

    /// <summary>Whether the same may be accepted later.</summary>
    public bool MayPass { get; }
}
