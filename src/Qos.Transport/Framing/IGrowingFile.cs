using Microsoft.Win32.SafeHandles;

namespace Qos.Transport;

/// <summary>A stream over a file that others append to; what a socket takes from it need not be copied.</summary>
public interface IGrowingFile
{
    /// <summary>The file; its bytes do not change once they are there.</summary>
    SafeFileHandle Handle { get; }

    /// <summary>How many bytes were read so far.</summary>
    long Position { get; set; }

    /// <summary>Waits until there are more.</summary>
    /// <returns>How many bytes lie behind <see cref="Position"/>; at least one.</returns>
    ValueTask<long> AvailableAsync(CancellationToken cancellationToken);
}
