using System.Text;
using Qos.Native;

namespace Qos.Transport;

/// <summary>A socket address as the kernel takes it, made once for a bridge. Its bytes never move.</summary>
internal sealed unsafe class NativeAddress
{
    private readonly byte[] _bytes = GC.AllocateArray<byte>(128, pinned: true);

    internal NativeAddress(BridgeEndPoint endPoint)
    {
        switch (endPoint.Kind)
        {
            case BridgeEndPointKind.Tcp:
                System.Net.SocketAddress address = endPoint.Ip!.Serialize();
                address.Buffer.Span[..address.Size].CopyTo(_bytes);
                Length = (uint)address.Size;
                Family = endPoint.Ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? LibC.AF_INET6 : LibC.AF_INET;
                break;
            case BridgeEndPointKind.Vsock:
                new VsockEndPoint(endPoint.Cid, endPoint.Port).Write(_bytes);
                Length = VsockEndPoint.AddressLength;
                Family = LibC.AF_VSOCK;
                break;
            default:
                Family = LibC.AF_UNIX;
                _bytes[0] = LibC.AF_UNIX;
                Length = 2 + (uint)Encoding.UTF8.GetBytes(endPoint.Path, _bytes.AsSpan(2)) + 1;
                break;
        }
    }

    internal int Family { get; }

    internal uint Length { get; }

    internal bool IsTcp => Family is LibC.AF_INET or LibC.AF_INET6;

    internal byte* Pointer => (byte*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0);
}
