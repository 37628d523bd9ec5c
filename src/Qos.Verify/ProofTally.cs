using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Qos.Verify;

/// <summary>Counts what became of the proofs of a stream; what it holds does not grow with their number beyond a bound.</summary>
public sealed class ProofTally
{
    /// <summary>As many different keys are told apart; a run that sees more says so.</summary>
    public const int MaxKeys = 65_536;

    private readonly HashSet<UInt128> _keys = [];

    /// <summary>How many there were.</summary>
    public long Proofs => Accepted + Refused;

    /// <summary>How many are valid.</summary>
    public long Accepted { get; private set; }

    /// <summary>How many are refused, those among them that could not be read.</summary>
    public long Refused { get; private set; }

    /// <summary>How many of the valid ones are so because something was waived that the verifier asked to waive.</summary>
    public long Waived { get; private set; }

    /// <summary>Different ephemeral keys of valid proofs: an enclave has one for its whole life.</summary>
    public int Keys => _keys.Count;

    /// <summary>Whether there may be more keys than were counted.</summary>
    public bool HasMoreKeys { get; private set; }

    /// <summary>Counts one more.</summary>
    public void Add(StreamedProof proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (proof is not { IsValid: true, Proof: { } published, Result: { } result })
        {
            Refused++;
            return;
        }

        Accepted++;
        if (result.Checks.Any(static check => check.Outcome == CheckOutcome.Waived))
            Waived++;

        // The key is compared as bytes before: here both cases of a digit are the same key.
        string key = (published.Boot?.EphemeralPublicKeyHex ?? published.App!.PublicKeyHex).ToLowerInvariant();
        var digest = BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.ASCII.GetBytes(key)));
        if (_keys.Count < MaxKeys)
            _keys.Add(digest);
        else
            HasMoreKeys |= !_keys.Contains(digest);
    }
}
