using System.Data.Common;
using Dapper;

namespace Qos.Fleet.Storage;

/// <summary>Organizations and the keys that act for them.</summary>
public sealed partial class FleetDatabase
{
    private const string KeyColumns =
        "SELECT k.public_key, k.organization_id, g.name AS organization_name, k.user_id, k.user_name, k.created_at FROM api_keys k JOIN organizations g ON g.id = k.organization_id WHERE k.removed_at IS NULL";

    /// <summary>Makes an organization.</summary>
    public Task AddOrganizationAsync(string id, string name, CancellationToken cancellationToken) => WriteAsync(
        async (connection, transaction) => await connection.ExecuteAsync(
            "INSERT INTO organizations (id, name, created_at) VALUES (@id, @name, @now)", new { id, name, now = Now }, transaction).ConfigureAwait(false) == 1,
        cancellationToken);

    /// <summary>The organizations, the oldest first.</summary>
    public Task<IReadOnlyList<(string Id, string Name)>> OrganizationsAsync(CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<(string Id, string Name)>>(
        async connection => [.. (await connection.QueryAsync<OrganizationRow>("SELECT id, name FROM organizations ORDER BY created_at, id").ConfigureAwait(false)).Select(static row => (row.Id, row.Name))],
        cancellationToken);

    /// <summary>Makes a key known; false when it was.</summary>
    public async Task<bool> AddKeyAsync(string publicKey, string organizationId, string userId, string userName, CancellationToken cancellationToken)
    {
        try
        {
            return await WriteAsync(
                async (connection, transaction) => await connection.ExecuteAsync(
                    "INSERT INTO api_keys (public_key, organization_id, user_id, user_name, created_at) VALUES (@publicKey, @organizationId, @userId, @userName, @now)",
                    new { publicKey, organizationId, userId, userName, now = Now },
                    transaction).ConfigureAwait(false) == 1,
                cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (IsDuplicate(e))
        {
            return false;
        }
    }

    /// <summary>Takes a key's right away; its activities keep its name. False when it had none.</summary>
    public Task<bool> RemoveKeyAsync(string publicKey, CancellationToken cancellationToken) => WriteAsync(
        async (connection, transaction) => await connection.ExecuteAsync(
            "UPDATE api_keys SET removed_at = @now WHERE public_key = @publicKey AND removed_at IS NULL", new { publicKey, now = Now }, transaction).ConfigureAwait(false) == 1,
        cancellationToken);

    /// <summary>A key; null when it is unknown or was removed.</summary>
    public Task<ApiKeyRecord?> KeyAsync(string publicKey, CancellationToken cancellationToken) => ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<KeyRow>($"{KeyColumns} AND k.public_key = @publicKey", new { publicKey }).ConfigureAwait(false))?.ToModel(),
        cancellationToken);

    /// <summary>All keys.</summary>
    public Task<IReadOnlyList<ApiKeyRecord>> KeysAsync(CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<ApiKeyRecord>>(
        async connection => [.. (await connection.QueryAsync<KeyRow>($"{KeyColumns} ORDER BY k.created_at").ConfigureAwait(false)).Select(static row => row.ToModel())],
        cancellationToken);

#nullable disable
    internal sealed class OrganizationRow
    {
        public string Id { get; set; }

        public string Name { get; set; }
    }

    internal sealed class KeyRow
    {
        public string PublicKey { get; set; }

        public string OrganizationId { get; set; }

        public string OrganizationName { get; set; }

        public string UserId { get; set; }

        public string UserName { get; set; }

        public long CreatedAt { get; set; }

        public ApiKeyRecord ToModel() => new(PublicKey, OrganizationId, OrganizationName, UserId, UserName, At(CreatedAt));
    }
}
