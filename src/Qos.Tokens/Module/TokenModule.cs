using Qos.Keys;
using Qos.Native;
using Tmds.Linux;
using static Qos.Tokens.LibPkcs11;

namespace Qos.Tokens;

/// <summary>
/// A module in use: initialised by its first user in this process and finalised by its last. Being logged in belongs to the process too, so
/// the users of one token are counted here, and the last of them logs out.
/// </summary>
internal sealed class TokenModule : IDisposable
{
    private const int MostSlots = 1024;

    private static readonly Lock s_lock = new();

    private static readonly Dictionary<string, Shared> s_open = new(StringComparer.Ordinal);

    private readonly Shared _shared;
    private bool _isDisposed;

    private TokenModule(Shared shared) => _shared = shared;

    /// <summary>The module's functions.</summary>
    internal LibPkcs11 Functions => _shared.Functions;

    /// <summary>Loads and initialises a module, or joins those who use it already.</summary>
    /// <exception cref="TokenException">It is not a module, or does not start.</exception>
    internal static TokenModule Open(string path)
    {
        lock (s_lock)
        {
            if (!s_open.TryGetValue(path, out Shared? shared))
            {
                LibPkcs11 functions = Load(path);
                nuint answer = functions.C_Initialize();
                if (answer is not (CKR_OK or CKR_CRYPTOKI_ALREADY_INITIALIZED))
                    throw TokenFault.From(answer, $"starting the module {path}");
                shared = new Shared(path, functions, answer == CKR_OK);
                s_open.Add(path, shared);
            }

            shared.Users++;
            return new TokenModule(shared);
        }
    }

    /// <summary>The one token that a URI means.</summary>
    /// <exception cref="TokenException">There is none, or more than one.</exception>
    internal TokenSlot Find(TokenUri uri)
    {
        TokenSlot[] all = [.. Slots().Select(id => TokenSlot.Read(Functions, id)).OfType<TokenSlot>().Where(static slot => slot.IsInitialized)];
        TokenSlot[] meant = [.. all.Where(slot => slot.IsMeantBy(uri))];
        return meant switch
        {
            [var one] => one,
            [] when all.Length == 0 => throw new TokenException($"There is no token: the module {uri.ModulePath} sees none; plug it in, or initialise it."),
            [] => throw new TokenException($"The token is not there; the module {uri.ModulePath} sees {string.Join<TokenSlot>(", ", all)}."),
            _ => throw new TokenException($"The URI means several tokens: {string.Join<TokenSlot>(", ", meant)}; add serial=."),
        };
    }

    /// <summary>Logs in once for all users of a token.</summary>
    /// <param name="slot">The token.</param>
    /// <param name="session">A session with it.</param>
    /// <param name="pin">The PIN; null for the token's keypad.</param>
    /// <returns>The module's answer; CKR_OK also where somebody of this process is logged in already.</returns>
    internal unsafe nuint Login(TokenSlot slot, nuint session, SecretMemory? pin)
    {
        lock (s_lock)
        {
            nuint answer;
            fixed (byte* first = pin is null ? default : pin.Span)
                answer = Functions.C_Login(session, CKU_USER, first, (nuint)(pin?.Length ?? 0));
            if (answer == CKR_USER_ALREADY_LOGGED_IN)
                answer = CKR_OK;
            if (answer == CKR_OK)
                _shared.LoggedIn[slot.Id] = _shared.LoggedIn.GetValueOrDefault(slot.Id) + 1;
            return answer;
        }
    }

    /// <summary>Logs out when nobody else of this process uses the token.</summary>
    internal void Logout(TokenSlot slot, nuint session)
    {
        lock (s_lock)
        {
            if (--_shared.LoggedIn[slot.Id] == 0)
                _ = Functions.C_Logout(session);
        }
    }

    /// <summary>Finalises the module when nobody else uses it.</summary>
    public void Dispose()
    {
        lock (s_lock)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            if (--_shared.Users > 0)
                return;
            s_open.Remove(_shared.Path);
            if (_shared.IsOurs)
                _ = Functions.C_Finalize();
        }
    }

    private static LibPkcs11 Load(string path)
    {
        // The loader would wait for a pipe.
        if (LibC.IsSpecialFile(path))
            throw new TokenException($"The token's module {path} is a pipe or a device, and no library.");
        try
        {
            return LibPkcs11.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
        {
            string why = !File.Exists(path) ? "is not there" : e is EntryPointNotFoundException ? "is not a PKCS#11 module" : "cannot be loaded";
            throw new TokenException($"The token's module {path} {why}.", e);
        }
    }

    // Asked for the number, as modules look for tokens only then; but with room for many, as more may come before the second call.
    private unsafe nuint[] Slots()
    {
        nuint[] slots = new nuint[MostSlots];
        nuint count = 0;
        TokenFault.Require(Functions.C_GetSlotList(1, null, &count), "listing the tokens");
        count = MostSlots;
        fixed (nuint* first = slots)
            TokenFault.Require(Functions.C_GetSlotList(1, first, &count), "listing the tokens");
        return slots[..(int)nuint.Min(count, MostSlots)];
    }

    private sealed class Shared(string path, LibPkcs11 functions, bool isOurs)
    {
        public string Path => path;

        public LibPkcs11 Functions => functions;

        public bool IsOurs => isOurs;

        public int Users { get; set; }

        public Dictionary<nuint, int> LoggedIn { get; } = [];
    }
}
