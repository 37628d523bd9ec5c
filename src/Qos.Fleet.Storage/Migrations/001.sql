-- The same for SQLite and PostgreSQL but for {blob}, the type of bytes. Times are milliseconds since 1970, numbers 64 bits, truth 0 or 1.
CREATE TABLE organizations (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE api_keys (
    public_key TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id TEXT NOT NULL,
    user_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    removed_at BIGINT
);
CREATE TABLE operators (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    public_key TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX operators_by_organization ON operators (organization_id, created_at);
CREATE TABLE operator_sets (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    threshold BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE operator_set_members (
    set_id TEXT NOT NULL REFERENCES operator_sets (id),
    position BIGINT NOT NULL,
    operator_id TEXT NOT NULL REFERENCES operators (id),
    PRIMARY KEY (set_id, position)
);
CREATE TABLE apps (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    quorum_public_key TEXT NOT NULL,
    manifest_set_id TEXT NOT NULL REFERENCES operator_sets (id),
    share_set_id TEXT NOT NULL REFERENCES operator_sets (id),
    enable_egress BIGINT NOT NULL,
    allows_debug_mode BIGINT NOT NULL,
    live_deployment_id TEXT,
    ingress_port BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    is_deleted BIGINT NOT NULL
);
CREATE INDEX apps_by_organization ON apps (organization_id, created_at);
CREATE TABLE deployments (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    app_id TEXT NOT NULL REFERENCES apps (id),
    manifest_id TEXT NOT NULL UNIQUE,
    manifest {blob} NOT NULL,
    qos_version TEXT NOT NULL,
    image_url TEXT NOT NULL,
    image_digest TEXT NOT NULL,
    pivot_path TEXT NOT NULL,
    pivot_args TEXT NOT NULL,
    health_kind TEXT NOT NULL,
    health_port BIGINT NOT NULL,
    ingress_port BIGINT NOT NULL,
    ingress_kind TEXT NOT NULL,
    encrypted_pull_secret TEXT,
    debug_mode BIGINT NOT NULL,
    replicas BIGINT NOT NULL,
    cpus BIGINT,
    ram_gib BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    is_deleted BIGINT NOT NULL,
    is_purged BIGINT NOT NULL
);
CREATE INDEX deployments_by_app ON deployments (app_id, created_at);
CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    manifest_id TEXT NOT NULL REFERENCES deployments (manifest_id),
    operator_id TEXT NOT NULL REFERENCES operators (id),
    signature {blob} NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (manifest_id, operator_id)
);
CREATE TABLE shares (
    id TEXT PRIMARY KEY,
    deployment_id TEXT NOT NULL REFERENCES deployments (id),
    operator_id TEXT NOT NULL REFERENCES operators (id),
    setup_key TEXT NOT NULL,
    encrypted_share {blob} NOT NULL,
    signature {blob} NOT NULL,
    state TEXT NOT NULL,
    message TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX shares_by_deployment ON shares (deployment_id, created_at);
CREATE TABLE replicas (
    id TEXT PRIMARY KEY,
    deployment_id TEXT NOT NULL REFERENCES deployments (id),
    app_id TEXT NOT NULL REFERENCES apps (id),
    slot BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    mode TEXT NOT NULL,
    state TEXT NOT NULL,
    host_url TEXT,
    ingress_address TEXT,
    setup_document {blob},
    setup_key TEXT,
    ephemeral_key TEXT,
    message TEXT,
    not_before BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    ready_at BIGINT,
    version BIGINT NOT NULL
);
-- A slot has one replica at a time, whoever asks for another.
CREATE UNIQUE INDEX replicas_by_slot ON replicas (deployment_id, slot) WHERE state <> 'Gone';
CREATE INDEX replicas_by_app ON replicas (app_id) WHERE state <> 'Gone';
CREATE INDEX replicas_by_setup_key ON replicas (setup_key) WHERE setup_key IS NOT NULL;
CREATE INDEX replicas_by_ephemeral_key ON replicas (ephemeral_key) WHERE ephemeral_key IS NOT NULL;
CREATE TABLE slots (
    deployment_id TEXT NOT NULL REFERENCES deployments (id),
    slot BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    PRIMARY KEY (deployment_id, slot)
);
CREATE TABLE activities (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    body {blob} NOT NULL,
    stamp TEXT NOT NULL,
    public_key TEXT NOT NULL,
    user_id TEXT NOT NULL,
    result TEXT,
    failure_code BIGINT,
    failure_message TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, fingerprint)
);
CREATE INDEX activities_by_time ON activities (organization_id, created_at, id);
CREATE INDEX activities_unfinished ON activities (created_at) WHERE status = 'ACTIVITY_STATUS_PENDING';
-- What many proofs share, by its SHA-256.
CREATE TABLE blobs (
    sha256 {blob} PRIMARY KEY,
    bytes {blob} NOT NULL
);
CREATE TABLE boot_proofs (
    seq BIGINT PRIMARY KEY,
    ephemeral_key TEXT NOT NULL UNIQUE,
    organization_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    deployment_id TEXT NOT NULL,
    replica_id TEXT NOT NULL,
    document {blob} NOT NULL,
    manifest_sha256 {blob} NOT NULL REFERENCES blobs (sha256),
    envelope_sha256 {blob} NOT NULL REFERENCES blobs (sha256),
    created_at BIGINT NOT NULL,
    hash {blob} NOT NULL
);
CREATE INDEX boot_proofs_by_app ON boot_proofs (app_id, seq);
CREATE TABLE chain_head (
    id BIGINT PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash {blob} NOT NULL
);
