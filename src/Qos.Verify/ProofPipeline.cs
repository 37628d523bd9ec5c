using System.Runtime.ExceptionServices;

namespace Qos.Verify;

/// <summary>
/// One thread finds the objects of a stream, the pool's threads verify them, the caller takes the results in order. What waits is bounded
/// by number and by bytes.
/// </summary>
internal sealed class ProofPipeline(Stream stream, Func<ProofObject, StreamedProof[]> verify)
{
    // Enough that no core waits for the others, and little enough to hold.
    private readonly int _maxAhead = 4 * Environment.ProcessorCount;

    private readonly object _lock = new();
    private readonly Queue<(Task<StreamedProof[]> Work, int Bytes)> _ahead = new();

    private long _bytes;
    private bool _isComplete;
    private bool _isStopped;
    private Exception? _failure;

    /// <summary>The results, numbered from 1.</summary>
    public IEnumerable<StreamedProof> Run()
    {
        new Thread(ReadAhead) { IsBackground = true, Name = "proofs" }.Start();
        long number = 0;
        try
        {
            while (Next() is { } work)
            {
                StreamedProof[] proofs = work.GetAwaiter().GetResult();
                Take();
                foreach (StreamedProof proof in proofs)
                    yield return proof with { Number = ++number };
            }
        }
        finally
        {
            lock (_lock)
            {
                _isStopped = true;
                Monitor.PulseAll(_lock);
            }
        }

        if (_failure is { } failure)
            ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>The oldest piece of work, or null at the end.</summary>
    private Task<StreamedProof[]>? Next()
    {
        lock (_lock)
        {
            while (_ahead.Count == 0 && !_isComplete)
                Monitor.Wait(_lock);
            return _ahead.TryPeek(out (Task<StreamedProof[]> Work, int Bytes) first) ? first.Work : null;
        }
    }

    private void Take()
    {
        lock (_lock)
        {
            _bytes -= _ahead.Dequeue().Bytes;
            Monitor.PulseAll(_lock);
        }
    }

    private void ReadAhead()
    {
        Exception? failure = null;
        try
        {
            foreach (ProofObject found in ProofStream.Objects(stream))
            {
                if (!Add(found))
                    return;
            }
        }
        catch (Exception e)
        {
            failure = e;
        }

        lock (_lock)
        {
            _failure = failure;
            _isComplete = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits for room and begins the verification; false when no more results are wanted.</summary>
    private bool Add(ProofObject found)
    {
        lock (_lock)
        {
            while (!_isStopped && _ahead.Count > 0 && (_ahead.Count >= _maxAhead || _bytes + found.Json.Length > ProofStream.MaxProofBytes))
                Monitor.Wait(_lock);
            if (_isStopped)
                return false;

            // The scanner uses its bytes again for the next object.
            ProofObject kept = found with { Json = found.Json.ToArray() };
            _bytes += kept.Json.Length;
            _ahead.Enqueue((Task.Run(() => verify(kept)), kept.Json.Length));
            Monitor.PulseAll(_lock);
            return true;
        }
    }
}
