using System.Text;
using Qos.Keys;
using static Qos.Tokens.LibPkcs11;

namespace Qos.Tokens;

/// <summary>A list of attributes in memory that does not move; it must outlive the call that it is given to.</summary>
internal sealed unsafe class TokenTemplate
{
    private readonly List<CK_ATTRIBUTE> _attributes = [];

    // Pinned by how they were made, and kept alive by being here.
    private readonly List<Array> _values = [];

    private CK_ATTRIBUTE[] _list = [];

    /// <summary>How many attributes there are.</summary>
    internal nuint Count => (nuint)_attributes.Count;

    /// <summary>Adds bytes that are no secret.</summary>
    internal TokenTemplate Bytes(nuint type, ReadOnlySpan<byte> value)
    {
        byte[] copy = GC.AllocateUninitializedArray<byte>(value.Length, pinned: true);
        value.CopyTo(copy);
        _values.Add(copy);
        fixed (byte* first = copy)
            return Add(type, first, (nuint)value.Length);
    }

    /// <summary>Adds text.</summary>
    internal TokenTemplate Text(nuint type, string value) => Bytes(type, Encoding.UTF8.GetBytes(value));

    /// <summary>Adds a number.</summary>
    internal TokenTemplate Number(nuint type, nuint value) => Bytes(type, new ReadOnlySpan<byte>(&value, sizeof(nuint)));

    /// <summary>Adds yes or no.</summary>
    internal TokenTemplate Flag(nuint type, bool value) => Bytes(type, [value ? (byte)1 : (byte)0]);

    /// <summary>Adds a secret where it lies; its owner must not dispose of it before the call.</summary>
    internal TokenTemplate Secret(nuint type, SecretMemory value)
    {
        fixed (byte* first = value.Span)
            return Add(type, first, (nuint)value.Length);
    }

    /// <summary>Adds what objects are found by.</summary>
    internal TokenTemplate Name(TokenObjectName name)
    {
        if (name.Label is not null)
            Text(CKA_LABEL, name.Label);
        if (name.Id is not null)
            Bytes(CKA_ID, name.Id);
        return this;
    }

    /// <summary>The first attribute; null when there is none.</summary>
    internal CK_ATTRIBUTE* Pin()
    {
        _list = GC.AllocateArray<CK_ATTRIBUTE>(_attributes.Count, pinned: true);
        _attributes.CopyTo(_list);
        fixed (CK_ATTRIBUTE* first = _list)
            return first;
    }

    private TokenTemplate Add(nuint type, byte* value, nuint length)
    {
        _attributes.Add(new CK_ATTRIBUTE { type = type, pValue = value, ulValueLen = length });
        return this;
    }
}
