using System.CommandLine;
using System.Text;
using Qos.Arguments;
using Qos.Client;
using Qos.NsmSim;
using Qos.Simulator;

const int CannotRun = 1;
const int WrongUsage = 2;

StandardStreams.Prepare(mayLoseOutput: true);
var options = new SimulatorOptions();
options.Command.SetAction(RunAsync);
options.Module.Command.SetAction(WriteModule);
var arguments = CommandArguments.Read(options.Command, args);
if (arguments.Mistake is { } mistake)
    return Complain($"{mistake} (qos-nsm-sim --help lists the options)", WrongUsage);
try
{
    return await arguments.Parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (IOException e)
{
    // What is printed goes to a full disk.
    return Complain(e.Message, CannotRun);
}

int WriteModule(ParseResult result)
{
    try
    {
        options.Module.Run(result);
        return 0;
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException or CeremonyException)
    {
        return Complain(e.Message, CannotRun);
    }
}

async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
{
    try
    {
        using SimulatorPki pki = OpenPki(result);
        var start = new SoftwareNsmOptions { Pcrs = options.PcrsOf(result), Pki = pki, Faults = options.FaultsOf(result) };
        string socket = result.GetValue(options.Socket) is { Length: > 0 } path ? path : throw new FormatException("--socket is empty.");
        int enclaves = 0;
        using SimulatorServer server = SimulatorServer.Listen(Boot, socket);
        if (result.GetValue(options.RootOut) is { } rootFile)
            OutputFile.Write(rootFile, Encoding.UTF8.GetBytes(pki.RootPem), overwrite: true);

        Say($"module {server.Module.ModuleId} is ready on {socket}");
        await server.RunAsync(cancellation);
        return 0;

        SoftwareNsm Boot()
        {
            // It signs with the authority above and owns nothing, so there is nothing to dispose of.
            var module = new SoftwareNsm(start);
            if (enclaves++ > 0)
                Say($"the enclave has ended and a new one has connected: its module is {module.ModuleId}");
            return module;
        }
    }
    catch (FormatException e)
    {
        return Complain(e.Message, WrongUsage);
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or CeremonyException)
    {
        return Complain(e.Message, CannotRun);
    }
}

SimulatorPki OpenPki(ParseResult result) => (result.GetValue(options.MockPki), result.GetValue(options.PkiDir)) switch
{
    (not null, not null) => throw new FormatException("--mock-pki and --pki-dir exclude each other: give one of them."),
    ({ } mock, null) => SimulatorPki.FromMockDirectory(mock),
    (null, { } directory) => SimulatorPki.OpenOrCreate(directory),
    _ => SimulatorPki.Create(),
};

static int Complain(string message, int status) => StandardStreams.Complain("qos-nsm-sim", message, status);

static void Say(string text)
{
    try
    {
        Console.WriteLine($"qos-nsm-sim: {text}");
    }
    catch (IOException)
    {
        // A log that is full changes nothing.
    }
}
