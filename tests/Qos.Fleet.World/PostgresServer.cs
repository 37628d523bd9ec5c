using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Qos.Fleet.World;

/// <summary>Debian's PostgreSQL in a temporary folder, as a user that may run it; one for all tests of a process, a database for each test.</summary>
public sealed class PostgresServer : IDisposable
{
    private static readonly Lazy<PostgresServer> s_one = new(static () => new PostgresServer());

    private readonly string _folder = Directory.CreateTempSubdirectory("qos-pg-").FullName;
    private readonly int _port = FreePort();
    private Process? _server;

    private PostgresServer()
    {
        Run("chown", "nobody", _folder);
        Run("runuser", "-u", "nobody", "--", Bin("initdb"), "-D", Path.Combine(_folder, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync");
        Start();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
    }

    /// <summary>Why it cannot run here; null when it can.</summary>
    public static string? WhyNot => !File.Exists(Bin("initdb")) ? "postgresql-15 is not installed" : Environment.UserName != "root" ? "PostgreSQL is run as nobody, which needs root" : null;

    public static PostgresServer One => s_one.Value;

    /// <summary>A new, empty database.</summary>
    public string NewDatabase()
    {
        string name = "t" + Guid.NewGuid().ToString("N");
        Run("runuser", "-u", "nobody", "--", Bin("createdb"), "-h", "127.0.0.1", "-p", Port, "-U", "postgres", name);
        return $"postgres:Host=127.0.0.1;Port={Port};Username=postgres;Database={name};Maximum Pool Size=20;Timeout=5";
    }

    /// <summary>Ends it at once, as a crash does, and starts it again.</summary>
    public void Restart()
    {
        Stop("immediate");
        Start();
    }

    public void Dispose()
    {
        if (_server is not null)
            Stop("immediate");
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // The system clears its temporary folder.
        }
    }

    private string Port => _port.ToString(CultureInfo.InvariantCulture);

    private void Start()
    {
        _server = Process.Start(new ProcessStartInfo("setpriv", ["--pdeathsig", "KILL", "--reuid", "nobody", "--clear-groups", "--", Bin("postgres"), "-D", Path.Combine(_folder, "data"), "-p", Port, "-k", _folder, "-h", "127.0.0.1", "-F"])
        {
            RedirectStandardError = true,
        })!;
        _server.ErrorDataReceived += static (_, _) => { };
        _server.BeginErrorReadLine();
        for (int i = 0; i < 400; i++)
        {
            if (TryRun(Bin("pg_isready"), "-h", "127.0.0.1", "-p", Port) == 0)
                return;
        }

        throw new InvalidOperationException("PostgreSQL does not start.");
    }

    private void Stop(string mode)
    {
        TryRun("runuser", "-u", "nobody", "--", Bin("pg_ctl"), "-D", Path.Combine(_folder, "data"), "-m", mode, "-w", "stop");
        _server!.WaitForExit(10_000);
        _server = null;
    }

    private static string Bin(string program) => "/usr/lib/postgresql/15/bin/" + program;

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private static void Run(string program, params string[] arguments)
    {
        if (TryRun(program, arguments) != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed.");
    }

    private static int TryRun(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.WaitForExit();
        return process.ExitCode;
    }
}
