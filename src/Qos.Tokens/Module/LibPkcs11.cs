using System.Runtime.InteropServices;
using System.Text;

namespace Qos.Tokens;

/// <summary>
/// A PKCS#11 module: a library that the operator names, whose functions come in a table and so are called through pointers.
/// </summary>
internal sealed unsafe partial class LibPkcs11
{
    // CK_FUNCTION_LIST: CK_VERSION, padded to a pointer's size, then the functions in the order of the specification.
    private readonly void** _functions;

    private LibPkcs11(void* list) => _functions = (void**)list + 1;

    /// <summary>Loads a module; it stays loaded, for many a module does not survive being unloaded.</summary>
    /// <exception cref="DllNotFoundException">There is no such library, or it cannot be loaded.</exception>
    /// <exception cref="BadImageFormatException">The file is not a library.</exception>
    /// <exception cref="EntryPointNotFoundException">The library is not a PKCS#11 module.</exception>
    internal static LibPkcs11 Load(string path)
    {
        nint library = NativeLibrary.Load(path);
        var getFunctionList = (delegate* unmanaged<void**, nuint>)NativeLibrary.GetExport(library, "C_GetFunctionList");
        void* list = null;
        nuint answer = getFunctionList(&list);
        return answer == CKR_OK && list is not null
            ? new LibPkcs11(list)
            : throw new EntryPointNotFoundException($"C_GetFunctionList answers 0x{answer:x}.");
    }

    internal nuint C_Initialize()
    {
        var arguments = new CK_C_INITIALIZE_ARGS { flags = CKF_OS_LOCKING_OK };
        return ((delegate* unmanaged<void*, nuint>)_functions[0])(&arguments);
    }

    internal nuint C_Finalize() => ((delegate* unmanaged<void*, nuint>)_functions[1])(null);

    internal nuint C_GetSlotList(byte tokenPresent, nuint* slots, nuint* count) =>
        ((delegate* unmanaged<byte, nuint*, nuint*, nuint>)_functions[4])(tokenPresent, slots, count);

    internal nuint C_GetTokenInfo(nuint slot, CK_TOKEN_INFO* info) =>
        ((delegate* unmanaged<nuint, CK_TOKEN_INFO*, nuint>)_functions[6])(slot, info);

    internal nuint C_OpenSession(nuint slot, nuint flags, nuint* session) =>
        ((delegate* unmanaged<nuint, nuint, void*, void*, nuint*, nuint>)_functions[12])(slot, flags, null, null, session);

    internal nuint C_CloseSession(nuint session) => ((delegate* unmanaged<nuint, nuint>)_functions[13])(session);

    internal nuint C_CloseAllSessions(nuint slot) => ((delegate* unmanaged<nuint, nuint>)_functions[14])(slot);

    internal nuint C_Login(nuint session, nuint user, byte* pin, nuint pinLength) =>
        ((delegate* unmanaged<nuint, nuint, byte*, nuint, nuint>)_functions[18])(session, user, pin, pinLength);

    internal nuint C_Logout(nuint session) => ((delegate* unmanaged<nuint, nuint>)_functions[19])(session);

    internal nuint C_CreateObject(nuint session, CK_ATTRIBUTE* template, nuint count, nuint* handle) =>
        ((delegate* unmanaged<nuint, CK_ATTRIBUTE*, nuint, nuint*, nuint>)_functions[20])(session, template, count, handle);

    internal nuint C_DestroyObject(nuint session, nuint handle) =>
        ((delegate* unmanaged<nuint, nuint, nuint>)_functions[22])(session, handle);

    internal nuint C_GetAttributeValue(nuint session, nuint handle, CK_ATTRIBUTE* template, nuint count) =>
        ((delegate* unmanaged<nuint, nuint, CK_ATTRIBUTE*, nuint, nuint>)_functions[24])(session, handle, template, count);

    internal nuint C_FindObjectsInit(nuint session, CK_ATTRIBUTE* template, nuint count) =>
        ((delegate* unmanaged<nuint, CK_ATTRIBUTE*, nuint, nuint>)_functions[26])(session, template, count);

    internal nuint C_FindObjects(nuint session, nuint* handles, nuint most, nuint* count) =>
        ((delegate* unmanaged<nuint, nuint*, nuint, nuint*, nuint>)_functions[27])(session, handles, most, count);

    internal nuint C_FindObjectsFinal(nuint session) => ((delegate* unmanaged<nuint, nuint>)_functions[28])(session);

    internal nuint C_SignInit(nuint session, CK_MECHANISM* mechanism, nuint key) =>
        ((delegate* unmanaged<nuint, CK_MECHANISM*, nuint, nuint>)_functions[42])(session, mechanism, key);

    internal nuint C_Sign(nuint session, byte* data, nuint dataLength, byte* signature, nuint* signatureLength) =>
        ((delegate* unmanaged<nuint, byte*, nuint, byte*, nuint*, nuint>)_functions[43])(session, data, dataLength, signature, signatureLength);

    internal nuint C_GenerateKeyPair(
        nuint session, CK_MECHANISM* mechanism, CK_ATTRIBUTE* publicTemplate, nuint publicCount, CK_ATTRIBUTE* privateTemplate, nuint privateCount,
        nuint* publicHandle, nuint* privateHandle) =>
        ((delegate* unmanaged<nuint, CK_MECHANISM*, CK_ATTRIBUTE*, nuint, CK_ATTRIBUTE*, nuint, nuint*, nuint*, nuint>)_functions[59])(
            session, mechanism, publicTemplate, publicCount, privateTemplate, privateCount, publicHandle, privateHandle);

    internal nuint C_DeriveKey(nuint session, CK_MECHANISM* mechanism, nuint key, CK_ATTRIBUTE* template, nuint count, nuint* handle) =>
        ((delegate* unmanaged<nuint, CK_MECHANISM*, nuint, CK_ATTRIBUTE*, nuint, nuint*, nuint>)_functions[62])(
            session, mechanism, key, template, count, handle);

    /// <summary>Text of a fixed width, padded with blanks.</summary>
    internal static string Padded(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text).TrimEnd(' ', '\0');
}
