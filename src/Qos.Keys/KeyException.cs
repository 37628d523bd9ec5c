namespace Qos.Keys;

/// <summary>A key, envelope, signature or key file was refused. The message is one line and never holds secret bytes.</summary>
public sealed class KeyException : Exception
{
    /// <summary>Makes the exception; <paramref name="text"/> is what <see cref="KeyError.QosHex"/> and <see cref="KeyError.IOError"/> carry over the wire.</summary>
    public KeyException(KeyError error, string? text = null, Exception? inner = null)
        : base(text ?? Describe(error), inner)
    {
        Error = error;
        Text = text;
    }

    /// <summary>Which refusal, as the wire names it.</summary>
    public KeyError Error { get; }

    /// <summary>The text that goes with it, if any.</summary>
    public string? Text { get; }

    private static string Describe(KeyError error) => error switch
    {
        KeyError.QosHex => "The text is not hex.",
        KeyError.IOError => "The key file could not be read or written.",
        KeyError.AesGcm256DecryptError => "The envelope does not decrypt with this key: it is damaged, or was encrypted to another key.",
        KeyError.AesGcm256EncryptError => "The plaintext is too long to be encrypted.",
        KeyError.FailedToDeserializeSignature => "The signature is not 64 bytes r || s with r and s in [1, n-1].",
        KeyError.FailedSignatureVerification => "The signature does not verify.",
        KeyError.FailedToReadSecret => "The seed derives no valid P-256 secret; make another seed.",
        KeyError.FailedToReadPublicKey => "The public key holds a point that is not an uncompressed point on P-256.",
        KeyError.EncodedPublicKeyTooLong => "The public key is longer than 130 bytes.",
        KeyError.EncodedPublicKeyTooShort => "The public key is shorter than 130 bytes.",
        KeyError.MasterSeedInvalidLength => "A seed has 32 bytes.",
        KeyError.InvalidMasterSeed => "A secret key file holds a seed as 64 hex digits.",
        _ => $"Key error: {error}.",
    };
}
