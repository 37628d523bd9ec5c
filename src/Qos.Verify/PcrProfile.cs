using Qos.Nsm;

namespace Qos.Verify;

/// <summary>Measurements that a verifier trusts, under a name: a release's. Those that it does not name are not compared.</summary>
/// <param name="Name">What to call it in a result.</param>
/// <param name="Pcrs">PCR values by index, 48 bytes each.</param>
public sealed record PcrProfile(string Name, IReadOnlyDictionary<int, byte[]> Pcrs)
{
    /// <summary>Reads a <c>release.pcrs</c> file, or the JSON that measuring an image prints; its name is the file's.</summary>
    /// <exception cref="FormatException">It holds no PCRs.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static PcrProfile Read(string path) => new(Path.GetFileName(path), PcrFile.Read(path));

    /// <summary>The first PCR that is missing or another one, or null when all are as the profile says.</summary>
    internal int? FirstMismatch(AttestationDocument document)
    {
        foreach ((int index, byte[] value) in Pcrs)
        {
            if (!document.Pcrs.TryGetValue(index, out ReadOnlyMemory<byte> actual) || !actual.Span.SequenceEqual(value))
                return index;
        }

        return null;
    }
}
