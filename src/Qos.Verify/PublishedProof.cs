using Qos.Serialization;

namespace Qos.Verify;

/// <summary>A published file of proofs: <c>{"appProof":{…},"bootProof":{…}}</c>, each of them optional but not both. Specification: proofs.</summary>
/// <param name="App">The app proof, or null.</param>
/// <param name="Boot">The boot proof, or null.</param>
public sealed record PublishedProof(AppProof? App, BootProof? Boot)
{
    /// <summary>Reads the pair, or a boot proof or app proof that stands on its own.</summary>
    /// <exception cref="EncodingException">It is none of these.</exception>
    public static PublishedProof Parse(ReadOnlySpan<byte> json)
    {
        AppProof? app = null;
        BootProof? boot = null;
        bool isAppAlone = false, isBootAlone = false;
        var reader = new QosJsonReader(json);
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("appProof"u8))
            {
                app = AppProof.Read(ref reader);
                continue;
            }

            if (name.SequenceEqual("bootProof"u8))
            {
                boot = BootProof.Read(ref reader);
                continue;
            }

            isAppAlone |= name.SequenceEqual("proofPayload"u8);
            isBootAlone |= name.SequenceEqual("awsAttestationDocB64"u8);
            reader.Skip();
        }

        reader.End();
        if (app is not null || boot is not null)
            return new(app, boot);
        if (isAppAlone)
            return new(AppProof.Parse(json), null);
        if (isBootAlone)
            return new(null, BootProof.Parse(json));
        throw new EncodingException("the file holds neither an app proof nor a boot proof");
    }
}
