using System.Net;
using System.Net.Sockets;

namespace Qos.Bench.Bridge;

/// <summary>
/// Two proxies in a row, as a bridge has two halves: TCP to a Unix socket, and on to TCP. Processes of their own, loopback addresses only.
/// </summary>
internal sealed class Contender : IDisposable
{
    private Contender(string name, int port, params ChildProcess[] processes)
    {
        Name = name;
        Port = port;
        Processes = processes;
    }

    public string Name { get; }

    /// <summary>Where the pair listens.</summary>
    public int Port { get; }

    public IReadOnlyList<ChildProcess> Processes { get; }

    /// <summary>No bridge: what client and server can do on this machine when nothing is between them.</summary>
    public static Contender None(int target) => new("none", target);

    /// <summary>Both halves of ours.</summary>
    public static Task<Contender> OursAsync(string folder, int target) => StartAsync(
        "ours", folder, target, (_, listen, connect) => ChildProcess.StartSelf("half", listen, connect), path => path);

    /// <summary>As it is installed: a worker for each processor, buffers of 16 KiB.</summary>
    public static Task<Contender> NginxAsync(string folder, int target) => StartAsync(
        "nginx",
        folder,
        target,
        (home, listen, connect) =>
        {
            File.WriteAllText(
                $"{home}/nginx.conf",
                $$"""
                daemon off; worker_processes auto; pid {{home}}/pid; error_log {{home}}/log error; user root;
                load_module /usr/lib/nginx/modules/ngx_stream_module.so;
                events { worker_connections 8192; }
                stream { server { listen {{listen}}; proxy_pass {{connect}}; } }
                """);
            return ChildProcess.Start("/usr/sbin/nginx", "-p", home, "-c", $"{home}/nginx.conf");
        },
        path => $"unix:{path}");

    /// <summary>In TCP mode; a thread for each processor.</summary>
    public static Task<Contender> HaproxyAsync(string folder, int target) => StartAsync(
        "haproxy",
        folder,
        target,
        (home, listen, connect) =>
        {
            File.WriteAllText(
                $"{home}/haproxy.cfg",
                $"""
                global
                  maxconn 8000
                defaults
                  mode tcp
                  timeout connect 5s
                  timeout client 10m
                  timeout server 10m
                listen bridge
                  bind {listen}
                  server target {connect}

                """);
            return ChildProcess.Start("/usr/sbin/haproxy", "-db", "-f", $"{home}/haproxy.cfg");
        },
        path => $"unix@{path}");

    /// <summary>With the buffer of 64 KiB that it is fastest with; a process for each connection.</summary>
    public static Task<Contender> SocatAsync(string folder, int target) => StartAsync(
        "socat",
        folder,
        target,
        (_, listen, connect) => ChildProcess.Start(
            "socat",
            "-b",
            "65536",
            listen.StartsWith('/') ? $"UNIX-LISTEN:{listen},fork,backlog=1024" : $"TCP-LISTEN:{listen.Split(':')[1]},bind=127.0.0.1,fork,reuseaddr,nodelay,backlog=1024",
            connect.StartsWith('/') ? $"UNIX-CONNECT:{connect}" : $"TCP:{connect},nodelay"),
        path => path);

    /// <summary>A port of loopback that nobody has.</summary>
    public static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    /// <summary>Waits until a port takes connections.</summary>
    public static async Task AnswersAsync(int port)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (attempt < 200)
            {
                await Task.Delay(50);
            }
        }
    }

    public void Dispose()
    {
        foreach (ChildProcess process in Processes)
            process.Dispose();
    }

    private static async Task<Contender> StartAsync(
        string name, string folder, int target, Func<string, string, string, ChildProcess> start, Func<string, string> unix)
    {
        string between = unix($"{folder}/{name}");
        int port = FreePort();
        ChildProcess inner = start(Directory.CreateDirectory($"{folder}/{name}-inner").FullName, between, $"127.0.0.1:{target}");
        ChildProcess outer = start(Directory.CreateDirectory($"{folder}/{name}-outer").FullName, $"127.0.0.1:{port}", between);
        await AnswersAsync(port);
        return new Contender(name, port, outer, inner);
    }
}
