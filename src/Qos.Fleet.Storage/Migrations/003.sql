-- Replicas that get no new traffic, and of which a service's ingress still carries requests. A service that died leaves its rows; they go with the replica.
CREATE TABLE ingress_drains (
    service TEXT NOT NULL,
    replica_id TEXT NOT NULL,
    PRIMARY KEY (service, replica_id)
);
