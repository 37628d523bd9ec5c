using System.Data.Common;
using System.Security.Cryptography;
using Dapper;

namespace Qos.Fleet.Storage;

/// <summary>The boot proofs: appended, looked up, and verified as a chain.</summary>
public sealed partial class FleetDatabase
{
    private const string ProofColumns =
        "SELECT b.seq, b.ephemeral_key, b.organization_id, b.app_id, b.deployment_id, b.replica_id, b.document, m.bytes AS manifest, e.bytes AS envelope, b.created_at FROM boot_proofs b JOIN blobs m ON m.sha256 = b.manifest_sha256 JOIN blobs e ON e.sha256 = b.envelope_sha256";

    /// <inheritdoc/>
    public async Task<bool> RecordProofAsync(BootProofRecord proof, Replica replica, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(proof);
        ArgumentNullException.ThrowIfNull(replica);
        try
        {
            return await WriteAsync(
                async (connection, transaction) =>
                    await SaveAsync(connection, transaction, replica).ConfigureAwait(false)
                    && await AppendAsync(connection, transaction, proof).ConfigureAwait(false),
                cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (IsDuplicate(e))
        {
            return false;
        }
    }

    /// <summary>Appends boot proofs without a replica, all or none: for archives that are taken over, and for measurements.</summary>
    public Task ImportProofsAsync(IEnumerable<BootProofRecord> proofs, CancellationToken cancellationToken) => WriteAsync(
        async (connection, transaction) =>
        {
            foreach (BootProofRecord proof in proofs)
                await AppendAsync(connection, transaction, proof).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    /// <summary>The proof of an ephemeral key; null when there is none.</summary>
    public Task<BootProofRecord?> ProofAsync(string ephemeralKey, CancellationToken cancellationToken) => ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<ProofRow>($"{ProofColumns} WHERE b.ephemeral_key = @ephemeralKey", new { ephemeralKey }).ConfigureAwait(false))?.ToModel(),
        cancellationToken);

    /// <summary>An app's latest proof; null when it has none.</summary>
    public Task<BootProofRecord?> LatestProofAsync(string appId, CancellationToken cancellationToken) => ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<ProofRow>($"{ProofColumns} WHERE b.app_id = @appId ORDER BY b.seq DESC LIMIT 1", new { appId }).ConfigureAwait(false))?.ToModel(),
        cancellationToken);

    /// <summary>An app's proofs, the newest first, without their documents' neighbours: at most <paramref name="limit"/> before a number, and no more after the one with which they have more than <see cref="PageBytes"/>.</summary>
    public Task<IReadOnlyList<BootProofRecord>> ProofsAsync(string appId, long before, int limit, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<BootProofRecord>>(
            async connection =>
            {
                var page = new List<BootProofRecord>();
                long bytes = 0;
                await foreach (ProofRow row in connection.QueryUnbufferedAsync<ProofRow>($"{ProofColumns} WHERE b.app_id = @appId AND b.seq < @before ORDER BY b.seq DESC LIMIT @limit", new { appId, before, limit = (long)limit }).ConfigureAwait(false))
                {
                    page.Add(row.ToModel());
                    if ((bytes += page[^1].Size) > PageBytes)
                        break;
                }

                return page;
            },
            cancellationToken);

    /// <summary>Reads every record from the first and holds it against the one before. Memory does not grow with the chain.</summary>
    /// <param name="progress">Told how many hold, now and then.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ChainReport> VerifyChainAsync(IProgress<long>? progress, CancellationToken cancellationToken)
    {
        DbConnection connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            DbTransaction transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                if (await FirstFalseBlobAsync(connection, transaction, cancellationToken).ConfigureAwait(false) is { } falseBlob)
                    return new ChainReport(0, "", $"the bytes kept under the SHA-256 {falseBlob} have another one");
                return await WalkAsync(connection, transaction, progress, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task<ChainReport> WalkAsync(DbConnection connection, DbTransaction transaction, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        byte[] head = ProofChain.Beginning.ToArray();
        long count = 0;
        DbCommand command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.Transaction = transaction;
            command.CommandText = "SELECT seq, ephemeral_key, organization_id, app_id, deployment_id, replica_id, document, manifest_sha256, envelope_sha256, created_at, hash FROM boot_proofs ORDER BY seq";
            DbDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    var record = new BootProofRecord
                    {
                        Sequence = reader.GetInt64(0),
                        EphemeralKey = reader.GetString(1),
                        OrganizationId = reader.GetString(2),
                        AppId = reader.GetString(3),
                        DeploymentId = reader.GetString(4),
                        ReplicaId = reader.GetString(5),
                        Document = reader.GetFieldValue<byte[]>(6),
                        Manifest = default,
                        Envelope = default,
                        CreatedAt = At(reader.GetInt64(9)),
                    };
                    byte[] hash = ProofChain.Hash(head, record, reader.GetFieldValue<byte[]>(7), reader.GetFieldValue<byte[]>(8));
                    if (record.Sequence != count + 1)
                        return new ChainReport(count, Convert.ToHexStringLower(head), $"record {count + 1} is missing: after {count} comes {record.Sequence}");
                    if (!hash.AsSpan().SequenceEqual(reader.GetFieldValue<byte[]>(10)))
                        return new ChainReport(count, Convert.ToHexStringLower(head), $"record {record.Sequence} is not what was recorded: its hash is {Convert.ToHexStringLower(hash)}");
                    (head, count) = (hash, record.Sequence);
                    if (count % 10_000 == 0)
                        progress?.Report(count);
                }
            }
        }

        HeadRow? kept = await connection.QuerySingleOrDefaultAsync<HeadRow>("SELECT seq, hash FROM chain_head WHERE id = 1", transaction: transaction).ConfigureAwait(false);
        string? fault = (kept?.Seq ?? 0) == count && (kept is null || kept.Hash.AsSpan().SequenceEqual(head))
            ? null
            : $"the chain ends at record {count}, and {kept?.Seq ?? 0} were recorded";
        return new ChainReport(count, Convert.ToHexStringLower(head), fault);
    }

    private static async Task<string?> FirstFalseBlobAsync(DbConnection connection, DbTransaction transaction, CancellationToken cancellationToken)
    {
        await foreach (BlobRow blob in connection.QueryUnbufferedAsync<BlobRow>("SELECT sha256, bytes FROM blobs", transaction: transaction).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (!SHA256.HashData(blob.Bytes).AsSpan().SequenceEqual(blob.Sha256))
                return Convert.ToHexStringLower(blob.Sha256);
        }

        return null;
    }

    private async Task<bool> AppendAsync(DbConnection connection, DbTransaction transaction, BootProofRecord proof)
    {
        // The head's row is what two writers would meet at: the second waits here for the first.
        await connection.ExecuteAsync("INSERT INTO chain_head (id, seq, hash) VALUES (1, 0, @beginning) ON CONFLICT (id) DO NOTHING", new { beginning = (object)ProofChain.Beginning.ToArray() }, transaction).ConfigureAwait(false);
        string wait = Kind == DatabaseKind.Postgres ? " FOR UPDATE" : "";
        HeadRow head = await connection.QuerySingleAsync<HeadRow>($"SELECT seq, hash FROM chain_head WHERE id = 1{wait}", transaction: transaction).ConfigureAwait(false);
        BootProofRecord record = proof with { Sequence = head.Seq + 1 };
        byte[] manifest = SHA256.HashData(record.Manifest.Span), envelope = SHA256.HashData(record.Envelope.Span);
        byte[] hash = ProofChain.Hash(head.Hash, record, manifest, envelope);
        foreach ((byte[] sha256, ReadOnlyMemory<byte> bytes) in ((byte[], ReadOnlyMemory<byte>)[])[(manifest, record.Manifest), (envelope, record.Envelope)])
            await connection.ExecuteAsync("INSERT INTO blobs (sha256, bytes) VALUES (@sha256, @bytes) ON CONFLICT (sha256) DO NOTHING", new { sha256 = (object)sha256, bytes = (object)bytes.ToArray() }, transaction).ConfigureAwait(false);
        await connection.ExecuteAsync(
            """
            INSERT INTO boot_proofs (seq, ephemeral_key, organization_id, app_id, deployment_id, replica_id, document, manifest_sha256, envelope_sha256, created_at, hash)
            VALUES (@Sequence, @EphemeralKey, @OrganizationId, @AppId, @DeploymentId, @ReplicaId, @document, @manifest, @envelope, @created, @hash)
            """,
            new { record.Sequence, record.EphemeralKey, record.OrganizationId, record.AppId, record.DeploymentId, record.ReplicaId, document = (object)record.Document.ToArray(), manifest = (object)manifest, envelope = (object)envelope, created = Ms(record.CreatedAt), hash = (object)hash },
            transaction).ConfigureAwait(false);
        await connection.ExecuteAsync("UPDATE chain_head SET seq = @Sequence, hash = @hash WHERE id = 1", new { record.Sequence, hash = (object)hash }, transaction).ConfigureAwait(false);
        return true;
    }

#nullable disable
    internal sealed class HeadRow
    {
        public long Seq { get; set; }

        public byte[] Hash { get; set; }
    }

    internal sealed class BlobRow
    {
        public byte[] Sha256 { get; set; }

        public byte[] Bytes { get; set; }
    }

    internal sealed class ProofRow
    {
        public long Seq { get; set; }

        public string EphemeralKey { get; set; }

        public string OrganizationId { get; set; }

        public string AppId { get; set; }

        public string DeploymentId { get; set; }

        public string ReplicaId { get; set; }

        public byte[] Document { get; set; }

        public byte[] Manifest { get; set; }

        public byte[] Envelope { get; set; }

        public long CreatedAt { get; set; }

        public BootProofRecord ToModel() => new()
        {
            Sequence = Seq,
            EphemeralKey = EphemeralKey,
            OrganizationId = OrganizationId,
            AppId = AppId,
            DeploymentId = DeploymentId,
            ReplicaId = ReplicaId,
            Document = Document,
            Manifest = Manifest,
            Envelope = Envelope,
            CreatedAt = At(CreatedAt),
        };
    }
}
