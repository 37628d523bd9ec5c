-- Where the replicas run: only a runner there finds them.
CREATE TABLE places (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    place TEXT NOT NULL
);
