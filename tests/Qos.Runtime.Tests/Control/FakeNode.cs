using Qos.Node;

namespace Qos.Runtime.Tests.Control;

/// <summary>Answers each message with its own bytes; "wait" waits until the test lets it go, "throw" is a defect.</summary>
internal sealed class FakeNode : IMessageService
{
    private int _begun;
    private int _disposed;
    private int _completed;

    public TaskCompletionSource Gate { get; } = new();

    public TaskCompletionSource Waiting { get; } = new();

    public int Begun => Volatile.Read(ref _begun);

    public int Disposed => Volatile.Read(ref _disposed);

    public int Completed => Volatile.Read(ref _completed);

    public IMessageIntake Begin(long bodyLength)
    {
        Interlocked.Increment(ref _begun);
        return new Intake(this);
    }

    private sealed class Intake(FakeNode node) : IMessageIntake
    {
        private readonly MemoryStream _body = new();

        public void Write(ReadOnlySpan<byte> part) => _body.Write(part);

        public async ValueTask<ReadOnlyMemory<byte>> CompleteAsync(CancellationToken cancellationToken)
        {
            byte[] body = _body.ToArray();
            if (body.AsSpan().SequenceEqual("wait"u8))
            {
                node.Waiting.TrySetResult();
                await node.Gate.Task.WaitAsync(cancellationToken);
            }

            if (body.AsSpan().SequenceEqual("throw"u8))
                throw new InvalidOperationException("a defect");
            Interlocked.Increment(ref node._completed);
            return body;
        }

        public void Dispose() => Interlocked.Increment(ref node._disposed);
    }
}
