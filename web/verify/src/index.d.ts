/** Bytes, or the same in hex. */
export type Bytes = Uint8Array | string;

export interface Member {
  alias: string;
  /** 130 bytes in hex: an encryption point and a signing point. */
  pubKey: string;
}

export interface MemberSet {
  threshold: number;
  members: Member[];
}

export interface Identity {
  /** Quorum public keys, 130 bytes each: the application, in whatever instance and version. */
  quorumKeys?: Bytes[];
  /** Manifest sets: the people who approve. Threshold and keys are compared, aliases are not. */
  manifestSets?: MemberSet[];
  /** SHA-256 of manifests, 32 bytes each. */
  manifestHashes?: Bytes[];
  /** Live ephemeral keys, 130 bytes each: the only identity that an app proof without a boot proof can be compared with. */
  ephemeralKeys?: Bytes[];
}

export interface Release {
  name?: string;
  /** PCR values by index, 48 bytes each. */
  pcrs: Record<number, Bytes>;
}

/** Gives the identity up: a deployment of any quorum is accepted, also a stranger's. */
export const ANYONE: 'anyone';

/** Gives the measurements up: an enclave of any image is accepted. */
export const ANY_IMAGE: 'any-image';

/** What a verifier holds. Identity and measurements have no default. */
export interface Policy {
  /** Every kind that is named must hold; of several values of one kind one must match. */
  identity: Identity | typeof ANYONE;
  /** Releases of which the enclave must match one. */
  measurements: Release[] | typeof ANY_IMAGE;
  /** What else the manifest must say. */
  manifest?: {
    /** SHA-256 of binaries of which the pivot must be one. */
    pivots?: Bytes[];
    namespace?: string;
    minimumNonce?: number;
    arguments?: string[];
    environment?: Record<string, string>;
    bridges?: { type: 'server' | 'client'; port: number; host?: string | null }[];
    shareSet?: MemberSet;
  };
  /** The root certificate, DER; AWS's by default. */
  root?: Bytes;
  /** When certificates must be valid: now (the default), the document's own time, or milliseconds since 1970. */
  time?: 'now' | 'document' | number;
  /** The nonce that was asked for; without it there must be none. */
  nonce?: Bytes | null;
  /** Accepts documents of older nodes, which lack PCR17. */
  allowUncommitted?: boolean;
  /** Accepts enclaves and manifests in debug mode. */
  allowDebug?: boolean;
  /** Milliseconds since 1970 for `time: 'now'`. */
  clock?: () => number;
}

export interface Check {
  /** Stable between releases, and the same as in Qos.Verify. */
  name: string;
  outcome: 'passed' | 'failed' | 'notRun' | 'waived' | 'notAsked';
  expected?: string;
  actual?: string;
  detail?: string;
}

export interface Manifest {
  version: 'V0' | 'V1' | 'V2';
  namespace: { name: string; nonce: number; quorumKey: string };
  pivot: {
    hash: string;
    restart: 'Never' | 'Always';
    bridgeConfig: { type: 'server' | 'client'; port: number; host: string | null }[];
    debugMode: boolean;
    args: string[];
    env: Map<string, string>;
  };
  manifestSet: MemberSet;
  shareSet: MemberSet;
  enclave: { pcr0: string; pcr1: string; pcr2: string; pcr3: string; awsRootCertificate: string; qosCommit: string };
  dns: { resolvers: string[] } | null;
}

export interface AttestationDocument {
  moduleId: string;
  /** Milliseconds since 1970. */
  timestamp: number;
  pcrs: Map<number, Uint8Array>;
  publicKey: Uint8Array | null;
  userData: Uint8Array | null;
  nonce: Uint8Array | null;
  /** Names of members that are not known here; always empty for a boot proof's document. */
  unknown: string[];
}

export interface Result {
  valid: boolean;
  root: { sha256: string; aws: boolean };
  time: { choice: 'now' | 'document' | number; unixMs: number } | null;
  checks: Check[];
  /** What was proven; null when the proof was refused. */
  proven: {
    document: AttestationDocument | null;
    manifest: Manifest | null;
    /** The members of the manifest set that approved. */
    approvers: Member[];
    ephemeralKey: Uint8Array | null;
    /** The texts that the app signed. */
    payloads: string[];
  } | null;
}

export interface AppProof {
  scheme: string;
  publicKey: string;
  payload: string;
  signature: string;
}

export interface BootProof {
  publicKey: string;
  document: Uint8Array;
  manifest: Uint8Array;
  envelope: Uint8Array;
  label: string | null;
  app: string | null;
  owner: string | null;
  createdAt: number | null;
}

export interface PublishedProof {
  apps: AppProof[];
  boot: BootProof | null;
}

/** Bytes are not of the form that they must have. */
export class FormatError extends Error {}

export class Verifier {
  /** @throws TypeError when the policy is not one; FormatError when the root is not an authority of the accepted profile. */
  static create(policy: Policy): Promise<Verifier>;
  /** @throws FormatError when the proof cannot be read; whatever is refused afterwards is in the result. */
  verify(proof: Uint8Array | PublishedProof): Promise<Result>;
  /** Verifies an attestation document (a COSE_Sign1) by itself. Whose it is, it does not say. */
  verifyDocument(document: Uint8Array): Promise<Result>;
}

export interface ResponseOptions {
  /** The address that boot proofs are found under by their key, or a function from the key in hex to a boot proof's JSON text. */
  bootProofs?: string | URL | ((keyHex: string) => Promise<string>);
  fetch?: typeof globalThis.fetch;
}

/** Checks the answers of one app: their signed text is null unless the proof verifies. */
export function createResponseVerifier(
  options: { policy: Policy } & ResponseOptions,
): Promise<(response: Response) => Promise<{ result: Result; payload: string | null }>>;
export function verifyResponse(response: Response, policy: Policy, options?: ResponseOptions): Promise<{ result: Result; payload: string | null }>;

export function parseProof(bytes: Uint8Array): PublishedProof;
export function parseDocument(bytes: Uint8Array): AttestationDocument;
export function parseManifest(bytes: Uint8Array): Manifest;
export function hashManifest(manifest: Manifest): Promise<Uint8Array>;
export function createPolicy(policy: Policy): object;

/** SHA-256 of a public key in hex: what people read to each other. */
export function fingerprint(publicKeyHex: string): Promise<string>;
export function setText(set: MemberSet): Promise<string>;
export function argumentsText(args: string[]): string;
export function environmentText(variables: Iterable<[string, string]>): string;
export function bridgesText(bridges: Manifest['pivot']['bridgeConfig']): string;

/** AWS Nitro Enclaves Root-G1, DER. */
export const AWS_ROOT: Uint8Array;
export const AWS_ROOT_SHA256: string;
