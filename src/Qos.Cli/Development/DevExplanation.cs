using System.Globalization;
using Qos.Client;
using Qos.Local;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>
/// A run as the commands that it stands for: a text for a shell, which does the same with files that one can look at. The programs' command lines are
/// those that a run starts.
/// </summary>
internal static class DevExplanation
{
    private const string Gone = "kill $(jobs -p) 2>/dev/null; wait; rm -rf \"$PWD\"";
    private const string Trust = "--pcrs pcrs --pcr3 \"$zeros\" --root pki/root.pem --manifest-set manifest-set --share-set share-set --quorum-key quorum.pub --pivot app";

    /// <summary>Writes it.</summary>
    /// <param name="plan">What was asked for.</param>
    /// <param name="hostPort">Where the host's API listens.</param>
    /// <param name="isWrapped">Whether the enclave has surroundings of its own.</param>
    public static string Write(DevPlan plan, int hostPort, bool isWrapped)
    {
        string[] members = [WorthlessQuorum.AliasOf(0), WorthlessQuorum.AliasOf(1)];
        string[] lines =
        [
            "# What 'qos dev run' does, as commands. Paste it into a shell that finds qos and the other programs by its PATH; Ctrl-C ends it and removes its files.",
            $"( set -eu; cd \"$(mktemp -d)\"; trap {Quote(Gone)} EXIT; trap 'exit 130' INT TERM",
            "",
            .. Program(plan),
            $"host={Text($"http://127.0.0.1:{hostPort}")}",
            "zeros=$(printf '%096d' 0)",
            "",
            "# A worthless quorum: one person, who approves alone and holds both shares of a key that was just made.",
            $"for name in {string.Join(' ', members)} quorum; do qos key new \"$name\"; done",
            "mkdir manifest-set share-set shares approvals node pki",
            $"cp {members[0]}.pub manifest-set/; echo 1 >manifest-set/quorum_threshold",
            $"cp {members[0]}.pub {members[1]}.pub share-set/; echo 2 >share-set/quorum_threshold",
            "printf \"$(sed 's/../\\\\x&/g' quorum.secret)\" >seed",
            "qos shamir split --secret seed --shares 2 --threshold 2 --out-dir shares",
            .. members.Select(static (name, i) => Text($"qos key encrypt {name}.pub --in shares/{i + 1}.share --out {name}.share")),
            "",
            .. Node(plan, hostPort, isWrapped),
            "until qos node status --host \"$host\" >/dev/null 2>&1; do kill -0 $runner; sleep 0.1; done",
            "",
            "# The manifest: which program, with which arguments, environment and bridges, in which enclave, and who agrees.",
            $"qos manifest new --out manifest --namespace {Quote($"{WorthlessQuorum.Mark}/{plan.Name}")} --nonce 1 {Trust} \\",
            $"    --qos-commit {WorthlessQuorum.Mark} --debug --restart {(plan.Restart == RestartPolicy.Always ? "always" : "never")} --accept-warnings{Pivot(plan)}",
            $"qos manifest approve manifest --secret {members[0]}.secret --alias {members[0]} --out-dir approvals {Trust} --yes --accept-warnings",
            "qos manifest envelope --manifest manifest --approvals approvals --out manifest_envelope",
            "",
            "# The boot, and both shares for the enclave that was booted. The last one completes the key, and the app is started.",
            "qos node boot --host \"$host\" --envelope manifest_envelope --pivot app",
            .. members.Select(static name => $"qos share give --host \"$host\" --envelope manifest_envelope --share {name}.share --secret {name}.secret --alias {name} {Trust} --yes --accept-warnings"),
            "",
            "# What anybody can check.",
            "curl -sS --fail \"$host/qos/boot-proof\" >boot-proof.json",
            "qos verify boot-proof boot-proof.json --root pki/root.pem --quorum-key quorum.pub --pcrs pcrs --pcr3 \"$zeros\" --allow-debug",
            .. plan.Proofs is { } proofs ? (string[])[$"mkdir -p {Quote(Path.GetFullPath(proofs))}; cp boot-proof.json pki/root.pem {Quote(Path.GetFullPath(proofs))}/; cp quorum.pub {Quote(Path.GetFullPath(proofs))}/quorum_key.pub"] : [],
            .. Ports(plan).Select(static port => Text($"echo 'http://127.0.0.1:{port.Value} is the port {port.Key} of the app'")),
            .. plan.Watches ? Change(plan) : [],
            "wait $runner )",
        ];
        return string.Join('\n', lines) + "\n";
    }

    private static IEnumerable<string> Program(DevPlan plan) => plan.Image is { } image
        ?
        [
            "# qos checks every byte from the digest on, and needs no docker; there is no command of its own for it.",
            $"id=$(docker create {Quote(image.Image.ToString())}); docker cp \"$id\":{Quote(image.Path)} app; docker rm \"$id\"",
        ]
        : [$"cp {Quote(Path.GetFullPath(plan.App))} app"];

    private static IEnumerable<string> Node(DevPlan plan, int hostPort, bool isWrapped)
    {
        var programs = new LocalNodePrograms { Find = static name => name, PkiFolder = "../pki", HostPort = hostPort, Ports = Ports(plan) };
        if (plan.Machine is { } machine)
        {
            return
            [
                "# The enclave image in a virtual machine, with a host in front of it.",
                $"qos eif measure {Quote(machine.Image)} >pcrs",
                $"( cd node; export QOS_BIN=\"$(dirname \"$(command -v qos-host)\")\"; {Command(programs.Machine(machine.Script, machine.Image, DevMachine.Further)[0] with { Wrapper = ["exec"] })} ) &",
                $"runner=$!; tail -qF node/{LocalNodePrograms.MachineConsole} 2>/dev/null &",
            ];
        }

        return
        [
            "# A security module, the host, and the enclave, which shows the app's output; outside of AWS its measurements are zero.",
            "for pcr in 0 1 2; do echo \"$zeros PCR$pcr\"; done >pcrs",
            .. programs.Processes(
                    pcrs: null, isWrapped ? EnclaveSurroundings.Arguments : ["--dir", "node"], isWrapped ? EnclaveSurroundings.Wrapper : [], "../pki/root.pem")
                .Select(static program => $"( cd node; {(program.Awaits is { } file ? $"until [ -e {Quote(file)} ]; do sleep 0.05; done; " : "")}exec {Command(program)} ){(program.Name == "enclave" ? "" : $" >{program.Name}.log 2>&1")} &"),
            "runner=$!",
        ];
    }

    private static string[] Change(DevPlan plan) =>
    [
        "",
        "# A change of the file (--watch) is a second node with a manifest of a higher nonce. " + (plan.Machine is null
            ? "Its key comes from the first one:"
            : "Its key comes by the shares again: an image believes AWS's root alone."),
        .. plan.Machine is null
            ? (string[])
            [
                "#   qos node boot --host NEW --envelope NEW_ENVELOPE --pivot app --key-forward --attestation-out new.attestation",
                "#   qos node export-key --host \"$host\" --envelope NEW_ENVELOPE --attestation new.attestation --out forwarded-key",
                "#   qos node inject-key --host NEW --key forwarded-key",
            ]
            : [],
    ];

    private static string Pivot(DevPlan plan) => string.Concat(
        plan.Bridges.Select(static bridge => bridge is BridgeConfig.Client client ? Text($"client:{client.Port}:{client.Host}") : Text($"server:{bridge.Port}:127.0.0.1")).Distinct().Select(static text => " --bridge " + Quote(text))
            .Concat(plan.Args.Select(static word => (word.Length == 0 ? " --arg " : " --arg=") + Quote(word)))
            .Concat(plan.Env.Select(static variable => " --env " + Quote($"{variable.Key}={variable.Value}"))));

    // Of a port that is led to several of this machine's, the first.
    private static Dictionary<ushort, int> Ports(DevPlan plan) =>
        plan.Ports.DistinctBy(static port => port.Inner).ToDictionary(static port => port.Inner, static port => (int)port.Outer);

    private static string Command(NodeProgram program) => string.Join(' ', program.Wrapper.Append(program.Path).Concat(program.Arguments).Select(Quote));

    private static string Quote(string word) =>
        word.Length > 0 && word.All(static c => char.IsAsciiLetterOrDigit(c) || "-_./:=,@%+".Contains(c, StringComparison.Ordinal)) ? word : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
