using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using Qos.Nsm;

namespace Qos.Enclave;

/// <summary>
/// A simulated module behind a Unix socket: the same CBOR as the device's, each message with its length (u32, little-endian) before it.
/// It lives in this program and nowhere below it, so that everything above the module is the same code. Format: docs/protocol/nsm.md, The simulator.
/// </summary>
internal sealed class SimulatorNsm : INsm, IDisposable
{
    private const int TimeoutMilliseconds = 30_000;
    private const int RetryMilliseconds = 10;

    private readonly string _path;
    private readonly Lock _gate = new();
    private Socket? _socket;

    private SimulatorNsm(string path) => _path = path;

    /// <summary>How long a simulator that was started at the same time is waited for.</summary>
    public static TimeSpan Patience => TimeSpan.FromSeconds(10);

    /// <summary>Connects to a simulator, and waits for one that does not listen yet.</summary>
    /// <param name="path">Its socket.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="waiting">Called once with the path and the seconds when it has to be waited for.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <exception cref="NsmException">No simulator listens there.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static SimulatorNsm Connect(string path, TimeSpan patience, Action<string, double>? waiting, CancellationToken stop)
    {
        var module = new SimulatorNsm(path);
        long start = Stopwatch.GetTimestamp();
        for (bool isFirst = true; ; isFirst = false)
        {
            try
            {
                module._socket = module.Connect();
                return module;
            }
            catch (NsmException e) when (e.InnerException is SocketException && Stopwatch.GetElapsedTime(start) < patience)
            {
                if (isFirst)
                    waiting?.Invoke(path, patience.TotalSeconds);
                stop.WaitHandle.WaitOne(RetryMilliseconds);
                stop.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>The root that the simulator's documents lead to, in DER, as it says itself; null when it gives no document.</summary>
    public ReadOnlyMemory<byte>? Root()
    {
        try
        {
            return Send(new NsmRequest.Attestation(null, null, null)) is NsmResponse.Attestation answer
                && AttestationDocument.Parse(answer.Document.Span).CaBundle is [var root, ..] ? root : null;
        }
        catch (Exception e) when (e is NsmException or AttestationException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public NsmResponse Send(NsmRequest request)
    {
        byte[] message = NsmCodec.EncodeRequest(request);
        lock (_gate)
        {
            Socket socket = _socket ??= Connect();
            try
            {
                return NsmCodec.DecodeResponse(Exchange(socket, message));
            }
            catch (Exception e) when (e is SocketException or NsmException)
            {
                // Never sent a second time: an extended PCR would be extended again. The next request begins anew.
                socket.Dispose();
                _socket = null;
                throw e as NsmException ?? new NsmException($"The NSM simulator at {_path} does not answer: {e.Message}", e);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket?.Dispose();

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            ReceiveTimeout = TimeoutMilliseconds,
            SendTimeout = TimeoutMilliseconds,
        };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(_path));
            return socket;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            throw new NsmException($"No NSM simulator answers at {_path} ({e.Message}): start qos-nsm-sim --socket {_path} first.", e);
        }
    }

    private byte[] Exchange(Socket socket, byte[] request)
    {
        byte[] frame = new byte[sizeof(uint) + request.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)request.Length);
        request.CopyTo(frame.AsSpan(sizeof(uint)));
        for (int sent = 0; sent < frame.Length;)
            sent += socket.Send(frame.AsSpan(sent));

        byte[] header = Receive(socket, sizeof(uint));
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        return length <= NsmResponse.MaxSize
            ? Receive(socket, (int)length)
            : throw new NsmException($"The NSM simulator at {_path} announces an answer of {length} bytes; at most {NsmResponse.MaxSize} are taken.");
    }

    private byte[] Receive(Socket socket, int length)
    {
        byte[] buffer = new byte[length];
        for (int received = 0; received < length;)
        {
            int read = socket.Receive(buffer.AsSpan(received));
            if (read == 0)
                throw new NsmException($"The NSM simulator at {_path} closed the connection instead of answering.");
            received += read;
        }

        return buffer;
    }
}
