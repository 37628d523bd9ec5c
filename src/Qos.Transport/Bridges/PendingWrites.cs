using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Qos.Transport;

/// <summary>
/// What a receiver has not taken yet: bytes in memory or in a pipe. While there are some, their sender is not read.
/// </summary>
internal unsafe struct PendingWrite
{
    internal int Count;
    internal byte* Memory;
    internal int Start;
    internal bool IsLarge;
    internal int Held;
    internal Pipe? Pipe;
}

/// <summary>
/// The buffer and the pipe of one loop, which every read goes to, and what slow receivers have not taken yet. A large
/// rest is not copied: the buffer itself, or the pipe, is kept for its receiver and another one takes its place.
/// </summary>
internal sealed unsafe class PendingWrites : IDisposable
{
    /// <summary>Up to here a rest is copied; also the size of a read when too much is pending.</summary>
    internal const int Small = 16 * 1024;

    /// <summary>
    /// The most bytes that one splice moves, and the size of a pipe. The kernel's own 64 KiB cost a third more processor time: the segments of
    /// loopback are single pages, so such a pipe is full after sixteen of them.
    /// </summary>
    internal const int SpliceSize = 512 * 1024;

    // What a pipe counts for, however little is in it: small pieces hold whole pages.
    private const int PipeWeight = 256 * 1024;

    private const int KeptLarge = 4;
    private const int KeptSmall = 64;
    private const int KeptPipes = 8;
    private const int Alignment = 4096;

    private readonly int _readSize;
    private readonly long _maxHeld;
    private readonly Stack<nint> _large = new();
    private readonly Stack<nint> _small = new();
    private readonly Stack<Pipe> _pipes = new();

    internal PendingWrites(int readSize, long maxHeld)
    {
        _readSize = Math.Max(readSize, Small);
        _maxHeld = maxHeld;
        Buffer = (byte*)NativeMemory.AlignedAlloc((nuint)_readSize, Alignment);
    }

    /// <summary>Where reads go.</summary>
    internal byte* Buffer { get; private set; }

    /// <summary>Memory that is held for receivers, in bytes.</summary>
    internal long Held { get; private set; }

    /// <summary>How much to read at once: little when much is pending already.</summary>
    internal int ReadSize => Held < _maxHeld ? _readSize : Small;

    /// <summary>Keeps a part of <see cref="Buffer"/>.</summary>
    internal PendingWrite Keep(int start, int count)
    {
        if (count > Small)
        {
            var swapped = new PendingWrite { Memory = Buffer, Start = start, Count = count, IsLarge = true, Held = _readSize };
            Buffer = (byte*)(_large.TryPop(out nint next) ? next : (nint)NativeMemory.AlignedAlloc((nuint)_readSize, Alignment));
            Held += _readSize;
            return swapped;
        }

        byte* memory = (byte*)(_small.TryPop(out nint small) ? small : (nint)NativeMemory.AlignedAlloc(Small, Alignment));
        System.Buffer.MemoryCopy(Buffer + start, memory, Small, count);
        Held += Small;
        return new PendingWrite { Memory = memory, Count = count, Held = Small };
    }

    /// <summary>An empty pipe; null when much is pending already or the process has no descriptors: then bytes are copied.</summary>
    internal Pipe? TakePipe() =>
        Held >= _maxHeld ? null : _pipes.TryPop(out Pipe? pipe) ? pipe : Pipe.TryOpen();

    /// <summary>Keeps a pipe and the bytes in it.</summary>
    internal PendingWrite Keep(Pipe pipe, int count)
    {
        Held += PipeWeight;
        return new PendingWrite { Pipe = pipe, Count = count, Held = PipeWeight };
    }

    /// <summary>Takes back a pipe that is empty.</summary>
    internal void Return(Pipe pipe)
    {
        if (_pipes.Count < KeptPipes)
            _pipes.Push(pipe);
        else
            pipe.Close();
    }

    /// <summary>What is pending belongs to another loop from now on.</summary>
    internal void Leave(in PendingWrite pending) => Held -= pending.Held;

    /// <summary>What is pending came from another loop.</summary>
    internal void Join(in PendingWrite pending) => Held += pending.Held;

    /// <summary>Takes back the memory or the pipe; bytes that are still in it are lost.</summary>
    internal void Release(ref PendingWrite pending)
    {
        Held -= pending.Held;
        if (pending.Pipe is { } pipe)
        {
            if (pending.Count == 0)
                Return(pipe);
            else
                pipe.Close();
        }
        else if (pending.Memory is not null)
        {
            Stack<nint> stack = pending.IsLarge ? _large : _small;
            if (stack.Count < (pending.IsLarge ? KeptLarge : KeptSmall))
                stack.Push((nint)pending.Memory);
            else
                NativeMemory.AlignedFree(pending.Memory);
        }

        pending = default;
    }

    public void Dispose()
    {
        while (_large.TryPop(out nint large))
            NativeMemory.AlignedFree((void*)large);
        while (_small.TryPop(out nint small))
            NativeMemory.AlignedFree((void*)small);
        while (_pipes.TryPop(out Pipe? pipe))
            pipe.Close();
        NativeMemory.AlignedFree(Buffer);
        Buffer = null;
    }
}

/// <summary>A pipe of the kernel's, through which bytes go from one socket to another without being copied.</summary>
internal sealed unsafe class Pipe
{
    private readonly int _read;
    private readonly int _write;

    private Pipe(int read, int write)
    {
        _read = read;
        _write = write;
    }

    internal static Pipe? TryOpen()
    {
        int* ends = stackalloc int[2];
        if (LibC.pipe2(ends, LibC.O_CLOEXEC | LibC.SOCK_NONBLOCK) != 0)
            return null;

        // Where the user has many pipes it stays smaller, which costs time and nothing else.
        _ = LibC.fcntl(ends[1], LibC.F_SETPIPE_SZ, PendingWrites.SpliceSize);
        return new Pipe(ends[0], ends[1]);
    }

    /// <summary>Moves bytes of a socket into the pipe; as <see cref="BridgeSide.Receive"/>.</summary>
    internal int Fill(int socket, int count) => NativeSocket.Splice(socket, _write, count);

    /// <summary>Moves bytes of the pipe to a socket; the same.</summary>
    internal int Empty(int socket, int count) => NativeSocket.Splice(_read, socket, count);

    internal void Close()
    {
        _ = LibC.close(_read);
        _ = LibC.close(_write);
    }
}
