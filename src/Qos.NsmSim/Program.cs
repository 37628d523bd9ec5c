using System.CommandLine;
using System.Text;
using Qos.Arguments;
using Qos.Client;
using Qos.NsmSim;
using Qos.Simulator;

const int CannotRun = 1;
const int WrongUsage = 2;

var options = new SimulatorOptions();
options.Command.SetAction(RunAsync);
options.Module.Command.SetAction(WriteModule);
var arguments = CommandArguments.Read(options.Command, args);
if (arguments.Mistake is not { } mistake)
    return await arguments.Parsed.InvokeAsync();

Complain($"{mistake} (qos-nsm-sim --help lists the options)");
return WrongUsage;

int WriteModule(ParseResult result)
{
    try
    {
        options.Module.Run(result);
        return 0;
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException or CeremonyException)
    {
        Complain(e.Message);
        return CannotRun;
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

        Console.WriteLine($"qos-nsm-sim: module {server.Module.ModuleId} is ready on {socket}");
        await server.RunAsync(cancellation);
        return 0;

        SoftwareNsm Boot()
        {
            // It signs with the authority above and owns nothing, so there is nothing to dispose of.
            var module = new SoftwareNsm(start);
            if (enclaves++ > 0)
                Console.WriteLine($"qos-nsm-sim: the enclave has ended and a new one has connected: its module is {module.ModuleId}");
            return module;
        }
    }
    catch (FormatException e)
    {
        Complain(e.Message);
        return WrongUsage;
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or CeremonyException)
    {
        Complain(e.Message);
        return CannotRun;
    }
}

SimulatorPki OpenPki(ParseResult result) => (result.GetValue(options.MockPki), result.GetValue(options.PkiDir)) switch
{
    (not null, not null) => throw new FormatException("--mock-pki and --pki-dir exclude each other: give one of them."),
    ({ } mock, null) => SimulatorPki.FromMockDirectory(mock),
    (null, { } directory) => SimulatorPki.OpenOrCreate(directory),
    _ => SimulatorPki.Create(),
};

static void Complain(string message) => Console.Error.WriteLine($"qos-nsm-sim: {message}");
