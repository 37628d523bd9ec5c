namespace Qos.Listening;

/// <summary>One connection's place among <see cref="ClientPlaces"/>, and when it was used last.</summary>
public sealed class ClientPlace : IDisposable
{
    private readonly ClientPlaces _places;
    private Action<string>? _close;

    internal ClientPlace(ClientPlaces places, string client) => (_places, Client, LastUse) = (places, client, places.Time.GetTimestamp());

    /// <summary>Its client's address, as <see cref="ClientAddress"/> has it.</summary>
    public string Client { get; }

    /// <summary>When something passed last, as the clock's timestamps have it.</summary>
    internal long LastUse { get; private set; }

    /// <summary>Whether that was the client's: its request may be under way.</summary>
    internal bool IsAsked { get; private set; }

    internal bool IsOccupied => Volatile.Read(ref _close) is not null;

    /// <summary>Says how the connection is closed for the sake of others; until then it is not.</summary>
    /// <param name="close">Takes the reason; called once at most, and not under a lock.</param>
    public void Occupy(Action<string> close) => Volatile.Write(ref _close, close);

    /// <summary>Something came from the client.</summary>
    public void Received() => (IsAsked, LastUse) = (true, _places.Time.GetTimestamp());

    /// <summary>Something went to the client.</summary>
    public void Sent() => (IsAsked, LastUse) = (false, _places.Time.GetTimestamp());

    /// <summary>Gives the place back, when the connection has ended.</summary>
    public void Dispose() => _places.Release(this);

    internal void Close(string why) => Volatile.Read(ref _close)!(why);
}
