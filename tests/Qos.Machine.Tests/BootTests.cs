using System.Globalization;
using Qos.EndToEnd.Local;
using Qos.Machine.Tests.Machines;
using Qos.Nsm;

namespace Qos.Machine.Tests;

/// <summary>
/// The image, booted in QEMU's nitro-enclave machine with a module that signs: the whole life of the demo, every document and proof of which verifies.
/// What does not need a module that signs is in <see cref="LifeTests"/>.
/// </summary>
[Collection(MachineCollection.Name)]
public sealed class BootTests(MachineImage image)
{
    private const int LockedByTheMachine = 16, LockedByTheNode = 32;

    // An emulated machine on a busy processor: ten times of what is usual.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);

    [MachineFact(MachineNeed.SigningModule)]
    public void A_node_lives_its_whole_life_in_the_machine_and_every_proof_verifies_and_an_app_that_ends_ends_it()
    {
        (int code, string output) = Script.Run(
            s_limit,
            new Dictionary<string, string>
            {
                ["NODE"] = "machine",
                ["DEMO_IMAGE"] = image.Image,
                ["DEMO_DIR"] = In("demo"),
                ["DEMO_API_PORT"] = FreePort(),
                ["DEMO_APP_PORT"] = FreePort(),
                ["DEMO_TIME_LIMIT"] = $"{s_limit.TotalSeconds:0}",
            },
            "bash", Repository.PathOf("src", "samples", "demo.sh"));
        Assert.True(code == 0, output);

        string genesis = Console("demo", "run", "genesis"), node = Console("demo", "run", "node");
        ConsoleChecks.AssertBooted(genesis, image.Measured);
        ConsoleChecks.AssertBooted(node, image.Measured);
        Assert.NotEqual(ConsoleChecks.ModuleOf(genesis), ConsoleChecks.ModuleOf(node));
        Assert.Contains("pivot started", node, StringComparison.Ordinal);

        // The same people's next node: its app ends, is never to be started again, and takes the machine with it.
        (code, output) = Script.Run(
            s_limit, "bash", Repository.PathOf("tests", "Qos.Machine.Tests", "end-machine"),
            In("demo"), image.Image, In("short"), $"127.0.0.1:{FreePort()}");
        Assert.True(code == 0, output);
        Assert.NotEqual(ConsoleChecks.ModuleOf(node), ConsoleChecks.ModuleOf(Console("short")));

        // These documents verified above: what they say, the module signed.
        AttestationDocument first = Document("demo", "attestation.setup"), second = Document("short", "attestation");
        Assert.NotEqual(first.PublicKey!.Value.ToArray(), second.PublicKey!.Value.ToArray());
        Assert.Equal(Enumerable.Range(0, LockedByTheNode), first.Pcrs.Keys.Order());
        Assert.Equal(Enumerable.Range(0, LockedByTheMachine), Document("demo", "genesis", "genesis_attestation_doc").Pcrs.Keys.Order());
    }

    private static string FreePort() => LocalNode.FreePort().ToString(CultureInfo.InvariantCulture);

    private string In(params string[] path) => Path.Combine([image.Folder, .. path]);

    private string Console(params string[] run) => File.ReadAllText(In([.. run, "console.log"]));

    private AttestationDocument Document(params string[] path) => AttestationDocument.Parse(File.ReadAllBytes(In(path)));
}
