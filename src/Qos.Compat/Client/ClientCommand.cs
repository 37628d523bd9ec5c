using System.CommandLine;

namespace Qos.Compat;

/// <summary>A sub-command of <c>qos_client</c>: the reference's options, and the call of our library that does it.</summary>
internal abstract class ClientCommand : Command
{
    protected ClientCommand(string name, string description)
        : base(name, description) =>
        SetAction(async (parsed, cancellationToken) =>
        {
            await RunAsync(parsed, Screen!, cancellationToken);
            return ClientCommandLine.Done;
        });

    /// <summary>What the command reads from and writes to.</summary>
    public Screen? Screen { get; set; }

    /// <summary>Does it.</summary>
    protected abstract Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken);

    /// <summary>Takes options.</summary>
    protected void Take(params ReadOnlySpan<Option> options)
    {
        foreach (Option option in options)
            Options.Add(option);
    }
}
