using System.Net;
using System.Net.Sockets;
using Qos.Keys;
using Qos.Node;
using Qos.Protocol;
using Qos.Simulator;

namespace Qos.Cli.Tests;

/// <summary>A real node on a simulated module, behind HTTP as qos-host has it; or one that knows Borsh alone, without message 23, as nodes once did.</summary>
internal sealed class LocalNode : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly SoftwareNsm _module;
    private readonly NodeFiles _files;
    private readonly QuorumNode _node;
    private readonly MessageService _service;
    private readonly bool _isOld;
    private readonly Task _serving;

    public LocalNode(SimulatorPki pki, IReadOnlyDictionary<int, byte[]> pcrs, string folder, bool isOld = false)
    {
        _isOld = isOld;
        Directory.CreateDirectory(folder);
        _module = new SoftwareNsm(new SoftwareNsmOptions { Pki = pki, Pcrs = pcrs });
        _files = new NodeFiles(folder);
        _node = new QuorumNode(_module, _files, SystemRandomSource.Instance, new NodeOptions { Version = "1.2.3", Commit = "abc\u001b[31mdef" });
        _service = new MessageService(_node);
        Url = $"http://127.0.0.1:{FreePort()}";
        _listener.Prefixes.Add(Url + "/qos/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Url { get; }

    public void Dispose()
    {
        _listener.Close();
        _serving.GetAwaiter().GetResult();
        _node.Dispose();
        _files.Dispose();
        _module.Dispose();
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private static bool IsOldBorsh(byte[] body)
    {
        try
        {
            return MessageCodec.Decode(body) is { Encoding: WireEncoding.Borsh, Message: not ProtocolMessage.BootStandardJsonEnvelopeRequest };
        }
        catch (ProtocolException)
        {
            return false;
        }
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            if (context.Request.HttpMethod == "GET")
            {
                await context.Response.OutputStream.WriteAsync("Ok!"u8.ToArray());
                context.Response.Close();
                continue;
            }

            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            if (_isOld && !IsOldBorsh(body.ToArray()))
            {
                var refusal = new ProtocolMessage.ProtocolErrorResponse(new ProtocolError(ProtocolErrorCode.ProtocolMsgDeserialization));
                await context.Response.OutputStream.WriteAsync(MessageCodec.Encode(refusal, WireEncoding.Borsh));
                context.Response.Close();
                continue;
            }

            using IMessageIntake intake = _service.Begin(body.Length);
            intake.Write(body.ToArray());
            ReadOnlyMemory<byte> answer = await intake.CompleteAsync(default);
            await context.Response.OutputStream.WriteAsync(answer);
            context.Response.Close();
        }
    }
}
