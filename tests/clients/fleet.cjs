// Drives a control service with the cloud's own npm packages, as they were published: an app, a deployment, approvals, shares, promotion, status, logs, proofs.
//
//   node fleet.cjs FOLDER <settings.json     FOLDER holds node_modules
//
// Settings: {"baseUrl", "organizationId", "publicKey", "privateKey", "helper", "image", "digest", "quorumKey", "operators": [{name, publicKey}], "root": PEM}. The
// helper is a URL that does what members do with their own keys: it signs a manifest's hash, tells a document's key, and makes an app proof. Output: a line of
// JSON for each step.
"use strict";
const { X509Certificate, createHash, createPublicKey, verify: verifyBytes } = require("node:crypto");
const { readFileSync } = require("node:fs");
const path = require("node:path");

const packages = path.join(path.resolve(process.argv[2]), "node_modules", "@turnkey");
const { TurnkeyClient, createActivityPoller } = require(path.join(packages, "http"));
const { ApiKeyStamper } = require(path.join(packages, "api-key-stamper"));
const { verify } = require(path.join(packages, "crypto"));
const constants = require(path.join(packages, "crypto", "dist", "constants.js"));

const settings = JSON.parse(readFileSync(0, "utf8"));
const organizationId = settings.organizationId;
const client = new TurnkeyClient(
  { baseUrl: settings.baseUrl },
  new ApiKeyStamper({ apiPublicKey: settings.publicKey, apiPrivateKey: settings.privateKey }));
const pause = () => new Promise((done) => setTimeout(done, 50));
const say = (step, value) => console.log(JSON.stringify({ step, value }));

async function submit(method, type, parameters) {
  const poll = createActivityPoller({ client, requestFn: client[method], refreshIntervalMs: 50 });
  const activity = await poll({ type: `ACTIVITY_TYPE_${type}`, timestampMs: String(Date.now()), organizationId, parameters });
  return Object.values(activity.result)[0];
}

async function until(look, wanted) {
  for (let i = 0; i < 600; i++) {
    const found = await look();
    if (wanted(found)) return found;
    await pause();
  }
  throw new Error(`not within 30 s: ${look}`);
}

async function helper(question, body) {
  const response = await fetch(`${settings.helper}/${question}`, { method: "POST", body });
  if (!response.ok) throw new Error(`${question}: ${response.status}`);
  return response.text();
}

// The signing half of an operator's key is its second one; `approval` is r and s over the manifest's hash, as its description in the package and the cloud's CLI have it.
function signed(publicKey, hash, approval) {
  const [, x, y] = publicKey.slice(130).match(/^04(.{64})(.{64})$/).map((hex) => Buffer.from(hex, "hex").toString("base64url"));
  const key = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
  return verifyBytes("sha256", Buffer.from(hash, "hex"), { key, dsaEncoding: "ieee-p1363" }, Buffer.from(approval, "base64"));
}

async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return { code: error.code, message: error.message };
  }
  throw new Error("this should have been refused");
}

async function main() {
  say("whoami", (await client.getWhoami({ organizationId })).username);
  const set = { name: "members", threshold: 2, newOperators: settings.operators };
  const app = await submit("createTvcApp", "CREATE_TVC_APP", { name: "app", quorumPublicKey: settings.quorumKey, manifestSetParams: set, shareSetParams: set });
  say("app", app);
  const made = await submit("createTvcDeployment", "CREATE_TVC_DEPLOYMENT", {
    appId: app.appId, qosVersion: "test", pivotContainerImageUrl: settings.image, pivotPath: "/app/server", pivotArgs: ["--port", "3000"],
    expectedPivotDigest: settings.digest, healthCheckType: "TVC_HEALTH_CHECK_TYPE_HTTP", healthCheckPort: 3000, publicIngressPort: 3000, replicas: 3,
  });
  const { deploymentId, manifestId } = made;
  const { tvcDeployment } = await client.getTvcDeployment({ organizationId, deploymentId });
  const manifest = Buffer.from(tvcDeployment.manifest.manifest, "base64");
  const hash = createHash("sha256").update(manifest).digest("hex");
  say("manifest", { hash, namespace: JSON.parse(manifest).namespace.name, nonceIsTime: Math.abs(JSON.parse(manifest).namespace.nonce - Date.now() / 1000) < 60 });
  for (const person of [0, 1]) {
    await submit("createTvcManifestApprovals", "CREATE_TVC_MANIFEST_APPROVALS", {
      manifestId, approvals: [{ operatorId: app.manifestSetOperatorIds[person], signature: await helper(`sign/${person}`, hash) }],
    });
  }
  const { manifestApprovals } = (await client.getTvcDeployment({ organizationId, deploymentId })).tvcDeployment;
  say("approvals", manifestApprovals.map(({ operator, approval }) => signed(operator.publicKey, hash, approval)));
  const details = await until(
    () => client.getTvcDeploymentProvisioningDetails({ organizationId, deploymentId }), (found) => found.attestationDocument);
  const setupKey = await helper("document-key", details.attestationDocument);
  for (const person of [0, 2]) {
    await submit("postTvcQuorumKeyShare", "POST_TVC_QUORUM_KEY_SHARE", {
      deploymentId, ephemeralPublicKeyHex: setupKey,
      shareApprovalBundle: { operatorId: app.shareSetOperatorIds[person], reEncryptedShareHex: "01", signature: await helper(`sign/${person}`, hash) },
    });
  }
  const { appStatus } = await until(
    () => client.getAppStatus({ organizationId, appId: app.appId }), (found) => found.appStatus.deployments[0].readyReplicas === 3);
  say("status", { ready: appStatus.deployments[0].readyReplicas, state: appStatus.deployments[0].provisioningState });
  await submit("updateTvcAppLiveDeployment", "UPDATE_TVC_APP_LIVE_DEPLOYMENT", { deploymentId });
  say("live", (await client.getTvcApp({ organizationId, tvcAppId: app.appId })).tvcApp.liveDeploymentId === deploymentId);
  say("logs", await refused(client.getTvcDeploymentDebugLogs({ organizationId, deploymentId })));
  say("delete", await refused(submit("deleteTvcDeployment", "DELETE_TVC_DEPLOYMENT", { deploymentId })));
  say("activities", (await client.getActivities({ organizationId, paginationOptions: { limit: "100" } })).activities.length);

  constants.AWS_ROOT_CERT_PEM = settings.root;
  constants.AWS_ROOT_CERT_SHA256 = new X509Certificate(settings.root).fingerprint256.replaceAll(":", "");
  const { bootProof } = await client.getLatestBootProof({ organizationId, appName: app.appId });
  const appProof = JSON.parse(await helper("app-proof", bootProof.ephemeralPublicKeyHex));
  await verify(appProof, bootProof);
  const again = await client.getBootProof({ organizationId, ephemeralKey: bootProof.ephemeralPublicKeyHex });
  say("proof", again.bootProof.awsAttestationDocB64 === bootProof.awsAttestationDocB64);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
