using System.Text;
using Qos.EndToEnd.Local;
using Qos.Protocol;

// Every test runs programs of its own; more of them at once than processors would only make each other wait.
[assembly: Xunit.v3.Parallelization(MaxThreads = 2)]

namespace Qos.EndToEnd.Tests;

/// <summary>What all of these tests do. The programs' output is in the test's own, so it is shown when the test fails.</summary>
public abstract class NodeTests(ITestOutputHelper output)
{
    /// <summary>A pivot that runs until it is ended.</summary>
    protected static readonly byte[] Quiet = Script("exec /bin/sleep 100000");

    /// <summary>Starts a whole node.</summary>
    protected Task<LocalNode> NodeAsync(NodeSetup? setup = null) => LocalNode.StartAsync(output.WriteLine, setup);

    /// <summary>Starts a node without a host.</summary>
    protected Task<LocalNode> EnclaveAsync(NodeSetup? setup = null) => NodeAsync((setup ?? new NodeSetup()) with { WithHost = false });

    /// <summary>A folder in which nothing runs yet.</summary>
    protected LocalNode Prepared(NodeSetup? setup = null) => LocalNode.Prepare(output.WriteLine, setup);

    /// <summary>A pivot in a few words of shell; its environment is empty, so programs are named by their paths.</summary>
    protected static byte[] Script(string text) => Encoding.UTF8.GetBytes($"#!/bin/sh\n{text}\n");

    /// <summary>The error that a request was refused with.</summary>
    protected static ProtocolError Refusal(ProtocolMessage answer) =>
        Assert.IsType<ProtocolMessage.ProtocolErrorResponse>(answer).Error;

    /// <summary>One line for each error, which begins with the program's name or a time, and no stack trace.</summary>
    protected static void AssertReadable(IReadOnlyCollection<string> lines) =>
        Assert.All(lines, line =>
        {
            Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
            Assert.DoesNotContain("Exception:", line, StringComparison.Ordinal);
            Assert.DoesNotContain("Unhandled", line, StringComparison.Ordinal);
        });
}
