using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Qos.Transport;

/// <summary>
/// A vsock address: context identifier and port. The framework knows no such family, so the family is
/// <see cref="AddressFamily.Unknown"/> and the <c>sockaddr_vm</c> is written by hand. Format: docs/protocol/messages.md, Transport.
/// </summary>
public sealed class VsockEndPoint : EndPoint, IEquatable<VsockEndPoint>
{
    /// <summary>Any context identifier, for listening.</summary>
    public const uint AnyCid = uint.MaxValue;

    /// <summary>The parent instance as a Nitro enclave knows it.</summary>
    public const uint ParentCid = 3;

    internal const int AddressLength = 16;

    /// <summary>Creates the address.</summary>
    public VsockEndPoint(uint cid, uint port)
    {
        Cid = cid;
        Port = port;
    }

    /// <summary>The context identifier: which machine.</summary>
    public uint Cid { get; }

    /// <summary>The port.</summary>
    public uint Port { get; }

    /// <inheritdoc/>
    public override AddressFamily AddressFamily => AddressFamily.Unknown;

    /// <summary>Makes a stream socket of this family that works with connect, bind, listen and accept.</summary>
    /// <exception cref="TransportException">The kernel has no vsock.</exception>
    public static Socket CreateSocket()
    {
        int fd = LibC.socket(LibC.AF_VSOCK, LibC.SOCK_STREAM | LibC.SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            throw new TransportException(
                TransportError.Unreachable,
                $"This kernel gives no vsock socket ({Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}); use a Unix socket instead.");
        }

        return new Socket(new SafeSocketHandle(fd, ownsHandle: true));
    }

    /// <inheritdoc/>
    public override SocketAddress Serialize()
    {
        var address = new SocketAddress(AddressFamily.Unknown, AddressLength);
        Write(address.Buffer.Span);
        return address;
    }

    /// <inheritdoc/>
    public override EndPoint Create(SocketAddress socketAddress)
    {
        ArgumentNullException.ThrowIfNull(socketAddress);
        if (socketAddress.Size < 12)
            return this;
        ReadOnlySpan<byte> raw = socketAddress.Buffer.Span;
        return new VsockEndPoint(
            BinaryPrimitives.ReadUInt32LittleEndian(raw[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(raw[4..]));
    }

    /// <summary>Writes the <c>sockaddr_vm</c>: family, two reserved bytes, port, context identifier, zeros.</summary>
    internal void Write(Span<byte> address)
    {
        address[..AddressLength].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(address, (ushort)(int)LibC.AF_VSOCK);
        BinaryPrimitives.WriteUInt32LittleEndian(address[4..], Port);
        BinaryPrimitives.WriteUInt32LittleEndian(address[8..], Cid);
    }

    /// <inheritdoc/>
    public bool Equals(VsockEndPoint? other) => other is not null && other.Cid == Cid && other.Port == Port;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as VsockEndPoint);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Cid, Port);

    /// <inheritdoc/>
    public override string ToString() => Cid == AnyCid ? $"vsock:any:{Port}" : $"vsock:{Cid}:{Port}";
}
