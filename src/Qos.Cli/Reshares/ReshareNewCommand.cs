using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos reshare new</c> and <c>qos drill new</c></summary>
internal sealed class ReshareNewCommand : OutputFileCommand
{
    private readonly ResharePinOptions _pins;

    private readonly Option<uint> _nonce = new("--nonce")
    {
        Description = "Tells this request from an earlier one of the same people, whose approvals would hold for it too. Default: 1.",
        HelpName = "N",
        DefaultValueFactory = static _ => 1,
    };

    public ReshareNewCommand(bool isDrill)
        : base(
            "new",
            isDrill
                ? "Write a request for a drill: who holds shares, of which key, and in which image it is tried."
                : "Write a request for new shares of a quorum key: who holds shares now, who gets new ones, and in which image.",
            "The request.",
            isDrill
                ? "qos drill new --quorum-key quorum_key.pub --from share-set --pcrs aws-x86_64.pcrs --role-arn \"$(cat pcr3-preimage.txt)\" --out request"
                : "qos reshare new --quorum-key quorum_key.pub --from old-set --to new-set --dr-key none --pcrs aws-x86_64.pcrs --role-arn \"$(cat pcr3-preimage.txt)\" --out request")
    {
        _pins = new ResharePinOptions(isDrill);
        Take([.. _pins.WithoutVerification, _nonce]);
    }

    /// <inheritdoc/>
    protected override Task<(byte[] Bytes, string What)> MakeAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        ResharePins pins = _pins.Read(parsed);
        ReadOnlyMemory<byte>[] pcrs = [.. Enumerable.Range(0, ReshareFormat.PcrCount).Select(index => (ReadOnlyMemory<byte>)(pins.Pcrs.TryGetValue(index, out byte[]? pcr)
            ? pcr
            : throw new UsageException(index == 3 ? "PCR3 is needed: give --role-arn or --pcr3" : $"PCR{index} is missing in the file of --pcrs")))];
        var request = new ReshareRequest
        {
            Nonce = parsed.GetValue(_nonce),
            QuorumKey = pins.QuorumKey.Memory,
            From = pins.From!,
            To = pins.To,
            RecoveryKey = pins.RecoveryKey?.Memory,
            Pcrs = pcrs,
        };
        ReshareCeremony.RequireSound(request);
        ResharePage.Show(terminal.ErrorPage, request);
        return Task.FromResult((ReshareFormat.Write(request), $"the request {Convert.ToHexStringLower(ReshareFormat.Hash(request))}"));
    }
}
