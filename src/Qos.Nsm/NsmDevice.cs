using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Qos.Native;
using Tmds.Linux;

namespace Qos.Nsm;

/// <summary>The Nitro Secure Module of an enclave, through its device file. Format: docs/protocol/nsm.md, Device.</summary>
public sealed class NsmDevice : INsm, IDisposable
{
    /// <summary>Where an enclave has the device.</summary>
    public const string DefaultPath = "/dev/nsm";

    private readonly SafeFileHandle _device;
    private readonly string _path;

    /// <summary>Opens the device.</summary>
    /// <exception cref="NsmException">There is none, or it may not be opened.</exception>
    public NsmDevice(string path = DefaultPath)
    {
        _path = path;
        try
        {
            _device = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NsmException(
                $"Cannot open the Nitro Secure Module at {path}: {e.Message} It exists only inside a Nitro enclave whose kernel has the nsm driver loaded.", e);
        }
    }

    /// <inheritdoc/>
    public NsmResponse Send(NsmRequest request) => NsmCodec.DecodeResponse(Exchange(NsmCodec.EncodeRequest(request)));

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    private unsafe ReadOnlyMemory<byte> Exchange(byte[] request)
    {
        byte[] answer = new byte[NsmResponse.MaxSize];
        fixed (byte* requestBytes = request)
        fixed (byte* answerBytes = answer)
        {
            while (true)
            {
                // Set up for each attempt: an interrupted one may have written into it.
                var message = new NsmMessage
                {
                    request = new() { iov_base = requestBytes, iov_len = request.Length },
                    response = new() { iov_base = answerBytes, iov_len = answer.Length },
                };

                if (LibC.ioctl(_device, LibC.NSM_IOCTL_REQUEST, &message) == 0)
                    return answer.AsMemory(0, CheckedLength(message.response.iov_len, answer.Length));

                int error = Marshal.GetLastPInvokeError();
                if (error != LibC.EINTR)
                {
                    throw new NsmException(
                        $"The Nitro Secure Module at {_path} did not answer: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}). " +
                        "If the file is no NSM device, name the right one; if it is, the enclave must be restarted.");
                }
            }
        }
    }

    private int CheckedLength(ulong length, int capacity) => length <= (ulong)capacity
        ? (int)length
        : throw new NsmException($"The driver at {_path} reports an answer of {length} bytes in a buffer of {capacity}; its answer is not used.");
}
