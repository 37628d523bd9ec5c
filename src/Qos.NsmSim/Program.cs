using System.CommandLine;
using Qos.NsmSim;
using Qos.Simulator;

const int CannotRun = 1;
const int WrongUsage = 2;

var options = new SimulatorOptions();
options.Command.SetAction(RunAsync);
options.Module.Command.SetAction(WriteModule);
ParseResult parsed = options.Command.Parse(args);
if (parsed.Errors.Count == 0)
    return await parsed.InvokeAsync();

foreach (var error in parsed.Errors)
    Complain(error.Message.ReplaceLineEndings(" ").TrimEnd());
Complain("see qos-nsm-sim --help");
return WrongUsage;

int WriteModule(ParseResult result)
{
    try
    {
        options.Module.Run(result);
        return 0;
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
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
        using var module = new SoftwareNsm(new SoftwareNsmOptions
        {
            Pcrs = options.PcrsOf(result),
            Pki = pki,
            Faults = options.FaultsOf(result),
        });
        string socket = result.GetValue(options.Socket)!;
        using SimulatorServer server = SimulatorServer.Listen(module, socket);
        if (result.GetValue(options.RootOut) is { } rootFile)
            await File.WriteAllTextAsync(rootFile, pki.RootPem, cancellation);

        Console.WriteLine($"qos-nsm-sim: module {module.ModuleId} is ready on {socket}");
        await server.RunAsync(cancellation);
        return 0;
    }
    catch (FormatException e)
    {
        Complain(e.Message);
        return WrongUsage;
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
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
