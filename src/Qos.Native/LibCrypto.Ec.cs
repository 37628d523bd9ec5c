using System.Runtime.InteropServices;

namespace Qos.Native;

internal static partial class LibCrypto
{
    internal const int NID_X9_62_prime256v1 = 415;
    internal const int POINT_CONVERSION_UNCOMPRESSED = 4;

    [LibraryImport(Library)]
    internal static partial nint EC_GROUP_new_by_curve_name(int curve);

    [LibraryImport(Library)]
    internal static partial nint EC_POINT_new(nint group);

    [LibraryImport(Library)]
    internal static partial void EC_POINT_clear_free(nint point);

    [LibraryImport(Library)]
    internal static unsafe partial int EC_POINT_oct2point(nint group, nint point, byte* bytes, nuint length, nint context);

    [LibraryImport(Library)]
    internal static unsafe partial nuint EC_POINT_point2oct(nint group, nint point, int form, byte* destination, nuint length, nint context);

    /// <summary>generator * n + q * m, either product left out where its factor is zero.</summary>
    [LibraryImport(Library)]
    internal static partial int EC_POINT_mul(nint group, nint result, nint n, nint q, nint m, nint context);

    [LibraryImport(Library)]
    internal static partial int EC_POINT_get_affine_coordinates(nint group, nint point, nint x, nint y, nint context);

    [LibraryImport(Library)]
    internal static partial nint EC_KEY_new();

    [LibraryImport(Library)]
    internal static partial void EC_KEY_free(nint key);

    [LibraryImport(Library)]
    internal static partial int EC_KEY_set_group(nint key, nint group);

    [LibraryImport(Library)]
    internal static partial int EC_KEY_set_private_key(nint key, nint number);

    [LibraryImport(Library)]
    internal static partial int EC_KEY_set_public_key(nint key, nint point);
}
