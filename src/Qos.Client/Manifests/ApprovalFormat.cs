using System.Globalization;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Client;

/// <summary>An approval as a file of its own. Format: docs/protocol/manifest.md, Envelope.</summary>
public static class ApprovalFormat
{
    /// <summary>Reads an approval file, JSON.</summary>
    /// <exception cref="EncodingException">It is not one.</exception>
    public static Approval Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new QosJsonReader(bytes);
        Approval approval = EnvelopeJson.ReadApproval(ref reader);
        reader.End();
        return approval;
    }

    /// <summary>Writes an approval file: plain JSON, the signature first.</summary>
    public static byte[] Write(Approval approval) => JsonMembers.Plain(approval, EnvelopeJson.WriteApproval);

    /// <summary>
    /// The file's name, <c>ALIAS-NAMESPACE-NONCE.approval</c>, with <c>-</c> for every slash, so that it stays in its folder, and without
    /// characters that cannot be seen or that turn text around, so that a listing shows what it is.
    /// </summary>
    /// <exception cref="ArgumentException">Alias or namespace hold a control character, which no file name should.</exception>
    public static string FileName(string alias, ManifestNamespace ns)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{alias}-{ns.Name}-{ns.Nonce}.approval").Replace('/', '-');
        foreach (char c in name)
        {
            if (char.IsControl(c))
                throw new ArgumentException("The alias or the namespace's name holds a control character, so it cannot be a file name.", nameof(alias));
        }

        return string.Concat(name.EnumerateRunes().Select(static rune => rune.ToString()).Where(static text => !VisibleText.NeedsEscape(text)));
    }
}
