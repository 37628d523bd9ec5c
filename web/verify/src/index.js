// The public surface of the verifier; index.d.ts has the types.
export { AWS_ROOT, AWS_ROOT_SHA256 } from './aws-root.js';
export { FormatError } from './bytes.js';
export { parseDocument } from './document.js';
export { createResponseVerifier, verifyResponse } from './fetch.js';
export { hashManifest, parseManifest } from './manifest.js';
export { ANYONE, ANY_IMAGE, argumentsText, bridgesText, createPolicy, environmentText, fingerprint, setText } from './policy.js';
export { parseProof } from './proofs.js';
export { Verifier } from './verify.js';
