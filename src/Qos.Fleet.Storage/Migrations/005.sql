-- Each look at the fleet reads the deployments that are not purged, however many there ever were.
CREATE INDEX deployments_unpurged ON deployments (created_at, id) WHERE is_purged = 0;
CREATE INDEX shares_posted ON shares (deployment_id) WHERE state = 'Posted';
