using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Qos.App;
using Qos.Protocol;

namespace Qos.Sample.Policy;

/// <summary>
/// The engine: users' changes become records that the application signs, and decisions come with a proof of the rule, the outcome and the data's head.
/// Everything that the store gives back is opened as a chain before it counts. One request at a time.
/// </summary>
/// <param name="app">Keys.</param>
/// <param name="store">Where records lie.</param>
/// <param name="owner">Whose stamp an organization's creation needs besides its users'; from the manifest's arguments, so everybody sees it.</param>
/// <param name="time">The clock.</param>
public sealed class PolicyEngine(QosApp app, IRecordStore store, string owner, TimeProvider time) : IDisposable
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly StampVerifier _stamps = new(TimeSpan.FromMinutes(5), 1, time);
    private readonly Dictionary<string, Organization> _organizations = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Approves and stores a change.</summary>
    /// <param name="text">The change, exactly as it was stamped.</param>
    /// <param name="stamps">Its users' stamps.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The proof of the new head.</returns>
    /// <exception cref="PolicyException">It is refused.</exception>
    public async Task<AppProof> ChangeAsync(string text, IReadOnlyList<string> stamps, CancellationToken cancellationToken)
    {
        byte[] body = Bytes(text);
        if (body.Length > Change.MaxBytes)
            throw new PolicyException(413, $"a change has at most {Change.MaxBytes} bytes");
        var change = Change.Parse(body);
        HashSet<string> keys = KeysOf(stamps, body);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Organization organization = await LoadAsync(change.Organization, cancellationToken).ConfigureAwait(false);
            organization.Require(change);
            RequireQuorum(change, organization, keys);

            // The head in the change makes it take effect once: nothing else need be remembered of it.
            StateRecord record = app.SignRecord(Organization.Domain, change.Organization, organization.Chain.Head, Value(text, stamps));
            if (!await store.AppendAsync(change.Organization, record.Sequence, record.ToBytes(), cancellationToken).ConfigureAwait(false))
                throw new PolicyException(409, "another change was quicker: read the head again");
            Take(organization, [record]);
            _organizations[change.Organization] = organization;
            return Proof(record.Head, ("type", "POLICY_CHANGE"), ("organization", change.Organization), ("changeSha256", Hash(body)));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Decides.</summary>
    /// <param name="organization">Whose rules count.</param>
    /// <param name="action">What is to be done.</param>
    /// <param name="amount">How much of it.</param>
    /// <param name="known">The newest head that the client has seen, or null: a history without it is refused.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The proof, whose payload says the outcome, the rule and the head.</returns>
    /// <exception cref="PolicyException">It is refused.</exception>
    public async Task<AppProof> DecideAsync(string organization, string action, ulong amount, StateHead? known, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Organization loaded = await LoadAsync(Change.OrganizationName(organization), cancellationToken).ConfigureAwait(false);
            if (known is not null)
                Opened(() => loaded.Chain.Require(known));
            if (loaded.Chain.Head is not { } head)
                throw new PolicyException(404, "there is no such organization");
            Rule? rule = loaded.Decide(action, amount);
            return Proof(
                head, ("type", "POLICY_DECISION"), ("organization", organization), ("action", action), ("amount", amount.ToString(CultureInfo.InvariantCulture)),
                ("outcome", rule is { Allows: true } ? "ALLOW" : "DENY"), ("rule", rule?.Id ?? ""));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    // What is known of the organization, and what the store has besides. After a restart that is everything.
    private async Task<Organization> LoadAsync(string name, CancellationToken cancellationToken)
    {
        Organization organization = _organizations.GetValueOrDefault(name) ?? new Organization(app, name);
        while (true)
        {
            IReadOnlyList<byte[]> more = await store.ReadAsync(name, organization.Chain.Head?.Sequence ?? 0, cancellationToken).ConfigureAwait(false);
            if (more.Count == 0)
                return organization;
            Opened(() => Take(organization, [.. more.Select(static bytes => StateRecord.Parse(bytes))]));
            _organizations[name] = organization;
        }
    }

    private static void Take(Organization organization, IReadOnlyList<StateRecord> records)
    {
        organization.Chain.Extend(records);
        foreach (StateRecord record in records)
            organization.Apply(Change.Parse(ChangeOf(record.Value)));
    }

    private static void Opened(Action open)
    {
        try
        {
            open();
        }
        catch (StateException lie)
        {
            throw new PolicyException(502, $"the store lies: {lie.Error}: {lie.Message}");
        }
    }

    private HashSet<string> KeysOf(IReadOnlyList<string> stamps, byte[] body)
    {
        try
        {
            return [.. stamps.Select(stamp => _stamps.Verify(stamp, body).PublicKey)];
        }
        catch (StampException refused)
        {
            throw new PolicyException(401, refused.Message);
        }
    }

    private void RequireQuorum(Change change, Organization organization, HashSet<string> keys)
    {
        bool isNew = change.Type == "CREATE";
        IReadOnlyList<string> users = isNew ? change.Users : organization.Users;
        int needed = isNew ? change.Quorum : organization.Quorum;
        int count = users.Count(keys.Contains);
        if (count < needed)
            throw new PolicyException(403, $"{count} of the organization's users stamped this change; {needed} must");
        if (isNew && !keys.Contains(owner))
            throw new PolicyException(403, "the engine's owner must stamp the creation of an organization");
    }

    private AppProof Proof(StateHead head, params ReadOnlySpan<(string Name, string Value)> members)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach ((string name, string value) in members)
                writer.WriteString(name, value);
            writer.WriteString("head", head.ToString());
            writer.WriteString("timestampMs", time.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }

        return app.SignProof(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    // The text and its stamps, so that whoever has the records can check who wanted them.
    private static byte[] Value(string text, IReadOnlyList<string> stamps)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("change", text);
            writer.WriteStartArray("stamps");
            foreach (string stamp in stamps)
                writer.WriteStringValue(stamp);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static byte[] ChangeOf(ReadOnlyMemory<byte> value)
    {
        using JsonDocument document = JsonDocument.Parse(value);
        return Encoding.UTF8.GetBytes(document.RootElement.GetProperty("change").GetString()!);
    }

    private static byte[] Bytes(string text)
    {
        try
        {
            return s_strict.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            throw new PolicyException(400, "the change is no Unicode");
        }
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
