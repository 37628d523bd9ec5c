namespace Qos.Keys;

/// <summary>
/// Shamir's secret sharing over GF(2^8), byte by byte, the secret at 0. A share is its identifier (1 to 255), then as many bytes as the
/// secret. Format: docs/protocol/keys.md, Shamir shares.
/// </summary>
public static class Shamir
{
    /// <summary>The most shares of one secret.</summary>
    public const int MaxShares = 255;

    /// <summary>
    /// Splits a secret into <paramref name="count"/> shares with the identifiers 1 to <paramref name="count"/>, any
    /// <paramref name="threshold"/> of which give it back while fewer say nothing about it. The caller disposes of them.
    /// </summary>
    /// <exception cref="ShamirException">The secret is empty, or not 2 &lt;= threshold &lt;= count &lt;= 255.</exception>
    public static SecretMemory[] Split(ReadOnlySpan<byte> secret, int count, int threshold, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        if (secret.IsEmpty)
            throw new ShamirException(ShamirError.EmptySecret);
        if (count > MaxShares)
            throw new ShamirException(ShamirError.TooManyShares);
        if (threshold < 2 || threshold > count)
            throw new ShamirException(ShamirError.InvalidThreshold);

        // One row for each power of x, the highest first and the secret (x^0) last; rows are padded to whole words.
        int width = Padded(secret.Length);
        using SecretMemory polynomial = SecretMemory.Allocate(threshold * width);
        using SecretMemory value = SecretMemory.Allocate(width);
        random.Fill(polynomial.Span[..((threshold - 1) * width)]);
        secret.CopyTo(polynomial.Span[((threshold - 1) * width)..]);

        SecretMemory[] shares = new SecretMemory[count];
        try
        {
            for (int i = 0; i < count; i++)
            {
                byte identifier = (byte)(i + 1);
                value.Span.Clear();
                for (int row = 0; row < threshold; row++)
                    Field256.MultiplyThenAdd(value.Span, identifier, polynomial.Span.Slice(row * width, width));

                shares[i] = SecretMemory.Allocate(1 + secret.Length);
                shares[i].Span[0] = identifier;
                value.Span[..secret.Length].CopyTo(shares[i].Span[1..]);
            }

            return shares;
        }
        catch
        {
            foreach (SecretMemory? share in shares)
                share?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Puts shares together, in any order. Shares of different secrets, or fewer than the threshold, give some other secret: the
    /// caller checks what comes out. A single share gives its own bytes, as a 1-of-1 set of old data needs. The caller disposes of
    /// the secret.
    /// </summary>
    /// <exception cref="ShamirException">There is no share, one is too short, lengths differ, or an identifier is 0 or met twice.</exception>
    public static SecretMemory Reconstruct(IReadOnlyList<SecretMemory> shares)
    {
        ArgumentNullException.ThrowIfNull(shares);
        byte[] identifiers = Identifiers(shares);

        int length = shares[0].Length - 1;
        int width = Padded(length);
        using SecretMemory sum = SecretMemory.Allocate(width);
        using SecretMemory row = SecretMemory.Allocate(width);
        for (int i = 0; i < identifiers.Length; i++)
        {
            using SecretBorrow share = shares[i].Borrow();
            share.Span[1..].CopyTo(row.Span);
            Field256.AddMultiple(sum.Span, row.Span, WeightAtZero(identifiers, i));
        }

        return SecretMemory.CopyOf(sum.Span[..length]);
    }

    private static int Padded(int length) => checked(length + Field256.Width - 1) / Field256.Width * Field256.Width;

    private static byte[] Identifiers(IReadOnlyList<SecretMemory> shares)
    {
        if (shares.Count == 0)
            throw new ShamirException(ShamirError.NoShares);

        Span<bool> met = stackalloc bool[MaxShares + 1];
        met.Clear();
        List<byte> identifiers = new(Math.Min(shares.Count, MaxShares));
        foreach (SecretMemory share in shares)
        {
            if (share.Length < 2)
                throw new ShamirException(ShamirError.ShareTooShort);
            if (share.Length != shares[0].Length)
                throw new ShamirException(ShamirError.UnequalLengths);

            using SecretBorrow bytes = share.Borrow();
            byte identifier = bytes.Span[0];
            if (identifier == 0)
                throw new ShamirException(ShamirError.ZeroIdentifier);
            if (met[identifier])
                throw new ShamirException(ShamirError.DuplicateIdentifier);

            met[identifier] = true;
            identifiers.Add(identifier);
        }

        return [.. identifiers];
    }

    // Lagrange's weight of one share at x = 0: the product of other / (other - own), where - is exclusive or. All of it is public.
    private static byte WeightAtZero(byte[] identifiers, int own)
    {
        byte numerator = 1;
        byte denominator = 1;
        for (int i = 0; i < identifiers.Length; i++)
        {
            if (i == own)
                continue;

            numerator = Field256.Multiply(numerator, identifiers[i]);
            denominator = Field256.Multiply(denominator, (byte)(identifiers[i] ^ identifiers[own]));
        }

        return Field256.Multiply(numerator, Field256.Invert(denominator));
    }
}
