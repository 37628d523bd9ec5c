using System.Globalization;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Verify;

/// <summary>Results for machines; docs/verify.md has the shape.</summary>
internal static class ResultJson
{
    public static byte[] Write(VerificationResult result)
    {
        using var writer = new QosJsonWriter(JsonForm.Plain);
        writer.BeginObject();
        WriteMembers(writer, result);
        writer.EndObject();
        return writer.ToArray();
    }

    public static byte[] Write(StreamedProof proof)
    {
        using var writer = new QosJsonWriter(JsonForm.Plain);
        writer.BeginObject();
        writer.WritePropertyName("proof"u8);
        writer.WriteInteger(proof.Number);
        writer.WritePropertyName("line"u8);
        writer.WriteInteger(proof.Line);
        if (proof.Result is { } result)
            WriteMembers(writer, result);
        else
        {
            Bool(writer, "valid", false);
            Text(writer, "problem", proof.Problem);
        }

        writer.EndObject();
        return writer.ToArray();
    }

    private static void WriteMembers(QosJsonWriter writer, VerificationResult result)
    {
        Bool(writer, "valid", result.IsValid);
        writer.WritePropertyName("root"u8);
        writer.BeginObject();
        Text(writer, "sha256", result.RootSha256);
        Bool(writer, "aws", result.IsAwsRoot);
        writer.EndObject();
        writer.WritePropertyName("time"u8);
        writer.BeginObject();
        Text(writer, "choice", result.TimeChoice.ToString());
        if (result.Time is { } time)
            Number(writer, "unix", time.ToUnixTimeSeconds());
        writer.EndObject();
        writer.WritePropertyName("waived"u8);
        writer.BeginArray();
        foreach (Check waiver in result.Waivers)
            writer.WriteString(waiver.Name);
        writer.EndArray();
        if (result.Proven is { } proven)
        {
            writer.WritePropertyName("proven"u8);
            Write(writer, proven);
        }

        writer.WritePropertyName("checks"u8);
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

    private static void Write(QosJsonWriter writer, ProvenFacts proven)
    {
        writer.BeginObject();
        if (proven.Manifest is { } manifest)
            Write(writer, manifest);
        if (proven.Approvers.Count > 0)
        {
            writer.WritePropertyName("approvedBy"u8);
            Members(writer, proven.Approvers);
        }

        if (proven.Document is { } document)
            Write(writer, document);
        if (proven.EphemeralKey is { } key)
            Hex(writer, "ephemeralKey", key);
        Text(writer, "payload", proven.Payload);
        writer.EndObject();
    }

    private static void Write(QosJsonWriter writer, Manifest manifest)
    {
        Text(writer, "namespace", manifest.Namespace.Name);
        Number(writer, "nonce", manifest.Namespace.Nonce);
        Hex(writer, "manifestHash", manifest.Hash());
        Text(writer, "manifestVersion", manifest.Version.ToString());
        Hex(writer, "quorumKey", manifest.Namespace.QuorumKey);
        Text(writer, "quorumKeyFingerprint", PivotText.Fingerprint(manifest.Namespace.QuorumKey));
        Hex(writer, "pivotHash", manifest.Pivot.Hash);
        Text(writer, "restart", manifest.Pivot.Restart.ToString());
        Bool(writer, "debugMode", manifest.Pivot.DebugMode);
        Texts(writer, "arguments", manifest.Pivot.Args);
        writer.WritePropertyName("environment"u8);
        writer.BeginObject();
        foreach ((string name, string value) in manifest.Pivot.Env)
            Text(writer, name, value);
        writer.EndObject();
        Texts(writer, "bridges", manifest.Pivot.BridgeConfig.Select(PivotText.Bridge));
        if (manifest.Dns is { } dns)
            Texts(writer, "resolvers", dns.Resolvers.Select(static address => address.ToString()));
        Write(writer, "manifestSet", manifest.ManifestSet);
        Write(writer, "shareSet", manifest.ShareSet);
    }

    private static void Write(QosJsonWriter writer, AttestationDocument document)
    {
        Text(writer, "moduleId", document.ModuleId);
        Number(writer, "timestampMs", (long)document.Timestamp);
        writer.WritePropertyName("pcrs"u8);
        writer.BeginObject();
        foreach ((int index, ReadOnlyMemory<byte> value) in document.Pcrs.OrderBy(static pcr => pcr.Key))
            Hex(writer, index.ToString(CultureInfo.InvariantCulture), value);
        writer.EndObject();
        if (document.UserData is { } userData)
            Hex(writer, "userData", userData);
        if (document.Nonce is { } nonce)
            Hex(writer, "documentNonce", nonce);
    }

    private static void Write(QosJsonWriter writer, string name, MemberSet set)
    {
        writer.WritePropertyName(name);
        writer.BeginObject();
        Number(writer, "threshold", set.Threshold);
        writer.WritePropertyName("members"u8);
        Members(writer, set.Members);
        writer.EndObject();
    }

    private static void Members(QosJsonWriter writer, IReadOnlyList<QuorumMember> members)
    {
        writer.BeginArray();
        foreach (QuorumMember member in members)
        {
            writer.BeginObject();
            Text(writer, "alias", member.Alias);
            Hex(writer, "publicKey", member.PubKey);
            Text(writer, "fingerprint", PivotText.Fingerprint(member.PubKey));
            writer.EndObject();
        }

        writer.EndArray();
    }

    private static void Texts(QosJsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WritePropertyName(name);
        writer.BeginArray();
        foreach (string value in values)
            writer.WriteString(value);
        writer.EndArray();
    }

    private static void Text(QosJsonWriter writer, string name, string? value)
    {
        if (value is null)
            return;
        writer.WritePropertyName(name);
        writer.WriteString(value);
    }

    private static void Hex(QosJsonWriter writer, string name, ReadOnlyMemory<byte> value)
    {
        writer.WritePropertyName(name);
        writer.WriteHex(value.Span);
    }

    private static void Number(QosJsonWriter writer, string name, long value)
    {
        writer.WritePropertyName(name);
        writer.WriteInteger(value);
    }

    private static void Bool(QosJsonWriter writer, string name, bool value)
    {
        writer.WritePropertyName(name);
        writer.WriteBool(value);
    }
}
