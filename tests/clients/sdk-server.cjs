// Drives a control service with the cloud's newer package, @turnkey/sdk-server, which waits for an activity by asking for it: an app, two deployments, approvals, one
// of them deleted and restored.
//
//   node sdk-server.cjs FOLDER <settings.json     FOLDER holds node_modules; settings as fleet.cjs has them
//
// Output: a line of JSON for each step.
"use strict";
const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
const path = require("node:path");

const { Turnkey } = require(path.join(path.resolve(process.argv[2]), "node_modules", "@turnkey", "sdk-server"));
const settings = JSON.parse(readFileSync(0, "utf8"));
const client = new Turnkey({
  apiBaseUrl: settings.baseUrl, defaultOrganizationId: settings.organizationId, apiPublicKey: settings.publicKey, apiPrivateKey: settings.privateKey,
  activityPoller: { intervalMs: 50, numRetries: 600 },
}).apiClient();
const say = (step, value) => console.log(JSON.stringify({ step, value }));

async function sign(person, hash) {
  const response = await fetch(`${settings.helper}/sign/${person}`, { method: "POST", body: hash });
  if (!response.ok) throw new Error(`sign: ${response.status}`);
  return response.text();
}

async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return error.code;
  }
  throw new Error("this should have been refused");
}

async function main() {
  say("whoami", (await client.getWhoami()).username);
  const set = (name) => ({ name, threshold: 2, newOperators: settings.operators, existingOperatorIds: [] });
  const app = await client.createTvcApp({ name: "by sdk-server", quorumPublicKey: settings.quorumKey, manifestSetParams: set("m"), shareSetParams: set("s") });
  const deployment = (nonce) => client.createTvcDeployment({
    appId: app.appId, qosVersion: "test", pivotContainerImageUrl: settings.image, pivotPath: "/app/server", pivotArgs: [], expectedPivotDigest: settings.digest,
    healthCheckType: "TVC_HEALTH_CHECK_TYPE_HTTP", healthCheckPort: 3000, publicIngressPort: 3000, nonce,
  });
  const { deploymentId, manifestId } = await deployment(1);
  const other = await deployment(2);
  say("deployments", (await client.getTvcAppDeployments({ appId: app.appId })).tvcDeployments.length);
  const { tvcDeployment } = await client.getTvcDeployment({ deploymentId });
  const hash = createHash("sha256").update(Buffer.from(tvcDeployment.manifest.manifest, "base64")).digest("hex");
  const { approvalIds } = await client.createTvcManifestApprovals({
    manifestId, approvals: await Promise.all([0, 1].map(async (person) => ({ operatorId: app.manifestSetOperatorIds[person], signature: await sign(person, hash) }))),
  });
  say("approvals", approvalIds.length);
  await client.deleteTvcDeployment({ deploymentId: other.deploymentId });
  const isDeleted = async () => (await client.getTvcDeployment({ deploymentId: other.deploymentId })).tvcDeployment.delete;
  say("deleted", await isDeleted());
  await client.restoreTvcDeployment({ deploymentId: other.deploymentId });
  say("restored", !(await isDeleted()));
  say("not ready", await refused(client.updateTvcAppLiveDeployment({ deploymentId })));
  say("status", (await client.getAppStatus({ appId: app.appId })).appStatus.deployments.length);
  say("versions", (await client.getTvcQosVersions({})).latestVersion);
  say("image", (await client.validateTvcImage({ pivotContainerImageUrl: settings.image })).resolvedImageDigest.startsWith("sha256:"));
  await client.deleteTvcAppAndDeployments({ appId: app.appId });
  say("gone", !(await client.getTvcApps({})).tvcApps.some(({ id }) => id === app.appId));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
