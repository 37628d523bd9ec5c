using Qos.Keys;

namespace Qos.Protocol;

/// <summary>What an error carries besides its code. Format: docs/protocol/messages.md, Errors.</summary>
public abstract record ProtocolErrorPayload
{
    private ProtocolErrorPayload()
    {
    }

    /// <summary>Which errors this belongs to.</summary>
    public abstract ProtocolErrorShape Shape { get; }

    /// <summary>A text; never a secret.</summary>
    /// <param name="Value">The text.</param>
    public sealed record Text(string Value) : ProtocolErrorPayload
    {
        /// <inheritdoc/>
        public override ProtocolErrorShape Shape => ProtocolErrorShape.Text;
    }

    /// <summary>The phase that has no such route.</summary>
    /// <param name="Value">The phase.</param>
    public sealed record Phase(ProtocolPhase Value) : ProtocolErrorPayload
    {
        /// <inheritdoc/>
        public override ProtocolErrorShape Shape => ProtocolErrorShape.Phase;
    }

    /// <summary>A change of phase that cannot be.</summary>
    /// <param name="From">The phase before.</param>
    /// <param name="To">The phase asked for.</param>
    public sealed record Transition(ProtocolPhase From, ProtocolPhase To) : ProtocolErrorPayload
    {
        /// <inheritdoc/>
        public override ProtocolErrorShape Shape => ProtocolErrorShape.Transition;
    }

    /// <summary>Two values that should be the same.</summary>
    /// <param name="Expected">The value that is known.</param>
    /// <param name="Actual">The value that came.</param>
    public sealed record Different(string Expected, string Actual) : ProtocolErrorPayload
    {
        /// <inheritdoc/>
        public override ProtocolErrorShape Shape => ProtocolErrorShape.Different;
    }

    /// <summary>Two nonces of which the second is too low.</summary>
    /// <param name="Expected">The nonce that is known.</param>
    /// <param name="Actual">The nonce that came.</param>
    public sealed record Nonces(uint Expected, uint Actual) : ProtocolErrorPayload
    {
        /// <inheritdoc/>
        public override ProtocolErrorShape Shape => ProtocolErrorShape.Nonces;
    }

    /// <summary>The approval that does not verify.</summary>
    /// <param name="Value">The approval.</param>
    public sealed record InvalidApproval(Approval Value) : ProtocolErrorPayload
    {
        /// <inheritdoc/>
        public override ProtocolErrorShape Shape => ProtocolErrorShape.Approval;
    }

    /// <summary>A key error.</summary>
    /// <param name="Error">Which.</param>
    /// <param name="Message">Its text, for those that carry one, else null.</param>
    public sealed record Key(KeyError Error, string? Message) : ProtocolErrorPayload
    {
        /// <inheritdoc/>
        public override ProtocolErrorShape Shape => ProtocolErrorShape.Key;
    }
}
