using Qos.Keys;
using static Qos.Tokens.LibPkcs11;

namespace Qos.Tokens;

/// <summary>A session with a token: finds keys and uses them. One thread at a time, which its owner sees to.</summary>
internal sealed unsafe class TokenSession : IDisposable
{
    // The longest attribute that we ask for is a point of some large curve, or explicit parameters of one.
    private const int LongestAttribute = 4096;

    private readonly TokenModule _module;
    private readonly nuint _session;
    private bool _isLoggedIn;
    private bool _isDisposed;

    private TokenSession(TokenModule module, TokenSlot slot, nuint session)
    {
        _module = module;
        Slot = slot;
        _session = session;
    }

    /// <summary>The token.</summary>
    internal TokenSlot Slot { get; }

    private LibPkcs11 Functions
    {
        get
        {
            // A module that was let go of may be finalised: what is called in it then is anybody's guess.
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _module.Functions;
        }
    }

    /// <summary>Opens a session with the token that a URI means.</summary>
    /// <exception cref="TokenException">The module or the token is not there.</exception>
    internal static TokenSession Open(TokenUri uri, bool isWriter = false)
    {
        TokenModule module = TokenModule.Open(uri.ModulePath);
        try
        {
            TokenSlot slot = module.Find(uri);
            nuint session;
            TokenFault.Require(
                module.Functions.C_OpenSession(slot.Id, CKF_SERIAL_SESSION | (isWriter ? CKF_RW_SESSION : 0), &session), "opening a session");
            return new TokenSession(module, slot, session);
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    /// <summary>Logs in as the token's user.</summary>
    /// <param name="askPin">Asked unless the token takes the PIN at its own keypad.</param>
    /// <returns>The PIN, for the caller to dispose of; null where the token took it itself.</returns>
    /// <exception cref="TokenException">The PIN is wrong, or the token locked.</exception>
    internal SecretMemory? Login(Func<TokenPinRequest, SecretMemory> askPin)
    {
        if (Slot.IsLocked)
            throw TokenFault.Locked(Slot);
        SecretMemory? pin = Slot.HasKeypad ? null : askPin(new TokenPinRequest(Slot.Label, Slot.IsLastTry, Slot.HadWrongPin));
        try
        {
            nuint answer = _module.Login(Slot, _session, pin);
            if (answer != CKR_OK)
                throw PinRefused(answer);
            _isLoggedIn = true;
            return pin;
        }
        catch
        {
            pin?.Dispose();
            throw;
        }
    }

    /// <summary>Gives the PIN once more, for the one operation that was begun.</summary>
    internal void LoginForOperation(SecretMemory? pin)
    {
        nuint answer;
        fixed (byte* first = pin is null ? default : pin.Span)
            answer = Functions.C_Login(_session, CKU_CONTEXT_SPECIFIC, first, (nuint)(pin?.Length ?? 0));
        if (answer != CKR_OK)
            throw PinRefused(answer);
    }

    /// <summary>The one object of a class under a name; null when there is none.</summary>
    /// <exception cref="TokenException">There are several.</exception>
    internal nuint? Find(nuint objectClass, TokenObjectName name)
    {
        TokenTemplate template = new TokenTemplate().Number(CKA_CLASS, objectClass).Name(name);
        TokenFault.Require(Functions.C_FindObjectsInit(_session, template.Pin(), template.Count), "looking for the key");
        nuint* found = stackalloc nuint[2];
        nuint count = 0;
        nuint answer = Functions.C_FindObjects(_session, found, 2, &count);
        _ = Functions.C_FindObjectsFinal(_session);
        GC.KeepAlive(template);
        TokenFault.Require(answer, "looking for the key");
        return count switch
        {
            0 => null,
            1 => found[0],
            _ => throw new TokenException($"Token {Slot} has several keys {name}: name the one by encrypt-id and sign-id, or take the others away."),
        };
    }

    /// <summary>An attribute that is no secret; null where the object has none or does not give it.</summary>
    internal byte[]? Read(nuint handle, nuint type)
    {
        byte[] buffer = new byte[LongestAttribute];
        fixed (byte* first = buffer)
        {
            var attribute = new CK_ATTRIBUTE { type = type, pValue = first, ulValueLen = LongestAttribute };
            nuint answer = Functions.C_GetAttributeValue(_session, handle, &attribute, 1);
            if (answer is CKR_ATTRIBUTE_SENSITIVE or CKR_ATTRIBUTE_TYPE_INVALID)
                return null;
            TokenFault.Require(answer, "reading the key's description");
            return attribute.ulValueLen <= LongestAttribute ? buffer[..(int)attribute.ulValueLen] : null;
        }
    }

    /// <summary>A number attribute; null where the object has none.</summary>
    internal nuint? ReadNumber(nuint handle, nuint type) =>
        Read(handle, type) is { } value && value.Length == sizeof(nuint) ? System.Runtime.InteropServices.MemoryMarshal.Read<nuint>(value) : null;

    /// <summary>Signs a SHA-256 digest: r || s.</summary>
    /// <param name="key">The private key.</param>
    /// <param name="digest">32 bytes.</param>
    /// <param name="beforeSigning">Called between the beginning of the operation and its end, where the token wants the PIN once more.</param>
    internal byte[] Sign(nuint key, ReadOnlySpan<byte> digest, Action? beforeSigning)
    {
        const string Doing = "signing";
        var mechanism = new CK_MECHANISM { mechanism = CKM_ECDSA };
        TokenFault.Require(Functions.C_SignInit(_session, &mechanism, key), Doing);
        beforeSigning?.Invoke();

        byte[] signature = new byte[PublicKey.SignatureSize];
        nuint length = PublicKey.SignatureSize;
        fixed (byte* data = digest)
        fixed (byte* first = signature)
            TokenFault.Require(Functions.C_Sign(_session, data, (nuint)digest.Length, first, &length), Doing);
        return length == PublicKey.SignatureSize ? signature : throw new TokenException("The token gave a signature of a length that P-256 does not have.");
    }

    /// <summary>ECDH with a point: the x-coordinate, 32 bytes, for the caller to dispose of.</summary>
    /// <param name="key">The private key.</param>
    /// <param name="point">Uncompressed, and known to be on the curve.</param>
    internal SecretMemory Agree(nuint key, ReadOnlySpan<byte> point)
    {
        nuint answer = Derive(key, point, out nuint derived);

        // A module that takes the point in DER as well may mistake 04 3F for the beginning of that, where 3F is the first byte of x.
        if (answer != CKR_OK && point[1] == PublicKey.PointSize - 2)
            answer = Derive(key, EcObject.WritePoint(point), out derived);
        TokenFault.Require(answer, "agreeing on a key");

        SecretMemory shared = SecretMemory.Allocate(P256.ScalarSize);
        try
        {
            fixed (byte* first = shared.Span)
            {
                var attribute = new CK_ATTRIBUTE { type = CKA_VALUE, pValue = first, ulValueLen = P256.ScalarSize };
                nuint read = Functions.C_GetAttributeValue(_session, derived, &attribute, 1);
                TokenFault.Require(read, "handing out the key agreed on");
                if (attribute.ulValueLen != P256.ScalarSize)
                    throw new TokenException("The token agreed on a key of a length that P-256 does not have.");
            }

            return shared;
        }
        catch
        {
            shared.Dispose();
            throw;
        }
        finally
        {
            // It ends with the session in any case; some modules do not let it be destroyed before.
            _ = Functions.C_DestroyObject(_session, derived);
        }
    }

    /// <summary>Makes an object on the token.</summary>
    internal nuint Create(TokenTemplate template, string doing)
    {
        nuint handle;
        TokenFault.Require(Functions.C_CreateObject(_session, template.Pin(), template.Count, &handle), doing);
        GC.KeepAlive(template);
        return handle;
    }

    /// <summary>Makes a key pair on the token.</summary>
    internal (nuint Public, nuint Private) Generate(TokenTemplate publicKey, TokenTemplate privateKey)
    {
        var mechanism = new CK_MECHANISM { mechanism = CKM_EC_KEY_PAIR_GEN };
        nuint @public;
        nuint @private;
        TokenFault.Require(
            Functions.C_GenerateKeyPair(
                _session, &mechanism, publicKey.Pin(), publicKey.Count, privateKey.Pin(), privateKey.Count, &@public, &@private),
            "making keys");
        GC.KeepAlive(publicKey);
        GC.KeepAlive(privateKey);
        return (@public, @private);
    }

    /// <summary>Takes an object away that was made a moment ago.</summary>
    internal void Destroy(nuint handle) => _ = Functions.C_DestroyObject(_session, handle);

    /// <summary>Logs out, ends the session, and lets go of the module.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        if (_isLoggedIn)
            _module.Logout(Slot, _session);
        _ = _module.Functions.C_CloseSession(_session);
        _module.Dispose();
    }

    private nuint Derive(nuint key, ReadOnlySpan<byte> point, out nuint derived)
    {
        TokenTemplate template = new TokenTemplate()
            .Number(CKA_CLASS, CKO_SECRET_KEY)
            .Number(CKA_KEY_TYPE, CKK_GENERIC_SECRET)
            .Flag(CKA_TOKEN, false)
            .Flag(CKA_SENSITIVE, false)
            .Flag(CKA_EXTRACTABLE, true)
            .Number(CKA_VALUE_LEN, P256.ScalarSize);
        fixed (byte* first = point)
        {
            var parameters = new CK_ECDH1_DERIVE_PARAMS { kdf = CKD_NULL, ulPublicDataLen = (nuint)point.Length, pPublicData = first };
            var mechanism = new CK_MECHANISM
            {
                mechanism = CKM_ECDH1_DERIVE,
                pParameter = &parameters,
                ulParameterLen = (nuint)sizeof(CK_ECDH1_DERIVE_PARAMS),
            };
            nuint handle = 0;
            nuint answer = Functions.C_DeriveKey(_session, &mechanism, key, template.Pin(), template.Count, &handle);
            GC.KeepAlive(template);
            derived = handle;
            return answer;
        }
    }

    private TokenException PinRefused(nuint answer) => TokenFault.FromPin(answer, TokenSlot.Read(Functions, Slot.Id) ?? Slot);
}
