using System.Buffers;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Qos.Native;
using Qos.Transport;
using Tmds.Linux;

namespace Qos.Host;

/// <summary>There is no room for a body.</summary>
internal sealed class SpoolException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>An upload did not keep up with whoever reads it while it arrives.</summary>
internal sealed class UploadStalledException() : IOException("the upload does not keep up");

/// <summary>
/// A body that is collected whole before anything scarce is taken for it: a little in memory, more in a file without a name, which is gone
/// with its descriptor however the process ends.
/// </summary>
internal sealed class SpooledBody : IDisposable
{
    /// <summary>The most bytes of a body that are kept in memory.</summary>
    public const int InMemory = 64 * 1024;

    private const int Smallest = 4096;
    private const int Piece = 128 * 1024;

    private readonly SpoolBudget _budget;
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _evicted = new();
    private readonly long _since;
    private readonly Lock _growth = new();
    private TaskCompletionSource? _grown;
    private UploadState _state;
    private long _length;
    private byte[] _memory = [];
    private SafeFileHandle? _file;
    private volatile bool _isEvicted;

    /// <summary>An empty body.</summary>
    /// <param name="budget">What all bodies share.</param>
    /// <param name="folder">Where its file is made, if it needs one.</param>
    /// <param name="time">The clock.</param>
    public SpooledBody(SpoolBudget budget, string folder, TimeProvider time)
    {
        _budget = budget;
        _folder = folder;
        _time = time;
        _since = time.GetTimestamp();
    }

    /// <summary>Its length in bytes so far.</summary>
    public long Length => Interlocked.Read(ref _length);

    /// <summary>Whether it was given up for a faster one.</summary>
    public bool IsEvicted => _isEvicted;

    /// <summary>Bytes of the budget that it holds; changed by the budget alone.</summary>
    internal long Taken { get; set; }

    /// <summary>Collects what a client uploads; the client sets the pace, and may be given up for a faster one.</summary>
    /// <param name="source">The upload.</param>
    /// <param name="limit">The most bytes that it may have.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False when it is longer than the limit.</returns>
    /// <exception cref="SpoolException">There is no room for it.</exception>
    public async Task<bool> UploadAsync(Stream source, long limit, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _evicted.Token);
        _budget.Enter(this);
        UploadState end = UploadState.Failed;
        try
        {
            bool fits = await CollectAsync((buffer, token) => source.ReadAsync(buffer, token), limit, stop.Token).ConfigureAwait(false);
            end = fits ? UploadState.Complete : UploadState.Failed;
            return fits;
        }
        catch (OperationCanceledException e) when (IsEvicted && !cancellationToken.IsCancellationRequested)
        {
            throw new SpoolException("the upload was given up for faster ones: the host holds as many bytes of uploads as it may", e);
        }
        finally
        {
            _budget.Complete(this);
            Grow(0, end);
        }
    }

    /// <summary>Waits until so many bytes are here.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="patience">How long.</param>
    /// <returns>Whether they are; false also when the upload ended without them.</returns>
    public async ValueTask<bool> HasAsync(long bytes, TimeSpan patience)
    {
        long start = _time.GetTimestamp();
        while (Length < bytes)
        {
            Task grown;
            lock (_growth)
            {
                if (_length >= bytes)
                    return true;
                if (_state != UploadState.Arriving)
                    return false;
                grown = (_grown ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            TimeSpan left = patience - _time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
                return false;
            try
            {
                await grown.WaitAsync(left, _time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return Length >= bytes;
            }
        }

        return true;
    }

    /// <summary>Collects an answer of the enclave, whose length is known.</summary>
    /// <exception cref="SpoolException">There is no room for it.</exception>
    public Task FillAsync(Func<Memory<byte>, CancellationToken, ValueTask<int>> read, long length, CancellationToken cancellationToken) =>
        CollectAsync(read, length, cancellationToken);

    /// <summary>The body, at its beginning. May be opened again and again; not after <see cref="Dispose"/>.</summary>
    public Stream Open() => _file is { } file ? new FileReader(file, Length) : new MemoryStream(_memory, 0, (int)Length, writable: false);

    /// <summary>The body while it still arrives. Reading fails when the upload does not keep up, with a <see cref="UploadStalledException"/>.</summary>
    /// <param name="length">How long it will be.</param>
    /// <param name="patience">How long the upload may keep the reader waiting at a time.</param>
    /// <remarks>For a body that has outgrown the memory already.</remarks>
    public Stream OpenEarly(long length, TimeSpan patience) => new EarlyReader(_file!, length, this, patience);

    /// <inheritdoc/>
    public void Dispose()
    {
        _budget.Leave(this);
        _file?.Dispose();
        if (_memory.Length > 0)
            ArrayPool<byte>.Shared.Return(_memory);
        _memory = [];
        _evicted.Dispose();
    }

    /// <summary>Bytes a second so far; without bound for one that has only begun.</summary>
    internal double Rate(TimeProvider time, TimeSpan grace) =>
        time.GetElapsedTime(_since) is var elapsed && elapsed < grace ? double.PositiveInfinity : Length / elapsed.TotalSeconds;

    /// <summary>Ends the upload; called by the budget.</summary>
    /// <returns>The bytes that it held.</returns>
    internal long Evict()
    {
        long taken = Taken;
        Taken = 0;
        _isEvicted = true;

        // Cancelled elsewhere: what waits for the token must not run inside the budget's lock.
        ThreadPool.UnsafeQueueUserWorkItem(static body => body.CancelUpload(), this, preferLocal: false);
        return taken;
    }

    private void Grow(int bytes, UploadState state = UploadState.Arriving)
    {
        TaskCompletionSource? waiting;
        lock (_growth)
        {
            _length += bytes;
            _state = state;
            waiting = _grown;
            _grown = null;
        }

        waiting?.SetResult();
    }

    private void CancelUpload()
    {
        try
        {
            _evicted.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The upload ended meanwhile.
        }
    }

    private async Task<bool> CollectAsync(Func<Memory<byte>, CancellationToken, ValueTask<int>> read, long limit, CancellationToken cancellationToken)
    {
        int size = (int)Math.Clamp(limit, Smallest, Piece);
        byte[] piece = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            int count;
            while ((count = await read(piece, cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (Length + count > limit)
                    return false;
                if (!_budget.TryTake(this, count))
                    throw new SpoolException("the host holds as many bytes of uploads as it may; try again");
                if (_file is null && Length == 0 && count <= InMemory)
                {
                    // The usual message is one piece, which is then kept as it is.
                    (_memory, piece) = (piece, ArrayPool<byte>.Shared.Rent(size));
                    Grow(count);
                    continue;
                }

                await AppendAsync(piece.AsMemory(0, count)).ConfigureAwait(false);
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private async ValueTask AppendAsync(ReadOnlyMemory<byte> piece)
    {
        if (_file is null && Length + piece.Length <= Math.Min(InMemory, _memory.Length))
        {
            piece.CopyTo(_memory.AsMemory((int)Length));
            Grow(piece.Length);
            return;
        }

        try
        {
            if (_file is null)
            {
                _file = OpenFile(_folder);
                await RandomAccess.WriteAsync(_file, _memory.AsMemory(0, (int)Length), 0, CancellationToken.None).ConfigureAwait(false);
            }

            await RandomAccess.WriteAsync(_file, piece, Length, CancellationToken.None).ConfigureAwait(false);
            Grow(piece.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SpoolException($"an upload cannot be kept in {_folder}: {e.Message}", e);
        }
    }

    private static SafeFileHandle OpenFile(string folder)
    {
        int descriptor = LibC.openat(LibC.AT_FDCWD, folder, LibC.O_TMPFILE | LibC.O_RDWR | LibC.O_CLOEXEC, 0x180);
        if (descriptor >= 0)
            return new SafeFileHandle(descriptor, ownsHandle: true);

        // A file system without files that have no name, overlayfs of older kernels for one: the name lives for a moment.
        int error = Marshal.GetLastPInvokeError();
        if (error != LibC.EOPNOTSUPP && error != LibC.EISDIR && error != LibC.ENOENT)
            throw new IOException(new Win32Exception(error).Message);
        string path = Path.Combine(folder, $".qos-host-{Guid.NewGuid():N}");
        SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        File.Delete(path);
        return file;
    }

    private enum UploadState
    {
        Arriving,
        Complete,
        Failed,
    }

    /// <summary>A file's bytes from its beginning; several may read one file.</summary>
    private class FileReader(SafeFileHandle file, long length) : Stream
    {
        private long _at;

        public SafeFileHandle Handle => file;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _at;
            set => _at = value;
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = RandomAccess.Read(file, buffer.AsSpan(offset, count), _at);
            _at += read;
            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await RandomAccess.ReadAsync(file, buffer, _at, cancellationToken).ConfigureAwait(false);
            _at += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    /// <summary>The same for a file that still grows. What comes fast was written a moment ago, so sending it waits for no disk.</summary>
    private sealed class EarlyReader(SafeFileHandle file, long length, SpooledBody body, TimeSpan patience) : FileReader(file, length), IGrowingFile
    {
        public async ValueTask<long> AvailableAsync(CancellationToken cancellationToken)
        {
            if (!await body.HasAsync(Position + 1, patience).ConfigureAwait(false))
                throw new UploadStalledException();
            return body.Length - Position;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position < Length)
                await AvailableAsync(cancellationToken).ConfigureAwait(false);
            return await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
    }
}
