using System.Runtime.InteropServices;

namespace Qos.Transport;

/// <summary>
/// The memory of one loop: the buffer that every read goes to, and what slow receivers have not taken yet. A large
/// remainder is not copied: the buffer itself is parked and another one takes its place.
/// </summary>
internal sealed unsafe class ParkingLot : IDisposable
{
    /// <summary>Up to here a remainder is copied; also the size of a read when too much is parked.</summary>
    internal const int Small = 16 * 1024;

    private const int KeptLarge = 4;
    private const int KeptSmall = 64;
    private const int Alignment = 4096;

    private readonly int _readSize;
    private readonly long _maxParked;
    private readonly Stack<nint> _large = new();
    private readonly Stack<nint> _small = new();

    internal ParkingLot(int readSize, long maxParked)
    {
        _readSize = Math.Max(readSize, Small);
        _maxParked = maxParked;
        Buffer = (byte*)NativeMemory.AlignedAlloc((nuint)_readSize, Alignment);
    }

    /// <summary>Where reads go.</summary>
    internal byte* Buffer { get; private set; }

    /// <summary>Memory that is held for receivers, in bytes.</summary>
    internal long Held { get; private set; }

    /// <summary>How much to read at once: little when much is parked already.</summary>
    internal int ReadSize => Held < _maxParked ? _readSize : Small;

    /// <summary>Keeps a part of <see cref="Buffer"/>.</summary>
    internal ParkedBytes Park(int start, int count)
    {
        if (count > Small)
        {
            var swapped = new ParkedBytes { Memory = Buffer, Start = start, Count = count, Large = true };
            Buffer = (byte*)(_large.TryPop(out nint next) ? next : (nint)NativeMemory.AlignedAlloc((nuint)_readSize, Alignment));
            Held += _readSize;
            return swapped;
        }

        byte* memory = (byte*)(_small.TryPop(out nint small) ? small : (nint)NativeMemory.AlignedAlloc(Small, Alignment));
        System.Buffer.MemoryCopy(Buffer + start, memory, Small, count);
        Held += Small;
        return new ParkedBytes { Memory = memory, Count = count };
    }

    /// <summary>Takes the memory back.</summary>
    internal void Release(ref ParkedBytes parked)
    {
        if (parked.Memory is null)
            return;
        Held -= parked.Large ? _readSize : Small;
        Stack<nint> stack = parked.Large ? _large : _small;
        if (stack.Count < (parked.Large ? KeptLarge : KeptSmall))
            stack.Push((nint)parked.Memory);
        else
            NativeMemory.AlignedFree(parked.Memory);
        parked = default;
    }

    public void Dispose()
    {
        while (_large.TryPop(out nint large))
            NativeMemory.AlignedFree((void*)large);
        while (_small.TryPop(out nint small))
            NativeMemory.AlignedFree((void*)small);
        NativeMemory.AlignedFree(Buffer);
        Buffer = null;
    }
}
