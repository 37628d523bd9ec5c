using Qos.Keys;
using Qos.Protocol;

namespace Qos.Node.Tests;

/// <summary>Files of which single steps fail, as on a full disk.</summary>
internal sealed class FailingFiles(INodeFiles inner) : INodeFiles
{
    /// <summary>The step that fails: <c>stage</c> or <c>publish</c>, and the file.</summary>
    internal string? Fails { get; set; }

    public string PivotPath => inner.PivotPath;

    public IPivotStage StagePivot(int place = 0)
    {
        Check("stage pivot");
        return new Stage(this, inner.StagePivot(place));
    }

    public IStagedFile StageEphemeralKey(ReadOnlySpan<byte> seed)
    {
        Check("stage setup key");
        return new Staged(this, inner.StageEphemeralKey(seed), "setup key");
    }

    public IStagedFile StageEphemeralKeyRotation(ReadOnlySpan<byte> seed)
    {
        Check("stage live key");
        return new Staged(this, inner.StageEphemeralKeyRotation(seed), "live key");
    }

    public IStagedFile StageManifestEnvelope(ReadOnlySpan<byte> envelope)
    {
        Check("stage envelope");
        return new Staged(this, inner.StageManifestEnvelope(envelope), "envelope");
    }

    public IStagedFile StageManifestEnvelopeReplacement(ReadOnlySpan<byte> envelope)
    {
        Check("stage new envelope");
        return new Staged(this, inner.StageManifestEnvelopeReplacement(envelope), "new envelope");
    }

    public IStagedFile StageQuorumKey(ReadOnlySpan<byte> seed)
    {
        Check("stage quorum key");
        return new Staged(this, inner.StageQuorumKey(seed), "quorum key");
    }

    public SecretMemory ReadQuorumKey()
    {
        Check("read quorum key");
        return inner.ReadQuorumKey();
    }

    private void Check(string step)
    {
        if (Fails == step)
            throw new NodeFileException(ProtocolErrorCode.FailedToPutPivot, $"{step}: no space left on device");
    }

    private sealed class Staged(FailingFiles files, IStagedFile inner, string name) : IStagedFile
    {
        public void Publish()
        {
            files.Check($"publish {name}");
            inner.Publish();
        }

        public void Dispose() => inner.Dispose();
    }

    private sealed class Stage(FailingFiles files, IPivotStage inner) : IPivotStage
    {
        public void Write(ReadOnlySpan<byte> bytes)
        {
            files.Check("write pivot");
            inner.Write(bytes);
        }

        public StagedPivot Complete()
        {
            StagedPivot staged = inner.Complete();
            return new StagedPivot(new Staged(files, staged, "pivot"), staged.Sha256);
        }

        public void Dispose() => inner.Dispose();
    }
}
