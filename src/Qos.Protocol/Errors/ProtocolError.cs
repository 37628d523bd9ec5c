using Qos.Keys;

namespace Qos.Protocol;

/// <summary>An error of the protocol: a code and what it carries. Format: docs/protocol/messages.md, Errors.</summary>
public sealed record ProtocolError
{
    /// <summary>An error that carries nothing.</summary>
    /// <exception cref="ArgumentException">The code carries something.</exception>
    public ProtocolError(ProtocolErrorCode code)
        : this(code, null)
    {
    }

    /// <summary>An error with what it carries.</summary>
    /// <exception cref="ArgumentException">The payload is not of the code's shape.</exception>
    public ProtocolError(ProtocolErrorCode code, ProtocolErrorPayload? payload)
    {
        ProtocolErrorShape shape = ShapeOf(code);
        if ((payload?.Shape ?? ProtocolErrorShape.Unit) != shape)
            throw new ArgumentException($"the error {code} carries {shape}", nameof(payload));

        Code = code;
        Payload = payload;
    }

    /// <summary>Which error.</summary>
    public ProtocolErrorCode Code { get; }

    /// <summary>What it carries, null for most.</summary>
    public ProtocolErrorPayload? Payload { get; }

    /// <summary>An error that carries a text.</summary>
    public static ProtocolError WithText(ProtocolErrorCode code, string text) =>
        new(code, new ProtocolErrorPayload.Text(text));

    /// <summary>An error that carries a key error.</summary>
    public static ProtocolError WithKeyError(ProtocolErrorCode code, KeyError error, string? text = null) =>
        new(code, new ProtocolErrorPayload.Key(error, text));

    /// <summary>An error that carries an expected and an actual value.</summary>
    public static ProtocolError WithDifference(ProtocolErrorCode code, string expected, string actual) =>
        new(code, new ProtocolErrorPayload.Different(expected, actual));

    /// <summary><see cref="ProtocolErrorCode.NoMatchingRoute"/> in a phase.</summary>
    public static ProtocolError NoMatchingRoute(ProtocolPhase phase) =>
        new(ProtocolErrorCode.NoMatchingRoute, new ProtocolErrorPayload.Phase(phase));

    /// <summary><see cref="ProtocolErrorCode.InvalidManifestApproval"/> for an approval.</summary>
    public static ProtocolError InvalidManifestApproval(Approval approval) =>
        new(ProtocolErrorCode.InvalidManifestApproval, new ProtocolErrorPayload.InvalidApproval(approval));

    /// <summary><see cref="ProtocolErrorCode.LowNonce"/> with both nonces.</summary>
    public static ProtocolError LowNonce(uint expected, uint actual) =>
        new(ProtocolErrorCode.LowNonce, new ProtocolErrorPayload.Nonces(expected, actual));

    /// <summary><see cref="ProtocolErrorCode.InvalidStateTransition"/> between two phases.</summary>
    public static ProtocolError InvalidStateTransition(ProtocolPhase from, ProtocolPhase to) =>
        new(ProtocolErrorCode.InvalidStateTransition, new ProtocolErrorPayload.Transition(from, to));

    /// <summary>What errors of this code carry.</summary>
    public static ProtocolErrorShape ShapeOf(ProtocolErrorCode code) => code switch
    {
        ProtocolErrorCode.InvalidManifestApproval => ProtocolErrorShape.Approval,
        ProtocolErrorCode.NoMatchingRoute => ProtocolErrorShape.Phase,
        ProtocolErrorCode.InvalidStateTransition => ProtocolErrorShape.Transition,
        ProtocolErrorCode.LowNonce => ProtocolErrorShape.Nonces,
        ProtocolErrorCode.InvalidPivotHash
            or ProtocolErrorCode.DifferentQuorumKey
            or ProtocolErrorCode.DifferentManifestSet
            or ProtocolErrorCode.DifferentNamespaceName
            or ProtocolErrorCode.DifferentPcr3
            or ProtocolErrorCode.DifferentManifest => ProtocolErrorShape.Different,
        ProtocolErrorCode.FailedToGetEphemeralKey
            or ProtocolErrorCode.FailedToGetQuorumKey
            or ProtocolErrorCode.P256Error
            or ProtocolErrorCode.InvalidP256DRKey => ProtocolErrorShape.Key,
        ProtocolErrorCode.CannotDeleteEphemeralKey
            or ProtocolErrorCode.AppClientConnectError
            or ProtocolErrorCode.AppClientSendError
            or ProtocolErrorCode.AppClientError
            or ProtocolErrorCode.QosAttestError
            or ProtocolErrorCode.QosCrypto
            or ProtocolErrorCode.InvalidPivotEnv => ProtocolErrorShape.Text,
        >= ProtocolErrorCode.InvalidShare and <= ProtocolErrorCode.LegacyGenesisNotSupported => ProtocolErrorShape.Unit,
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "not an error of the protocol"),
    };

    /// <summary>One line for logs and people; strings from outside are shown escaped.</summary>
    public override string ToString() => Payload switch
    {
        null => $"{Code}",
        ProtocolErrorPayload.Text text => $"{Code}: {VisibleText.Escape(text.Value)}",
        ProtocolErrorPayload.Phase phase => $"{Code} in phase {phase.Value}",
        ProtocolErrorPayload.Transition change => $"{Code} from {change.From} to {change.To}",
        ProtocolErrorPayload.Different two => $"{Code}: expected {VisibleText.Escape(two.Expected)}, got {VisibleText.Escape(two.Actual)}",
        ProtocolErrorPayload.Nonces two => $"{Code}: expected at least {two.Expected}, got {two.Actual}",
        ProtocolErrorPayload.InvalidApproval approval => $"{Code} by {VisibleText.Escape(approval.Value.Member.Alias)}",
        ProtocolErrorPayload.Key { Message: { } message } key => $"{Code}: {key.Error}: {VisibleText.Escape(message)}",
        ProtocolErrorPayload.Key key => $"{Code}: {key.Error}",
        _ => $"{Code}",
    };
}
