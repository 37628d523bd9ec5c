using System.CommandLine;
using Qos.Nsm;
using Qos.Simulator;
using Qos.Verify;

namespace Qos.NsmSim;

/// <summary>The command line of <c>qos-nsm-sim</c>.</summary>
internal sealed class SimulatorOptions
{
    public SimulatorOptions()
    {
        Socket.Required = true;
        ReadOnlySpan<Option> options =
        [
            Socket, Pcrs, RoleArn, RootOut, PkiDir, MockPki, Delay, Fail, ClockSkew, WrongPcr, LocksDoNothing, ClaimsLocked, Damage,
        ];
        foreach (Option option in options)
            Command.Options.Add(option);
        foreach (Option<string?> pcr in PcrValues)
            Command.Options.Add(pcr);
        Command.Subcommands.Add(Module.Command);
    }

    public RootCommand Command { get; } = new(
        "A Nitro Secure Module in software, for development, tests and demonstrations. Its documents verify under its own root only.\n\n" +
        "An enclave is a process that connects. Processes that run at the same time share the module. The first one to connect after all " +
        "of them have ended is a new enclave: it gets a new module, with PCR16 and above zero and not locked. " +
        "A process in another PID namespace (a container) cannot be seen, so its end is not noticed: start the simulator again with it.\n\n" +
        "Example:\n  qos-nsm-sim --socket /tmp/nsm.sock --pcrs release.pcrs --root-out /tmp/nsm-root.pem\n\n" +
        "Exit codes: 0 stopped by SIGTERM or SIGINT, 1 cannot run, 2 wrong usage.");

    /// <summary>The subcommand that writes a module's certificates and key for another program.</summary>
    public ModuleCommand Module { get; } = new();

    public Option<string> Socket { get; } = new("--socket")
    {
        Description = "The Unix socket to listen on, made with mode 0600.",
        HelpName = "PATH",
    };

    public Option<string?> Pcrs { get; } = new("--pcrs")
    {
        Description = "PCR values at the start: lines \"<hex> PCR<n>\", or the JSON that measuring an image prints.",
        HelpName = "FILE",
    };

    public IReadOnlyList<Option<string?>> PcrValues { get; } =
    [
        .. Enumerable.Range(0, 5).Select(index => new Option<string?>($"--pcr{index}")
        {
            Description = $"PCR{index} as 96 hex digits; before the file's.",
            HelpName = "HEX",
        }),
    ];

    public Option<string?> RoleArn { get; } = new("--role-arn")
    {
        Description = "Makes PCR3 that of a parent instance with this IAM role.",
        HelpName = "ARN",
    };

    public Option<string?> RootOut { get; } = new("--root-out")
    {
        Description = "Writes the root certificate, which a verifier must be given, to this file in PEM.",
        HelpName = "FILE",
    };

    public Option<string?> PkiDir { get; } = new("--pki-dir")
    {
        Description = "Keeps the root and its key in this folder, so that they outlive a restart.",
        HelpName = "DIR",
    };

    public Option<string?> MockPki { get; } = new("--mock-pki")
    {
        Description = "Signs with the fixed certificates of the reference's mock: root.der, intermediate.der, leaf.der, leaf_p384_secret.hex.",
        HelpName = "DIR",
    };

    public Option<int> Delay { get; } = new("--fault-delay")
    {
        Description = "Fault: holds each answer back for this many milliseconds.",
        HelpName = "MS",
    };

    public Option<string[]> Fail { get; } = new("--fault-error")
    {
        Description = "Fault: answers a kind of request with an error, from the n-th on: ExtendPCR=InternalError@2. May be repeated.",
        HelpName = "KIND=ERROR[@N]",
        DefaultValueFactory = _ => [],
    };

    public Option<int> ClockSkew { get; } = new("--fault-clock-skew")
    {
        Description = "Fault: moves the module's clock by this many seconds, which may be negative.",
        HelpName = "SECONDS",
    };

    public Option<bool> WrongPcr { get; } = new("--fault-wrong-pcr") { Description = "Fault: an extended PCR gets a wrong value." };

    public Option<bool> LocksDoNothing { get; } = new("--fault-no-locks") { Description = "Fault: locking succeeds and locks nothing." };

    public Option<bool> ClaimsLocked { get; } = new("--fault-claims-locked") { Description = "Fault: every PCR is described as locked." };

    public Option<AnswerDamage> Damage { get; } = new("--fault-damage")
    {
        Description = "Fault: the answers' bytes are Truncated, Garbage, or have a byte Trailing.",
        HelpName = "KIND",
    };

    /// <summary>The faults that were asked for.</summary>
    /// <exception cref="FormatException">One of them is not of its form.</exception>
    public NsmFaults FaultsOf(ParseResult parsed) => new()
    {
        Delay = parsed.GetValue(Delay) is >= 0 and int delay ? TimeSpan.FromMilliseconds(delay) : throw new FormatException("--fault-delay is at least 0."),
        Errors = [.. parsed.GetValue(Fail)!.Select(NsmErrorFault.Parse)],
        ClockSkew = TimeSpan.FromSeconds(parsed.GetValue(ClockSkew)),
        WrongPcrAfterExtend = parsed.GetValue(WrongPcr),
        LocksDoNothing = parsed.GetValue(LocksDoNothing),
        ClaimsAllLocked = parsed.GetValue(ClaimsLocked),
        Damage = parsed.GetValue(Damage),
    };

    /// <summary>The PCRs that were asked for: the file's, then the role's, then those of the command line.</summary>
    /// <exception cref="FormatException">One on the command line is not of its form.</exception>
    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public Dictionary<int, byte[]> PcrsOf(ParseResult parsed)
    {
        var pcrs = new Dictionary<int, byte[]>();
        if (parsed.GetValue(Pcrs) is { } file)
        {
            foreach ((int index, byte[] value) in Read(file))
                pcrs[index] = value;
        }

        if (parsed.GetValue(RoleArn) is { } arn)
            pcrs[3] = Client.RoleArn.Describe(arn) is { } complaint ? throw new FormatException($"--role-arn {complaint}.") : Pcr.FromRoleArn(arn);
        for (int index = 0; index < PcrValues.Count; index++)
        {
            if (parsed.GetValue(PcrValues[index]) is not { } hex)
                continue;
            if (hex.Length != 96 || !hex.All(char.IsAsciiHexDigit))
                throw new FormatException($"--pcr{index} has 96 hex digits, SHA-384.");
            pcrs[index] = Convert.FromHexString(hex);
        }

        return pcrs;
    }

    // A file with something else in it is no wrong usage.
    private static IReadOnlyDictionary<int, byte[]> Read(string file)
    {
        try
        {
            return PcrFile.Read(file);
        }
        catch (FormatException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }
}
