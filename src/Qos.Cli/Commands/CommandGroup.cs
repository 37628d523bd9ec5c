using System.CommandLine;

namespace Qos.Cli;

/// <summary>The commands about one thing: the first word of a command line.</summary>
/// <param name="Name">The word.</param>
/// <param name="Description">What the thing is.</param>
/// <param name="Commands">Makes its commands; called only when the group is asked for, so that the start stays quick.</param>
internal sealed record CommandGroup(string Name, string Description, Func<IEnumerable<QosCommand>> Commands)
{
    /// <summary>All groups, in the order in which a deployment meets them.</summary>
    public static IReadOnlyList<CommandGroup> All { get; } =
    [
        new("key", "Keys of members and operators: make, show, sign, encrypt.", static () =>
        [
            new KeyNewCommand(), new KeyShowCommand(), new KeyPublicCommand(), new KeySignCommand(), new KeyVerifyCommand(),
            new KeyEncryptCommand(), new KeyDecryptCommand(), new KeyImportCommand(), new KeyExportCommand(), new KeyProtectCommand(),
        ]),
        new("genesis", "Make a quorum key in an enclave and hand out its shares.", static () =>
        [
            new GenesisRunCommand(), new GenesisShowCommand(), new GenesisAcceptCommand(), new GenesisVerifyCommand(),
        ]),
        new("manifest", "What may run, where, and who must agree: make, review, approve.", static () =>
        [
            new ManifestNewCommand(), new ManifestShowCommand(), new ManifestHashCommand(), new ManifestLintCommand(), new ManifestDiffCommand(),
            new ManifestApproveCommand(), new ManifestEnvelopeCommand(),
        ]),
        new("node", "A node: boot it, ask how it is, fetch its documents.", static () =>
        [
            new NodeStatusCommand(), new NodeVersionCommand(), new NodeInfoCommand(), new NodeBootCommand(), new NodeAttestationCommand(),
            new NodeEnvelopeCommand(), new NodeExportKeyCommand(), new NodeInjectKeyCommand(),
        ]),
        new("share", "A member's share: check an enclave and give the share to it alone.", static () =>
        [
            new ShareGiveCommand(), new ShareReencryptCommand(), new SharePostCommand(), new ShareDestroyCommand(),
        ]),
        new("reshare", "New shares of the same quorum key for another set: members come and go, thresholds grow.", static () =>
        [
            new ReshareNewCommand(isDrill: false), new ReshareShowCommand(), new ReshareApproveCommand(isDrill: false), new ReshareRunCommand(isDrill: false),
            new ResharePostCommand(isDrill: false), new ReshareFetchCommand(isDrill: false), new ReshareAcceptCommand(),
        ]),
        new("drill", "A rehearsal: do these members' shares still make the key? Proven in an enclave that never runs an app.", static () =>
        [
            new ReshareNewCommand(isDrill: true), new ReshareApproveCommand(isDrill: true), new ReshareRunCommand(isDrill: true),
            new ResharePostCommand(isDrill: true), new ReshareFetchCommand(isDrill: true), new DrillVerifyCommand(),
        ]),
        new("verify", "Check attestation documents and proofs, and see what each check compared.", static () =>
        [
            new VerifyAttestationCommand(), new VerifyBootProofCommand(), new VerifyAppProofCommand(), new VerifyDeploymentCommand(), new VerifyBundleCommand(),
        ]),
        new("proof", "Keep proofs so that they can be checked in years.", static () => [new ProofBundleCommand()]),
        new("eif", "Enclave images: build, describe, measure, verify, sign.", static () =>
        [
            new EifBuildCommand(), new EifRamdiskCommand(), new EifDescribeCommand(), new EifMeasureCommand(), new EifVerifyCommand(), new EifSignCommand(),
        ]),
        new("app", "An app to start from; apps of a control service: a name, a quorum key and two sets.", static () =>
        [
            new AppNewCommand(), new AppCreateCommand(), new AppListCommand(), new AppShowCommand(), new AppStatusCommand(), new AppPromoteCommand(), new AppDeleteCommand(),
        ]),
        new("deploy", "Deployments of an app: planned, made, approved, provisioned, watched.", static () =>
        [
            new DeployInitCommand(), new DeployPlanCommand(), new DeployCreateCommand(), new DeployApproveCommand(), new DeployProvisionCommand(),
            new DeployStatusCommand(), new DeployLogsCommand(), DeployDeletionCommand.Delete(), DeployDeletionCommand.Restore(),
        ]),
        new("dev", "Develop an app: see it run in an enclave on this machine.", static () =>
        [
            new DevRunCommand(),
        ]),
        new("shamir", "Split a secret into shares and put them together.", static () =>
        [
            new ShamirSplitCommand(), new ShamirCombineCommand(),
        ]),
    ];

    /// <summary>The command of the group.</summary>
    /// <param name="isAskedFor">Whether its commands are needed.</param>
    public Command Build(bool isAskedFor)
    {
        var group = new Command(Name, Description);
        if (isAskedFor)
        {
            foreach (QosCommand command in Commands())
            {
                command.AddJson();
                group.Subcommands.Add(command);
            }
        }

        return group;
    }
}
