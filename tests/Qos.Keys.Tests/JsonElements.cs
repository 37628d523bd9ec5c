using System.Text.Json;

namespace Qos.Keys.Tests;

/// <summary>Members of a vector file's JSON.</summary>
internal static class JsonElements
{
    public static string Text(this JsonElement element, string member) => element.GetProperty(member).GetString()!;

    public static byte[] Bytes(this JsonElement element, string member) => Convert.FromHexString(element.Text(member));
}
