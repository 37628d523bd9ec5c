using Qos.Encoding;

namespace Qos.Verify;

/// <summary>
/// Takes the proofs of a file one after the other, so that memory stays flat however many there are: objects on lines of their own, behind
/// each other, or in an array. Specification: proofs.
/// </summary>
public static class ProofStream
{
    /// <summary>The longest single proof that is read, in bytes.</summary>
    public const int MaxProofBytes = 64 * 1024 * 1024;

    private const int BlockSize = 64 * 1024;

    /// <summary>The bytes of each object, to be read by <see cref="PublishedProof.Parse"/>. They are valid until the next one is taken.</summary>
    /// <exception cref="EncodingException">Between the objects is something else, one is too long, or the last one is cut off.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> Objects(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] block = new byte[BlockSize];
        byte[] proof = new byte[BlockSize];
        int length = 0;
        long offset = 0;
        var scanner = new ObjectScanner();
        int count;
        while ((count = stream.Read(block)) > 0)
        {
            for (int i = 0; i < count; i++, offset++)
            {
                bool isInside = scanner.Take(block[i], offset, out bool isComplete);
                if (!isInside)
                    continue;

                if (length == MaxProofBytes)
                    throw new EncodingException($"the proof is longer than {MaxProofBytes} bytes", offset);
                if (length == proof.Length)
                    Array.Resize(ref proof, Math.Min(2 * length, MaxProofBytes));
                proof[length++] = block[i];
                if (!isComplete)
                    continue;

                yield return proof.AsMemory(0, length);
                length = 0;
            }
        }

        if (length > 0)
            throw new EncodingException("the file ends within a proof", offset);
    }

    /// <summary>Finds where objects begin and end; what is in them is the parser's business.</summary>
    private struct ObjectScanner
    {
        private int _depth;
        private bool _isInString;
        private bool _isEscaped;

        public bool Take(byte next, long offset, out bool isComplete)
        {
            isComplete = false;
            if (_depth == 0)
            {
                if (next == '{')
                    _depth = 1;
                else if (next is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)',' or (byte)'[' or (byte)']'))
                    throw new EncodingException("expected a proof, an object", offset);
                return _depth == 1;
            }

            if (_isInString)
            {
                bool closes = next == '"' && !_isEscaped;
                _isEscaped = next == '\\' && !_isEscaped;
                _isInString = !closes;
            }
            else if (next == '"')
                _isInString = true;
            else if (next == '{')
                _depth++;
            else if (next == '}')
                isComplete = --_depth == 0;
            return true;
        }
    }
}
