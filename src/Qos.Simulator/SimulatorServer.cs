using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Qos.Native;
using Qos.Nsm;
using Tmds.Linux;

namespace Qos.Simulator;

/// <summary>
/// A simulated module on a Unix socket of mode 0600. A request is a length, u32 little-endian, and that many bytes of CBOR; so is an
/// answer. A connection carries any number of them, and several connections are served at once.
/// </summary>
/// <remarks>
/// An enclave is a process here. Processes that run at the same time share the module. When all that have connected have ended, the next
/// one is a new enclave, so it gets a new module, as the hypervisor would give it: user PCRs are zero and not locked. A process that
/// connects again finds the module as it left it.
/// </remarks>
public sealed class SimulatorServer : IDisposable
{
    /// <summary>How many connections are open at once; one more is closed as soon as it is made.</summary>
    public const int MaxConnections = 256;

    private const int MaxPathLength = 107;

    private readonly Func<SoftwareNsm> _boot;
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly Socket _listener;
    private readonly HashSet<PeerProcess> _enclave = [];
    private int _connections;

    private SimulatorServer(Func<SoftwareNsm> boot, string path, TimeProvider time, Socket listener)
    {
        _boot = boot;
        Module = boot();
        _path = path;
        _time = time;
        _listener = listener;
    }

    /// <summary>The module of the enclave that runs, or of the next one if none has connected yet.</summary>
    public SoftwareNsm Module { get; private set; }

    /// <summary>
    /// Begins to listen, so that whoever connects from now on is served once <see cref="RunAsync"/> runs. A socket that a simulator left
    /// behind is replaced.
    /// </summary>
    /// <param name="boot">Makes the module of a new enclave; called at once for the first one. The caller owns the modules.</param>
    /// <param name="path">Where the socket is made.</param>
    /// <param name="time">The clock that late answers wait by; the system's when null.</param>
    /// <exception cref="IOException">The path is in use or cannot be made; the message is one line that says what to do.</exception>
    public static SimulatorServer Listen(Func<SoftwareNsm> boot, string path, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(boot);
        if (Encoding.UTF8.GetByteCount(path) > MaxPathLength)
            throw new IOException($"Cannot listen on {path}: a socket's path has at most {MaxPathLength} bytes. Choose a shorter one.");

        RemoveStale(path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));

            // Nobody can connect before it listens, so the mode is in force from the first moment.
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(128);
            return new SimulatorServer(boot, path, time ?? TimeProvider.System, listener);
        }
        catch (Exception e) when (e is SocketException or ArgumentException or UnauthorizedAccessException)
        {
            listener.Dispose();
            throw new IOException($"Cannot listen on {path}: {e.Message}. Choose a path in a folder that exists and can be written.", e);
        }
    }

    /// <summary>Serves until it is cancelled, then closes every connection.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var running = new HashSet<Task>();
        try
        {
            while (true)
            {
                Socket connection = await _listener.AcceptAsync(cancellation).ConfigureAwait(false);
                running.RemoveWhere(task => task.IsCompleted);
                if (Volatile.Read(ref _connections) >= MaxConnections)
                {
                    connection.Dispose();
                    continue;
                }

                Interlocked.Increment(ref _connections);
                running.Add(ServeAsync(connection, ModuleFor(connection), cancellation));
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await Task.WhenAll(running).ConfigureAwait(false);
        }
    }

    /// <summary>Ends listening and removes the socket's file.</summary>
    public void Dispose()
    {
        _listener.Dispose();
        File.Delete(_path);
    }

    private SoftwareNsm ModuleFor(Socket connection)
    {
        bool hadEnclave = _enclave.Count > 0;
        _enclave.RemoveWhere(static process => !process.IsRunning);
        if (hadEnclave && _enclave.Count == 0)
            Module = _boot();
        _enclave.Add(PeerProcess.From(connection));
        return Module;
    }

    private async Task ServeAsync(Socket connection, SoftwareNsm module, CancellationToken cancellation)
    {
        using (connection)
        {
            try
            {
                byte[] buffer = new byte[NsmRequest.MaxSize];
                while (await ReceiveAsync(connection, buffer.AsMemory(0, sizeof(uint)), cancellation).ConfigureAwait(false))
                {
                    uint length = BinaryPrimitives.ReadUInt32LittleEndian(buffer);
                    if (length > NsmRequest.MaxSize)
                    {
                        await SendAsync(connection, NsmCodec.EncodeResponse(new NsmResponse.Error(NsmError.InputTooLarge)), cancellation)
                            .ConfigureAwait(false);
                        return;
                    }

                    Memory<byte> request = buffer.AsMemory(0, (int)length);
                    if (!await ReceiveAsync(connection, request, cancellation).ConfigureAwait(false))
                        return;

                    byte[] answer = module.Answer(request);
                    if (module.Faults.Delay > TimeSpan.Zero)
                        await Task.Delay(module.Faults.Delay, _time, cancellation).ConfigureAwait(false);
                    await SendAsync(connection, answer, cancellation).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // The peer went away or we are stopping; either way there is nobody to tell.
            }
            finally
            {
                Interlocked.Decrement(ref _connections);
            }
        }
    }

    private static async Task<bool> ReceiveAsync(Socket connection, Memory<byte> destination, CancellationToken cancellation)
    {
        while (destination.Length > 0)
        {
            int count = await connection.ReceiveAsync(destination, cancellation).ConfigureAwait(false);
            if (count == 0)
                return false;
            destination = destination[count..];
        }

        return true;
    }

    private static async Task SendAsync(Socket connection, byte[] answer, CancellationToken cancellation)
    {
        byte[] framed = new byte[sizeof(uint) + answer.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(framed, (uint)answer.Length);
        answer.CopyTo(framed, sizeof(uint));
        for (int sent = 0; sent < framed.Length;)
            sent += await connection.SendAsync(framed.AsMemory(sent), cancellation).ConfigureAwait(false);
    }

    private static void RemoveStale(string path)
    {
        if (!Path.Exists(path))
            return;
        if (!LibC.IsSocket(path))
            throw new IOException($"Cannot listen on {path}: {(Directory.Exists(path) ? "it is a folder" : "it exists and is no socket")}. Choose another path.");

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // Nobody listens.
            File.Delete(path);
            return;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new IOException($"Cannot listen on {path}: it exists and is no socket of a simulator. Choose another path.", e);
        }

        throw new IOException($"Cannot listen on {path}: another process serves it. Stop that process or choose another path.");
    }
}
