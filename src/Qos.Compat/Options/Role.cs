using System.Text;
using Qos.Client;
using Qos.Nsm;

namespace Qos.Compat;

/// <summary>The role of the parent instance, from its file, and the PCR3 that it makes. Format: docs/protocol/manifest.md, PCR3.</summary>
internal static class Role
{
    /// <summary>The ARN: the file's first line as it is, white space included, which PCR3 is taken over with the rest.</summary>
    public static string Arn(string path)
    {
        string line = Encoding.UTF8.GetString(InputFile.Bytes(path)).Split('\n')[0];
        return line.EndsWith('\r') ? line[..^1] : line;
    }

    /// <summary>PCR3 alone.</summary>
    public static Dictionary<int, byte[]> Pcr3(string path) => new() { [3] = Pcr.FromRoleArn(Arn(path)) };
}
