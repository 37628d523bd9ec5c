using System.Text;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>What is kept of a reshare or a drill, in a folder: the approved request, what came of it, and the document that proves it. Format: docs/protocol/reshare.md, Files.</summary>
/// <param name="Envelope">The request and its approvals.</param>
/// <param name="Output">What came of it.</param>
/// <param name="Document">The attestation document about the output.</param>
public sealed record ReshareRecord(ReshareEnvelope Envelope, ReshareOutput Output, ReadOnlyMemory<byte> Document)
{
    /// <summary>The file of the request and its approvals.</summary>
    public const string EnvelopeFileName = "reshare_envelope";

    /// <summary>The file of the output.</summary>
    public const string OutputFileName = "reshare_output";

    /// <summary>The file of the attestation document.</summary>
    public const string DocumentFileName = "reshare_attestation_doc";

    /// <summary>Takes what a node shows when it is done; verify it first.</summary>
    /// <exception cref="CeremonyException">Shares are missing.</exception>
    public static ReshareRecord From(ReshareState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Output is { } output
            ? new ReshareRecord(state.Envelope, output, Attestation.From(state.NsmResponse))
            : throw new CeremonyException(
                $"The node has {state.Received.Count} of {state.Envelope.Request.From.Threshold} shares; there is nothing to fetch before the others are in.");
    }

    /// <summary>Reads a folder and verifies it.</summary>
    /// <exception cref="CeremonyException">A file is missing or something else, or the document is refused.</exception>
    public static ReshareRecord Read(string folder, AttestationPolicy policy)
    {
        ReshareRecord record = ReadUnverified(folder, HistoryFiles.OnDisk);
        ReshareCeremony.Verify(record.Envelope, record.Output, record.Document, policy);
        return record;
    }

    /// <summary>Reads a folder whose document nobody verified.</summary>
    /// <exception cref="CeremonyException">A file is missing or something else.</exception>
    internal static ReshareRecord ReadUnverified(string folder, HistoryFiles files)
    {
        string envelope = Path.Combine(folder, EnvelopeFileName), output = Path.Combine(folder, OutputFileName);
        return new ReshareRecord(
            InputFile.Understand(envelope, files.Bytes(envelope), static bytes => ReshareFormat.ReadEnvelope(bytes), "a reshare request with its approvals"),
            InputFile.Understand(output, files.Bytes(output), static bytes => ReshareFormat.ReadOutput(bytes), "a reshare's output"),
            files.Bytes(Path.Combine(folder, DocumentFileName)));
    }

    /// <summary>Refuses a folder that is there already: what is kept of a ceremony is never mixed with something else.</summary>
    /// <exception cref="CeremonyException">It is there.</exception>
    public static void RequireFree(string folder)
    {
        if (Path.Exists(folder))
            throw new CeremonyException($"{folder} exists already and is not overwritten: name another folder, or move it away.");
    }

    /// <summary>Writes the folder, which appears at once with all that is in it: who is killed in between asks the node again.</summary>
    /// <exception cref="CeremonyException">It is there, or cannot be written.</exception>
    public void Write(string folder)
    {
        RequireFree(folder);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string part = full + ".part";
        try
        {
            Put(part, EnvelopeFileName, ReshareFormat.Write(Envelope));
            Put(part, OutputFileName, ReshareFormat.Write(Output));
            Put(part, DocumentFileName, Document.Span);
            Put(part, GenesisCeremony.QuorumKeyFileName, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(Envelope.Request.QuorumKey.Span)));
            if (Output.Shares?.DrKeyWrappedQuorumKey is { } wrapped)
                Put(part, GenesisCeremony.WrappedKeyFileName, wrapped.Span);
            Directory.Move(part, full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CeremonyException($"{folder} cannot be written: {e.Message}", e);
        }
    }

    // What a run that was killed left there gives way.
    private static void Put(string folder, string name, ReadOnlySpan<byte> bytes) => OutputFile.Write(Path.Combine(folder, name), bytes, overwrite: true);
}
