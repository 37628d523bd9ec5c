using Qos.Client;
using Qos.Nsm;

namespace Qos.Compat;

/// <summary>The role of the parent instance, from its file, and the PCR3 that it makes. Specification: manifest, PCR3.</summary>
internal static class Role
{
    /// <summary>The ARN: the file's first line.</summary>
    public static string Arn(string path) => InputFile.Text(path).Split('\n')[0].TrimEnd('\r');

    /// <summary>PCR3 alone.</summary>
    public static Dictionary<int, byte[]> Pcr3(string path) => new() { [3] = Pcr.FromRoleArn(Arn(path)) };
}
