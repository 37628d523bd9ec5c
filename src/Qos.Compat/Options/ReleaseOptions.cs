using System.CommandLine;
using Qos.Client;
using Qos.Nsm;
using Qos.Verify;

namespace Qos.Compat;

/// <summary>What an enclave must measure: <c>--qos-release-dir</c> and <c>--pcr3-preimage-path</c>. Format: docs/protocol/host.md, Client files.</summary>
internal sealed class ReleaseOptions
{
    private const string PcrFileName = "aws-x86_64.pcrs";

    /// <summary>The release's folder.</summary>
    public Option<string> Folder { get; } = Standard.Required("qos-release-dir", $"Folder that holds {PcrFileName}.");

    /// <summary>The role of the parent instance.</summary>
    public Option<string> Pcr3Preimage { get; } = Standard.Required("pcr3-preimage-path", "File with the ARN of the parent instance's role.");

    /// <summary>PCR0 to PCR2 of the release and PCR3 of the role.</summary>
    public Dictionary<int, byte[]> Pcrs(ParseResult parsed)
    {
        string path = Path.Combine(parsed.GetValue(Folder)!, PcrFileName);
        InputFile.RequirePlain(path);
        var pcrs = new Dictionary<int, byte[]>(PcrFile.Read(path));
        for (int index = 0; index < 3; index++)
        {
            if (!pcrs.ContainsKey(index))
                throw new CeremonyException($"{path} names no PCR{index}; a release is told from another by PCR0, PCR1 and PCR2.");
        }

        pcrs[3] = Pcr.FromRoleArn(Role.Arn(parsed.GetValue(Pcr3Preimage)!));
        return pcrs;
    }
}
