using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Qos.Protocol;

namespace Qos.Verify;

/// <summary>Counts what became of the proofs of a stream; what it holds does not grow with their number beyond a bound.</summary>
public sealed class ProofTally
{
    /// <summary>As many different keys are told apart; a run that sees more says so.</summary>
    public const int MaxKeys = 65_536;

    /// <summary>As many different manifests are listed; a run that sees more says so.</summary>
    public const int MaxDeployments = 64;

    private readonly HashSet<UInt128> _keys = [];
    private readonly Dictionary<string, Manifest> _deployments = [];
    private readonly SortedDictionary<string, long> _waivers = new(StringComparer.Ordinal);

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

    /// <summary>The manifests that the valid proofs are proven for, in the order in which they came.</summary>
    public IReadOnlyCollection<Manifest> Deployments => _deployments.Values;

    /// <summary>Whether there are more manifests than <see cref="Deployments"/> lists.</summary>
    public bool HasMoreDeployments { get; private set; }

    /// <summary>The names of waived checks, with the number of valid proofs that each was waived for.</summary>
    public IReadOnlyDictionary<string, long> Waivers => _waivers;

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
        if (result.Waivers.Any())
            Waived++;
        foreach (Check waiver in result.Waivers)
            _waivers[waiver.Name] = _waivers.GetValueOrDefault(waiver.Name) + 1;
        if (result.Proven?.Manifest is { } manifest)
            Add(manifest);

        // The key is compared as bytes before: here both cases of a digit are the same key.
        string key = (published.Boot?.EphemeralPublicKeyHex ?? published.App!.PublicKeyHex).ToLowerInvariant();
        var digest = BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.ASCII.GetBytes(key)));
        if (_keys.Count < MaxKeys)
            _keys.Add(digest);
        else
            HasMoreKeys |= !_keys.Contains(digest);
    }

    private void Add(Manifest manifest)
    {
        string hash = Convert.ToHexStringLower(manifest.Hash());
        if (_deployments.Count < MaxDeployments)
            _deployments.TryAdd(hash, manifest);
        else
            HasMoreDeployments |= !_deployments.ContainsKey(hash);
    }
}
