using System.Text;
using Qos.App;
using Qos.Serialization;

namespace Qos.AppService;

/// <summary>The requests about records of state, whose bodies are JSON. Format: docs/service.md, Verifiable data.</summary>
internal static class RecordRoutes
{
    private const int MaxText = 255;
    private const int MaxHead = 20 + 1 + (2 * StateHead.HashSize);
    private const int MaxRecord = 2 * AppRoutes.MaxBody;

    /// <summary>Signs the record that follows a head.</summary>
    internal static void Sign(QosApp app, ReadOnlySpan<byte> body, HttpAnswer answer)
    {
        Question question = Question.Read(body);
        StateRecord record = app.SignRecord(question.Domain, question.Name, question.After, question.Value ?? throw Missing("value"));
        using var writer = new QosJsonWriter(JsonForm.Canonical);
        writer.BeginObject();
        writer.WritePropertyName("head"u8);
        writer.WriteString(record.Head.ToString());
        writer.WritePropertyName("record"u8);
        writer.WriteString(Hex.Encode(record.ToBytes()));
        writer.EndObject();
        answer.Write(writer.Written);
    }

    /// <summary>Verifies records that came back from a store, and gives their values.</summary>
    internal static void Open(QosApp app, ReadOnlySpan<byte> body, HttpAnswer answer)
    {
        Question question = Question.Read(body);
        StateRecord[] records = [.. (question.Records ?? throw Missing("records")).Select(bytes => StateRecord.Parse(bytes))];
        StateChain chain = question.After is { } after
            ? new StateChain(app.QuorumKey, question.Domain, question.Name, after)
            : new StateChain(app.QuorumKey, question.Domain, question.Name);
        chain.Extend(records);
        if (question.Known is { } known)
            chain.Require(known);

        using var writer = new QosJsonWriter(JsonForm.Canonical);
        writer.BeginObject();
        if (chain.Head is { } head)
        {
            writer.WritePropertyName("head"u8);
            writer.WriteString(head.ToString());
        }

        writer.WritePropertyName("values"u8);
        writer.BeginArray();
        foreach (StateRecord record in records)
            writer.WriteString(Hex.Encode(record.Value.Span));
        writer.EndArray();
        writer.EndObject();
        answer.Write(writer.Written);
    }

    private static HttpRefusal Missing(string member) => new(422, $"the member {member} is missing");

    private sealed record Question
    {
        internal required string Domain { get; init; }

        internal required string Name { get; init; }

        /// <summary>The head that comes before; null for the beginning of the chain.</summary>
        internal StateHead? After { get; init; }

        internal StateHead? Known { get; init; }

        internal byte[]? Value { get; init; }

        internal List<byte[]>? Records { get; init; }

        internal static Question Read(ReadOnlySpan<byte> body)
        {
            string? domain = null, name = null;
            StateHead? after = null, known = null;
            byte[]? value = null;
            List<byte[]>? records = null;
            try
            {
                var reader = new QosJsonReader(body);
                reader.BeginObject();
                while (reader.NextMember(out ReadOnlySpan<byte> member))
                {
                    switch (Encoding.UTF8.GetString(member))
                    {
                        case "domain":
                            domain = reader.ReadString(MaxText);
                            break;
                        case "name":
                            name = reader.ReadString(MaxText);
                            break;
                        case "after":
                            after = HeadOf(ref reader);
                            break;
                        case "known":
                            known = HeadOf(ref reader);
                            break;
                        case "value":
                            value = reader.ReadHex(StateRecord.MaxValue);
                            break;
                        case "records":
                            records = [];
                            reader.BeginArray();
                            while (reader.NextElement())
                                records.Add(reader.ReadHex(MaxRecord));
                            break;
                        default:
                            throw reader.Error("the members are domain, name, after, known, value and records");
                    }
                }

                reader.End();
            }
            catch (EncodingException refused)
            {
                throw new HttpRefusal(422, $"the body cannot be read: {refused.Message}");
            }

            return new Question
            {
                Domain = domain ?? throw Missing("domain"),
                Name = name ?? throw Missing("name"),
                After = after,
                Known = known,
                Value = value,
                Records = records,
            };
        }

        private static StateHead HeadOf(ref QosJsonReader reader) =>
            StateHead.TryParse(reader.ReadString(MaxHead), out StateHead? head) ? head : throw reader.Error("a head is SEQUENCE:HASH, in decimal and 64 lower-case hex digits");
    }
}
