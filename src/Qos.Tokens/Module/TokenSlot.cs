using static Qos.Tokens.LibPkcs11;

namespace Qos.Tokens;

/// <summary>A token as it describes itself.</summary>
internal sealed record TokenSlot(nuint Id, string Label, string Manufacturer, string Model, string Serial, nuint Flags)
{
    /// <summary>Whether it was given a label and can hold keys.</summary>
    internal bool IsInitialized => (Flags & CKF_TOKEN_INITIALIZED) != 0;

    /// <summary>Whether it takes its PIN at a keypad of its own.</summary>
    internal bool HasKeypad => (Flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;

    /// <summary>Whether its user PIN is blocked.</summary>
    internal bool IsLocked => (Flags & CKF_USER_PIN_LOCKED) != 0;

    /// <summary>Whether the next wrong PIN locks it.</summary>
    internal bool IsLastTry => (Flags & CKF_USER_PIN_FINAL_TRY) != 0;

    /// <summary>Whether a wrong PIN was given since the last right one.</summary>
    internal bool HadWrongPin => (Flags & CKF_USER_PIN_COUNT_LOW) != 0;

    /// <summary>Asks a slot's token; null when there is none any more.</summary>
    internal static unsafe TokenSlot? Read(LibPkcs11 module, nuint id)
    {
        CK_TOKEN_INFO info;
        if (module.C_GetTokenInfo(id, &info) != CKR_OK)
            return null;
        return new TokenSlot(
            id,
            Padded(new ReadOnlySpan<byte>(info.label, 32)),
            Padded(new ReadOnlySpan<byte>(info.manufacturerID, 32)),
            Padded(new ReadOnlySpan<byte>(info.model, 16)),
            Padded(new ReadOnlySpan<byte>(info.serialNumber, 16)),
            info.flags);
    }

    /// <summary>Whether the URI means this token.</summary>
    internal bool IsMeantBy(TokenUri uri) =>
        (uri.Token is null || uri.Token == Label)
        && (uri.Serial is null || uri.Serial == Serial)
        && (uri.Manufacturer is null || uri.Manufacturer == Manufacturer)
        && (uri.Model is null || uri.Model == Model)
        && (uri.SlotId is null || uri.SlotId == Id);

    /// <summary>The label and the serial number, for messages.</summary>
    public override string ToString() => $"'{Label}' (serial {Serial})";
}
