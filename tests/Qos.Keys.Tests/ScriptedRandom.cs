namespace Qos.Keys.Tests;

/// <summary>Gives exactly the bytes that it was told, in order, and fails when asked for others.</summary>
internal sealed class ScriptedRandom(params byte[][] answers) : IRandomSource
{
    private int _next;

    public bool IsUsedUp => _next == answers.Length;

    public void Fill(Span<byte> destination)
    {
        Assert.True(_next < answers.Length, $"asked for {destination.Length} random bytes more than scripted");
        byte[] answer = answers[_next++];
        Assert.Equal(answer.Length, destination.Length);
        answer.CopyTo(destination);
    }
}
