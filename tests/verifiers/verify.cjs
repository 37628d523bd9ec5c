// Hands proofs to @turnkey/crypto and says what it came to.
//
//   node verify.cjs FOLDER <cases.json     FOLDER holds node_modules
//
// Cases: [{"name", "root": PEM?, "policy": {"pcrs":[hex x 4],"manifests":[hex]}?, "appProof", "bootProof"}]. Output, a line for each:
// "NAME: accepted" or "NAME: refused: REASON".
//
// The package pins AWS's root in two constants, the certificate and its SHA-256. Where a case names a root, these two are set to it; the code
// that checks is the package's, as it was published.
"use strict";
const { X509Certificate } = require("node:crypto");
const { readFileSync } = require("node:fs");
const path = require("node:path");

const home = path.resolve(process.argv[2], "node_modules", "@turnkey", "crypto", "dist");
const verifier = require(path.join(home, "index.js"));
const constants = require(path.join(home, "constants.js"));
const aws = { pem: constants.AWS_ROOT_CERT_PEM, sha256: constants.AWS_ROOT_CERT_SHA256 };

async function verify(proof) {
  constants.AWS_ROOT_CERT_PEM = proof.root ?? aws.pem;
  constants.AWS_ROOT_CERT_SHA256 = proof.root
    ? new X509Certificate(proof.root).fingerprint256.replaceAll(":", "")
    : aws.sha256;
  await verifier.verify(proof.appProof, proof.bootProof);
  if (proof.policy)
    await verifier.verifyWithQosPolicy(proof.appProof, proof.bootProof, {
      expectedPcrs: Object.fromEntries(proof.policy.pcrs.map((hex, index) => [index, bytes(hex)])),
      allowedManifestSha256: proof.policy.manifests.map(bytes),
    });
}

function bytes(hex) {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

async function main() {
  for (const proof of JSON.parse(readFileSync(0, "utf8"))) {
    const outcome = await verify(proof).then(
      () => "accepted",
      (error) => `refused: ${String(error.message).replaceAll("\n", " ")}`);
    console.log(`${proof.name}: ${outcome}`);
  }
}

main();
