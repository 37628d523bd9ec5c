using System.Globalization;

namespace Qos.Bench.Attestation;

/// <summary>What proofs are compared with.</summary>
internal static class OpenSsl
{
    /// <summary>Verifications of ECDSA on P-384 in a second of processor time: the last number of the last line.</summary>
    public static async Task<double> VerificationsAsync(double seconds)
    {
        string whole = Math.Max(1, (int)Math.Round(seconds)).ToString(CultureInfo.InvariantCulture);
        string output = await ChildProcess.RunAsync("openssl", "speed", "-seconds", whole, "ecdsap384");
        string last = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        return double.Parse(last.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1], CultureInfo.InvariantCulture);
    }
}
