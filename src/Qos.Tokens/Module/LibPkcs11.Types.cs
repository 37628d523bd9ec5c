using System.Runtime.InteropServices;

namespace Qos.Tokens;

/// <summary>The numbers and structures of PKCS#11 that are needed, under its own names. CK_ULONG is a C long, so a native integer here.</summary>
internal sealed unsafe partial class LibPkcs11
{
    internal const nuint CKR_OK = 0x0;
    internal const nuint CKR_GENERAL_ERROR = 0x5;
    internal const nuint CKR_FUNCTION_FAILED = 0x6;
    internal const nuint CKR_ATTRIBUTE_SENSITIVE = 0x11;
    internal const nuint CKR_ATTRIBUTE_TYPE_INVALID = 0x12;
    internal const nuint CKR_DEVICE_ERROR = 0x30;
    internal const nuint CKR_DEVICE_MEMORY = 0x31;
    internal const nuint CKR_DEVICE_REMOVED = 0x32;
    internal const nuint CKR_FUNCTION_CANCELED = 0x50;
    internal const nuint CKR_FUNCTION_NOT_SUPPORTED = 0x54;
    internal const nuint CKR_KEY_FUNCTION_NOT_PERMITTED = 0x68;
    internal const nuint CKR_MECHANISM_INVALID = 0x70;
    internal const nuint CKR_PIN_INCORRECT = 0xA0;
    internal const nuint CKR_PIN_INVALID = 0xA1;
    internal const nuint CKR_PIN_LEN_RANGE = 0xA2;
    internal const nuint CKR_PIN_EXPIRED = 0xA3;
    internal const nuint CKR_PIN_LOCKED = 0xA4;
    internal const nuint CKR_SESSION_CLOSED = 0xB0;
    internal const nuint CKR_SESSION_HANDLE_INVALID = 0xB3;
    internal const nuint CKR_SESSION_READ_ONLY = 0xB5;
    internal const nuint CKR_TOKEN_NOT_PRESENT = 0xE0;
    internal const nuint CKR_TOKEN_NOT_RECOGNIZED = 0xE1;
    internal const nuint CKR_TOKEN_WRITE_PROTECTED = 0xE2;
    internal const nuint CKR_USER_ALREADY_LOGGED_IN = 0x100;
    internal const nuint CKR_USER_NOT_LOGGED_IN = 0x101;
    internal const nuint CKR_USER_PIN_NOT_INITIALIZED = 0x102;
    internal const nuint CKR_CRYPTOKI_ALREADY_INITIALIZED = 0x191;

    internal const nuint CKF_OS_LOCKING_OK = 0x2;
    internal const nuint CKF_RW_SESSION = 0x2;
    internal const nuint CKF_SERIAL_SESSION = 0x4;

    internal const nuint CKF_PROTECTED_AUTHENTICATION_PATH = 0x100;
    internal const nuint CKF_TOKEN_INITIALIZED = 0x400;
    internal const nuint CKF_USER_PIN_COUNT_LOW = 0x10000;
    internal const nuint CKF_USER_PIN_FINAL_TRY = 0x20000;
    internal const nuint CKF_USER_PIN_LOCKED = 0x40000;

    internal const nuint CKU_USER = 1;
    internal const nuint CKU_CONTEXT_SPECIFIC = 2;

    internal const nuint CKO_PUBLIC_KEY = 2;
    internal const nuint CKO_PRIVATE_KEY = 3;
    internal const nuint CKO_SECRET_KEY = 4;
    internal const nuint CKK_EC = 3;
    internal const nuint CKK_GENERIC_SECRET = 0x10;
    internal const nuint CKM_EC_KEY_PAIR_GEN = 0x1040;
    internal const nuint CKM_ECDSA = 0x1041;
    internal const nuint CKM_ECDH1_DERIVE = 0x1050;
    internal const nuint CKD_NULL = 1;

    internal const nuint CKA_CLASS = 0x0;
    internal const nuint CKA_TOKEN = 0x1;
    internal const nuint CKA_PRIVATE = 0x2;
    internal const nuint CKA_LABEL = 0x3;
    internal const nuint CKA_VALUE = 0x11;
    internal const nuint CKA_KEY_TYPE = 0x100;
    internal const nuint CKA_ID = 0x102;
    internal const nuint CKA_SENSITIVE = 0x103;
    internal const nuint CKA_SIGN = 0x108;
    internal const nuint CKA_VERIFY = 0x10A;
    internal const nuint CKA_DERIVE = 0x10C;
    internal const nuint CKA_VALUE_LEN = 0x161;
    internal const nuint CKA_EXTRACTABLE = 0x162;
    internal const nuint CKA_EC_PARAMS = 0x180;
    internal const nuint CKA_EC_POINT = 0x181;
    internal const nuint CKA_ALWAYS_AUTHENTICATE = 0x202;

    [StructLayout(LayoutKind.Sequential)]
    internal struct CK_ATTRIBUTE
    {
        internal nuint type;
        internal void* pValue;
        internal nuint ulValueLen;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct CK_MECHANISM
    {
        internal nuint mechanism;
        internal void* pParameter;
        internal nuint ulParameterLen;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct CK_ECDH1_DERIVE_PARAMS
    {
        internal nuint kdf;
        internal nuint ulSharedDataLen;
        internal byte* pSharedData;
        internal nuint ulPublicDataLen;
        internal byte* pPublicData;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct CK_TOKEN_INFO
    {
        internal fixed byte label[32];
        internal fixed byte manufacturerID[32];
        internal fixed byte model[16];
        internal fixed byte serialNumber[16];
        internal nuint flags;
        internal nuint ulMaxSessionCount;
        internal nuint ulSessionCount;
        internal nuint ulMaxRwSessionCount;
        internal nuint ulRwSessionCount;
        internal nuint ulMaxPinLen;
        internal nuint ulMinPinLen;
        internal nuint ulTotalPublicMemory;
        internal nuint ulFreePublicMemory;
        internal nuint ulTotalPrivateMemory;
        internal nuint ulFreePrivateMemory;
        internal fixed byte versions[4];
        internal fixed byte utcTime[16];
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct CK_C_INITIALIZE_ARGS
    {
        internal void* CreateMutex;
        internal void* DestroyMutex;
        internal void* LockMutex;
        internal void* UnlockMutex;
        internal nuint flags;
        internal void* pReserved;
    }
}
