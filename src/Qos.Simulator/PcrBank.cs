using Qos.Nsm;

namespace Qos.Simulator;

/// <summary>The PCRs of a module with their locks.</summary>
internal sealed class PcrBank
{
    // By the hypervisor, from PCR0 on.
    private const int LockedAtStart = 16;
    private readonly byte[][] _values = new byte[Pcr.Count][];
    private readonly bool[] _locked = new bool[Pcr.Count];

    public PcrBank(IReadOnlyDictionary<int, byte[]> values)
    {
        foreach ((int index, byte[] value) in values)
        {
            if (index is < 0 or >= Pcr.Count || value.Length != Pcr.Size)
                throw new ArgumentException($"PCR{index} with {value.Length} bytes: a PCR is one of 0 to {Pcr.Count - 1} and has {Pcr.Size} bytes.");
        }

        for (int index = 0; index < Pcr.Count; index++)
        {
            _values[index] = values.TryGetValue(index, out byte[]? value) ? [.. value] : new byte[Pcr.Size];
            _locked[index] = index < LockedAtStart;
        }
    }

    /// <summary>The values of the locked PCRs, which are what a document attests.</summary>
    public IEnumerable<(int Index, byte[] Value)> Locked =>
        Enumerable.Range(0, Pcr.Count).Where(index => _locked[index]).Select(index => (index, _values[index]));

    public bool IsLocked(int index) => _locked[index];

    public byte[] Value(int index) => [.. _values[index]];

    public void Set(int index, byte[] value) => _values[index] = value;

    public void Lock(int index) => _locked[index] = true;
}
