namespace Qos.Fleet.Runners;

/// <summary>The name of a folder of this machine that no other machine's folder has.</summary>
internal static class MachinePlace
{
    /// <summary>The machine's id, or its host's name where it has none, and the folder.</summary>
    public static string Of(string folder) => $"{MachineId("/etc/machine-id")}:{folder}";

    private static string MachineId(string file)
    {
        try
        {
            if (File.ReadAllText(file).Trim() is { Length: > 0 and <= 64 } id)
                return id;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Containers often have none.
        }

        return Environment.MachineName;
    }
}
