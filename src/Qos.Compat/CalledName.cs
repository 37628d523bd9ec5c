using System.Text;
namespace Qos.Compat;

/// <summary>By which name the program was called: that of the link that was started, or the first word after <c>qos-compat</c>.</summary>
internal static class CalledName
{
    private const string Own = "qos-compat";

    /// <summary>The name that this process was started by.</summary>
    /// <remarks>Asked of the kernel: the runtime resolves the link and tells the program's own name.</remarks>
    public static string OfProcess()
    {
        byte[] words = File.ReadAllBytes("/proc/self/cmdline");
        int end = words.AsSpan().IndexOf((byte)0);
        return Path.GetFileName(Encoding.UTF8.GetString(words, 0, end < 0 ? words.Length : end));
    }

    /// <summary>Name and arguments; <c>qos-compat qos_client …</c> is <c>qos_client …</c>.</summary>
    public static (string Name, string[] Args) Split(string called, string[] args) =>
        called is Own or Own + ".dll" or "dotnet" ? (args.FirstOrDefault() ?? "", [.. args.Skip(1)]) : (called, args);

    /// <summary>Says which names there are.</summary>
    public static int Refuse(string name, Screen screen)
    {
        screen.Error.WriteLine(
            $"{Own}: '{name}' is none of its names: call it through a link named qos_client, qos_core, qos_host or qos_bridge, or give that as the first word.");
        return ClientCommandLine.Refused;
    }
}
