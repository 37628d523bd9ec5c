using Qos.Serialization;

namespace Qos.Verify;

/// <summary>
/// A result for machines: <c>{"valid":bool,"root":{"sha256":hex,"aws":bool},"time":{"choice":text,"unix":number?},
/// "checks":[{"name","outcome","expected"?,"actual"?,"detail"?}]}</c>. Outcomes: passed, failed, notRun, waived, notAsked.
/// </summary>
public static class ResultJson
{
    /// <summary>Writes it as UTF-8.</summary>
    public static byte[] Of(VerificationResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        using var writer = new QosJsonWriter(JsonForm.Plain);
        writer.BeginObject();
        WriteMembers(writer, result);
        writer.EndObject();
        return writer.ToArray();
    }

    /// <summary>Writes a proof of a stream: the same object with <c>"proof"</c>, its number, and <c>"line"</c> before; where there was nothing to verify, <c>"problem"</c> says why.</summary>
    public static byte[] Of(StreamedProof proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        using var writer = new QosJsonWriter(JsonForm.Plain);
        writer.BeginObject();
        writer.Name("proof"u8);
        writer.Integer(proof.Number);
        writer.Name("line"u8);
        writer.Integer(proof.Line);
        if (proof.Result is { } result)
            WriteMembers(writer, result);
        else
        {
            writer.Name("valid"u8);
            writer.Bool(false);
            Text(writer, "problem", proof.Problem);
        }

        writer.EndObject();
        return writer.ToArray();
    }

    private static void WriteMembers(QosJsonWriter writer, VerificationResult result)
    {
        writer.Name("valid"u8);
        writer.Bool(result.IsValid);
        writer.Name("root"u8);
        writer.BeginObject();
        Text(writer, "sha256", result.RootSha256);
        writer.Name("aws"u8);
        writer.Bool(result.IsAwsRoot);
        writer.EndObject();
        writer.Name("time"u8);
        writer.BeginObject();
        Text(writer, "choice", result.TimeChoice.ToString());
        if (result.Time is { } time)
        {
            writer.Name("unix"u8);
            writer.Integer(time.ToUnixTimeSeconds());
        }

        writer.EndObject();
        writer.Name("checks"u8);
        writer.BeginArray();
        foreach (Check check in result.Checks)
            Write(writer, check);
        writer.EndArray();
    }

    private static void Write(QosJsonWriter writer, Check check)
    {
        writer.BeginObject();
        Text(writer, "name", check.Name);
        Text(writer, "outcome", check.Outcome switch
        {
            CheckOutcome.Passed => "passed",
            CheckOutcome.Failed => "failed",
            CheckOutcome.NotRun => "notRun",
            CheckOutcome.Waived => "waived",
            _ => "notAsked",
        });
        Text(writer, "expected", check.Expected);
        Text(writer, "actual", check.Actual);
        Text(writer, "detail", check.Detail);
        writer.EndObject();
    }

    private static void Text(QosJsonWriter writer, string name, string? value)
    {
        if (value is null)
            return;
        writer.Name(name);
        writer.String(value);
    }
}
