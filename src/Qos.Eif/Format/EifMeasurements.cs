using System.Globalization;
using System.Text;
using System.Text.Json;
using Qos.Serialization;

namespace Qos.Eif;

/// <summary>
/// What the hypervisor puts into the module's registers for an image, 48 bytes each. Format: docs/protocol/eif.md, Measurements. Lengths are not
/// measured, so PCR0 alone does not pin an image: compare PCR0, PCR1 and PCR2.
/// </summary>
public sealed class EifMeasurements
{
    /// <summary>As nitro-cli names the hash.</summary>
    private const string HashAlgorithm = "Sha384 { ... }";

    internal EifMeasurements(byte[] pcr0, byte[] pcr1, byte[] pcr2, byte[]? pcr8)
    {
        Pcr0 = pcr0;
        Pcr1 = pcr1;
        Pcr2 = pcr2;
        // No array, converted, would be an empty value and not none.
        if (pcr8 is not null)
            Pcr8 = pcr8;
    }

    /// <summary>Kernel, command line and every ramdisk.</summary>
    public ReadOnlyMemory<byte> Pcr0 { get; }

    /// <summary>Kernel, command line and the first ramdisk.</summary>
    public ReadOnlyMemory<byte> Pcr1 { get; }

    /// <summary>The ramdisks after the first.</summary>
    public ReadOnlyMemory<byte> Pcr2 { get; }

    /// <summary>The signing certificate; null if the image is not signed, where the module shows zeros.</summary>
    public ReadOnlyMemory<byte>? Pcr8 { get; }

    /// <summary>Index and value of each register, in rising order.</summary>
    public IEnumerable<KeyValuePair<int, ReadOnlyMemory<byte>>> Registers
    {
        get
        {
            yield return new(0, Pcr0);
            yield return new(1, Pcr1);
            yield return new(2, Pcr2);
            if (Pcr8 is { } pcr8)
                yield return new(8, pcr8);
        }
    }

    /// <summary>The registers as <c>nitro-cli build-enclave</c> prints them: indented JSON, one line feed at its end.</summary>
    public string ToJson()
    {
        using var output = new MemoryStream();
        using (var writer = new Utf8JsonWriter(output, EifJson.Indented))
        {
            writer.WriteStartObject();
            WriteTo(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length) + "\n";
    }

    /// <summary>The registers 0, 1 and 2, and 8 if there is one, as lines <c>&lt;hex&gt; PCR&lt;n&gt;</c>.</summary>
    public string ToPcrsText()
    {
        var text = new StringBuilder();
        foreach ((int index, ReadOnlyMemory<byte> value) in Registers)
            text.Append(CultureInfo.InvariantCulture, $"{Hex.Encode(value.Span)} PCR{index}\n");
        return text.ToString();
    }

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("Measurements"u8);
        writer.WriteString("HashAlgorithm"u8, HashAlgorithm);
        foreach ((int index, ReadOnlyMemory<byte> value) in Registers)
            writer.WriteString(string.Create(CultureInfo.InvariantCulture, $"PCR{index}"), Hex.Encode(value.Span));
        writer.WriteEndObject();
    }
}
