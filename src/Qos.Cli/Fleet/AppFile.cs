using Qos.Client;
using Qos.Fleet.Api;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>An app's file, with the member names of the cloud's tool.</summary>
internal static class AppFile
{
    /// <summary>Reads a file.</summary>
    public static CreateAppParameters Read(string path)
    {
        FleetFile file = FleetFile.Read(path);
        var parameters = new CreateAppParameters
        {
            Name = file.Text("name"),
            QuorumPublicKey = file.Text("quorumPublicKey"),
            ManifestSetId = file.OptionalText("manifestSetId"),
            ManifestSetParams = Set(file.Part("manifestSetParams")),
            ShareSetId = file.OptionalText("shareSetId"),
            ShareSetParams = Set(file.Part("shareSetParams")),
            EnableEgress = file.Flag("enableEgress") ?? file.Flag("externalConnectivity"),
            EnableDebugModeDeployments = file.Flag("dangerousEnableDebugModeDeployments") ?? file.Flag("enableDebugModeDeployments"),
        };
        _ = file.Flag("externalConnectivity");
        _ = file.Flag("enableDebugModeDeployments");
        file.End();
        return parameters;
    }

    /// <summary>A set as a folder of keys has it.</summary>
    public static OperatorSetParameters Set(string folder, string name)
    {
        MemberSet set = MemberSetDirectory.Read(folder);
        return new OperatorSetParameters
        {
            Name = name,
            Threshold = set.Threshold,
            NewOperators = [.. set.Members.Select(static member => new OperatorParameters { Name = member.Alias, PublicKey = Convert.ToHexStringLower(member.PubKey.Span) })],
        };
    }

    private static OperatorSetParameters? Set(FleetFile? file)
    {
        if (file is null)
            return null;
        var set = new OperatorSetParameters
        {
            Name = file.Text("name"),
            Threshold = file.Number("threshold") ?? 0,
            NewOperators = [.. file.Parts("newOperators").Select(static op =>
            {
                var made = new OperatorParameters { Name = op.Text("name"), PublicKey = op.Text("publicKey") };
                op.End();
                return made;
            })],
            ExistingOperatorIds = file.Texts("existingOperatorIds"),
        };
        file.End();
        return set;
    }
}
