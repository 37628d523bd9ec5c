using System.Globalization;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>
/// A quorum key's history, from its genesis over manifests and reshares to today: who could ever have held the key, and whether each step was approved by those
/// before it. Format: docs/verify.md, A key's history.
/// </summary>
public sealed class KeyHistory
{
    private readonly AttestationPolicy _policy;
    private readonly MemberSet? _manifestSet;
    private readonly List<HistoryStep> _steps = [];
    private readonly List<KeyHolder> _holders = [];
    private readonly List<ReadOnlyMemory<byte>> _manifests = [];
    private readonly HistoryFiles _files;
    private byte[] _quorumKey = [];
    private MemberSet _shareSet = new(0, []);
    private DateTimeOffset _time;
    private Manifest? _manifest;

    private KeyHistory(AttestationPolicy policy, MemberSet? manifestSet, HistoryFiles files) => (_policy, _manifestSet, _files) = (policy, manifestSet, files);

    /// <summary>The steps, in the order in which they were given.</summary>
    public IReadOnlyList<HistoryStep> Steps => _steps;

    /// <summary>Everybody who could ever have held the key. Nobody ever leaves this list: what destroys a share is a promise.</summary>
    public IReadOnlyList<KeyHolder> Holders => _holders;

    /// <summary>The quorum key, 130 bytes.</summary>
    public ReadOnlyMemory<byte> QuorumKey => _quorumKey;

    /// <summary>Who holds shares after the last step.</summary>
    public MemberSet ShareSet => _shareSet;

    /// <summary>The hashes of the manifests, 32 bytes each.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Manifests => _manifests;

    /// <summary>Whether no comparison fails.</summary>
    public bool IsSound => _steps.All(static step => step.Findings.All(static finding => finding.Outcome != HistoryOutcome.Fails));

    /// <summary>Reads and checks a history.</summary>
    /// <param name="paths">In order: the folder of the genesis first, then manifest envelopes and the folders of reshares and drills.</param>
    /// <param name="policy">How documents are believed: at their own time, with the measurements of the releases that are trusted.</param>
    /// <param name="quorumKey">The key whose history it must be; null for that of the genesis.</param>
    /// <param name="manifestSet">Who approves manifests, as the auditor holds it; null when that is not known.</param>
    /// <exception cref="CeremonyException">A file cannot be read, or the first is no genesis.</exception>
    public static KeyHistory Read(IReadOnlyList<string> paths, AttestationPolicy policy, PublicKey? quorumKey = null, MemberSet? manifestSet = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(policy);
        return Read(paths, HistoryFiles.OnDisk, policy, quorumKey, manifestSet);
    }

    /// <summary>Reads and checks the history in a bundle, of whatever key it is.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="policy">How documents are believed.</param>
    /// <exception cref="CeremonyException">A file is missing or something else, or the first is no genesis.</exception>
    public static KeyHistory Read(ProofBundle bundle, AttestationPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        ArgumentNullException.ThrowIfNull(policy);
        return Read(bundle.History, HistoryFiles.In(bundle), policy, quorumKey: null, manifestSet: null);
    }

    private static KeyHistory Read(IReadOnlyList<string> paths, HistoryFiles files, AttestationPolicy policy, PublicKey? quorumKey, MemberSet? manifestSet)
    {
        var history = new KeyHistory(policy, manifestSet, files);
        for (int i = 0; i < paths.Count; i++)
        {
            bool isGenesis = files.IsFolder(paths[i]) && files.IsFile(Path.Combine(paths[i], GenesisCeremony.OutputFileName));
            if (isGenesis != (i == 0))
                throw new CeremonyException(i == 0 ? $"{paths[0]} is no genesis: a history begins with the folder of one." : $"{paths[i]} is a second genesis, and so another key's history.");
            if (isGenesis)
                history.AddGenesis(paths[i], quorumKey);
            else if (files.IsFolder(paths[i]))
                history.AddReshare(paths[i]);
            else
                history.AddManifest(paths[i]);
        }

        return history._steps.Count > 0 ? history : throw new CeremonyException("A history has at least a genesis.");
    }

    private int Number => _steps.Count + 1;

    private void AddGenesis(string folder, PublicKey? held)
    {
        // Each file is read once: what is shown is what was verified.
        GenesisOutput output = GenesisCeremony.ReadOutput(folder, _files);
        byte[] document = _files.Bytes(Path.Combine(folder, GenesisCeremony.DocumentFileName));
        var findings = new List<HistoryFinding>();
        Verify(findings, "the document verifies, and is about this output", () => GenesisCeremony.Verify(output, document, _policy));
        if (held is null)
            findings.Add(new(HistoryOutcome.Open, "whether it is the right key was not compared (--quorum-key)"));
        else
            Compare(findings, held.Bytes.SequenceEqual(output.QuorumKey.Span), "the quorum key is the one that was named", "the quorum key is not the one that was named");
        _quorumKey = output.QuorumKey.ToArray();
        _shareSet = new MemberSet(output.Set.Threshold, output.Set.Members);
        AddHolders(_shareSet, output.DrKey);
        Add(
            HistoryStepKind.Genesis, folder, $"the key {Short(_quorumKey)} was made for {Describe(_shareSet)}",
            TimeOf(findings, document), findings);
    }

    private void AddReshare(string folder)
    {
        ReshareRecord record = ReshareRecord.ReadUnverified(folder, _files);
        ReshareRequest request = record.Envelope.Request;
        var findings = new List<HistoryFinding>();
        bool isVerified = Verify(findings, "the document verifies, and is about this request and its output", () => ReshareCeremony.Verify(record.Envelope, record.Output, record.Document, _policy));
        CompareKey(findings, request.QuorumKey);
        string? difference = MemberSetDifference.Describe(_shareSet, request.From);
        string approved = Names(record.Envelope.Approvals.Select(static approval => approval.Member));
        if (difference is null && !isVerified)
            findings.Add(new(HistoryOutcome.Open, $"said to be approved by {approved} of those who held shares"));
        else
            Compare(findings, difference is null, $"approved by {approved} of those who held shares", $"those who approved are not those who held shares: {difference}");
        findings.Add(isVerified
            ? new(HistoryOutcome.Holds, $"shares given by {Names(record.Output.Contributors)}")
            : new(HistoryOutcome.Open, $"shares said to be given by {Names(record.Output.Contributors)}"));
        DateTimeOffset? time = TimeOf(findings, record.Document);
        if (request.To is { } to)
        {
            AddHolders(to, request.RecoveryKey);
            _shareSet = to;
            Add(HistoryStepKind.Reshare, folder, $"split anew for {Describe(to)}", time, findings);
        }
        else
        {
            Add(HistoryStepKind.Drill, folder, $"the shares of {Names(record.Output.Contributors)} make the key", time, findings);
        }
    }

    private void AddManifest(string path)
    {
        ManifestEnvelope envelope = InputFile.ManifestEnvelope(path, _files.Bytes(path));
        Manifest manifest = envelope.Manifest;
        var findings = new List<HistoryFinding>();
        Verify(findings, $"approved by {Names(envelope.ManifestSetApprovals.Select(static approval => approval.Member))}", () => ApprovalChecks.CheckManifestApprovals(envelope));
        CompareKey(findings, manifest.Namespace.QuorumKey);
        bool isProvisioned = AddProvisioning(findings, envelope);
        CompareManifestSet(findings, manifest, isProvisioned);
        string? difference = MemberSetDifference.Describe(_shareSet, manifest.ShareSet);
        findings.Add(difference is null
            ? new(HistoryOutcome.Holds, "its share set is the one that holds shares")
            : new(HistoryOutcome.Open, $"its share set is not the one that holds shares at this point, so it cannot provision a node with them: {difference}"));
        if (_manifest is { } before)
        {
            Compare(
                findings, manifest.Namespace.Name == before.Namespace.Name && manifest.Namespace.Nonce > before.Namespace.Nonce,
                "its nonce is above that of the manifest before", "it does not follow the manifest before: another namespace, or a nonce that is not higher");
        }

        _holders.Add(new(
            $"the app with the hash {Convert.ToHexStringLower(manifest.Pivot.Hash.Span)}, in the image with PCR0 {Convert.ToHexStringLower(manifest.Enclave.Pcr0.Span)}", Number, []));
        _manifest = manifest;
        _manifests.Add(manifest.Hash());
        Add(
            HistoryStepKind.Manifest, path,
            string.Create(CultureInfo.InvariantCulture, $"{manifest.Namespace.Name}, nonce {manifest.Namespace.Nonce}, may run the app {Convert.ToHexStringLower(manifest.Pivot.Hash.Span)[..16]}"), null, findings);
    }

    // An envelope that a provisioned node gave holds the approvals of those who posted their shares.
    private static bool AddProvisioning(List<HistoryFinding> findings, ManifestEnvelope envelope)
    {
        if (envelope.ShareSetApprovals.Count == 0)
            return false;
        MemberSet set = envelope.Manifest.ShareSet;
        bool hold = ManifestApproval.Holding(envelope.Manifest, set, envelope.ShareSetApprovals).Count == envelope.ShareSetApprovals.Count;
        int members = envelope.ShareSetApprovals.Select(static approval => approval.Member).Distinct().Count();
        string names = Names(envelope.ShareSetApprovals.Select(static approval => approval.Member));
        Compare(findings, hold && members >= set.Threshold, $"shares given by {names}", $"shares said to be given by {names}, and these approvals are too few or do not hold");
        return hold && members >= set.Threshold;
    }

    private void CompareManifestSet(List<HistoryFinding> findings, Manifest manifest, bool isProvisioned)
    {
        MemberSet? expected = _manifest?.ManifestSet ?? _manifestSet;
        if (expected is null)
        {
            findings.Add(new(HistoryOutcome.Open, "whether these are the people who may approve was not compared (--manifest-set)"));
            return;
        }

        if (MemberSetDifference.Describe(expected, manifest.ManifestSet) is not { } difference)
            findings.Add(new(HistoryOutcome.Holds, _manifest is null ? "its manifest set is the one that was named" : "its manifest set is that of the manifest before"));
        else if (_manifest is null)
            findings.Add(new(HistoryOutcome.Fails, $"its manifest set is not the one that was named: {difference}"));
        else
            // A node gives no key to a manifest with another set: only holders of shares can, who compare.
            findings.Add(new(isProvisioned ? HistoryOutcome.Holds : HistoryOutcome.Open, isProvisioned
                ? $"its manifest set is another, and those who held shares gave them for it: {difference}"
                : $"its manifest set is another, and nothing here shows that those who held shares agreed (the envelope of a provisioned node does): {difference}"));
    }

    private void AddHolders(MemberSet set, ReadOnlyMemory<byte>? recoveryKey)
    {
        _holders.Add(new(
            string.Create(CultureInfo.InvariantCulture, $"any {set.Threshold} of these {set.Members.Count} together"), Number,
            [.. set.Members.Select(static member => $"{VisibleText.Name(member.Alias)}, fingerprint {MemberSetDifference.Fingerprint(member.PubKey.Span)}")]));
        if (recoveryKey is { } key)
            _holders.Add(new($"the owner of the recovery key with the fingerprint {MemberSetDifference.Fingerprint(key.Span)}, alone", Number, []));
    }

    private void CompareKey(List<HistoryFinding> findings, ReadOnlyMemory<byte> key) =>
        Compare(findings, key.Span.SequenceEqual(_quorumKey), "it is about the same quorum key", $"it is about another quorum key, {Short(key.Span)}");

    private static void Compare(List<HistoryFinding> findings, bool holds, string good, string bad) =>
        findings.Add(holds ? new(HistoryOutcome.Holds, good) : new(HistoryOutcome.Fails, bad));

    private static bool Verify(List<HistoryFinding> findings, string good, Action verify)
    {
        try
        {
            verify();
            findings.Add(new(HistoryOutcome.Holds, good));
            return true;
        }
        catch (Exception e) when (e is CeremonyException or ProtocolException)
        {
            findings.Add(new(HistoryOutcome.Fails, e.Message));
            return false;
        }
    }

    // The module's clock, once its document was verified: a step that is older than the one before it does not belong here.
    private DateTimeOffset? TimeOf(List<HistoryFinding> findings, ReadOnlyMemory<byte> document)
    {
        try
        {
            DateTimeOffset time = AttestationDocument.Parse(document.Span).Time;
            Compare(findings, time >= _time, "it is not older than the step before", "it is older than the step before");
            _time = time;
            return time;
        }
        catch (AttestationException e)
        {
            findings.Add(new(HistoryOutcome.Fails, $"the document cannot be read: {e.Message}"));
            return null;
        }
    }

    private void Add(HistoryStepKind kind, string source, string summary, DateTimeOffset? time, List<HistoryFinding> findings) =>
        _steps.Add(new HistoryStep(kind, source, summary, time, findings));

    private static string Describe(MemberSet set) =>
        string.Create(CultureInfo.InvariantCulture, $"{Names(set.Members)}, {set.Threshold} of {set.Members.Count} needed");

    private static string Names(IEnumerable<QuorumMember> members) => string.Join(", ", members.Select(static member => VisibleText.Name(member.Alias)));

    private static string Short(ReadOnlySpan<byte> bytes) => MemberSetDifference.Fingerprint(bytes)[..16];
}
