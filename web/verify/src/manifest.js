// Manifests and their envelopes: V2 (canonical JSON), V1 and V0 (Borsh, or JSON in storage), read strictly, and the bytes that their hash
// is taken over.
import { FormatError, fromHex, sha, toHex, utf8 } from './bytes.js';
import { BorshReader, BorshWriter } from './borsh.js';
import { verifyP256, publicKey } from './curves.js';
import { asBool, asHex, asInteger, asList, asText, canonicalJson, parseJson, readMembers } from './json.js';

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_NAME = 4096;
const MAX_KEY = 1024;
const MAX_PCR = 1024;
const MAX_ROOT = 64 * 1024;
const MAX_MEMBERS = 1024;
const MAX_ARGS = 262144;
const MAX_LONG = 1024 * 1024;
const MAX_BRIDGES = 65535;
const MAX_ENV = 4096;

const name = asText(MAX_NAME);
const key = asHex(MAX_KEY);

/** Reads a manifest of any version in any of its forms. */
export const parseManifest = (bytes) => {
  requireSize(bytes);
  return isJson(bytes) ? readManifest(parseJson(bytes), 'the manifest') : oneOfBorsh(bytes, borshManifest);
};

/** Reads an envelope: a manifest with the approvals of its manifest set. */
export const parseEnvelope = (bytes) => {
  requireSize(bytes);
  if (isJson(bytes)) return readEnvelope(parseJson(bytes));
  return oneOfBorsh(bytes, (reader, version) => ({
    manifest: borshManifest(reader, version),
    manifestSetApprovals: borshApprovals(reader),
    shareSetApprovals: borshApprovals(reader),
  }));
};

/** The bytes that a manifest's hash is taken over: canonical JSON for V2, Borsh for V1 and V0. */
export const hashedBytes = (manifest) => (manifest.version === 'V2' ? utf8(canonicalJson(jsonOf(manifest))) : writeBorsh(manifest));

/** SHA-256 of hashedBytes. */
export const hashManifest = (manifest) => sha(256, hashedBytes(manifest));

/**
 * The approvals' checks, in order: distinct members; each approval signed, by a member, only once; as many as the threshold asks for.
 * Gives null, or the protocol's name of the first thing that is wrong.
 */
export const checkApprovals = async ({ manifest, manifestSetApprovals }) => {
  const { threshold, members } = manifest.manifestSet;
  const seen = { aliases: new Set(), signing: new Set(), encryption: new Set() };
  for (const { alias, pubKey } of members) {
    if (!isKey(pubKey)) return 'P256Error';
    const before = seen.aliases.size + seen.signing.size + seen.encryption.size;
    seen.aliases.add(alias);
    seen.encryption.add(pubKey.slice(0, 130));
    seen.signing.add(pubKey.slice(130));
    if (seen.aliases.size + seen.signing.size + seen.encryption.size !== before + 3) return 'DuplicateQuorumMember';
  }
  const hash = await hashManifest(manifest);
  const identity = ({ alias, pubKey }) => `${pubKey} ${alias}`;
  const known = new Set(members.map(identity));
  const approved = new Set();
  for (const { signature, member } of manifestSetApprovals) {
    if (!isKey(member.pubKey)) return 'P256Error';
    if (!(await verifyP256(publicKey(fromHex(member.pubKey)).signingPoint, hash, fromHex(signature)))) return 'InvalidManifestApproval';
    if (!known.has(identity(member))) return 'NotManifestSetMember';
    if (approved.has(identity(member))) return 'DuplicateApproval';
    approved.add(identity(member));
  }
  return approved.size < threshold ? 'NotEnoughApprovals' : null;
};

const isKey = (hex) => {
  try {
    publicKey(fromHex(hex));
    return true;
  } catch {
    return false;
  }
};

const requireSize = (bytes) => {
  if (bytes.length > MAX_BYTES) throw new FormatError(`more than ${MAX_BYTES} bytes`);
};

// A u32 length is followed by zero bytes in all Borsh that fits the limits, and JSON never holds one.
const isJson = (bytes) => {
  const first = bytes.findIndex((byte) => ![0x20, 0x09, 0x0d, 0x0a].includes(byte));
  return first >= 0 && bytes[first] === 0x7b && !bytes.subarray(0, first + 4).includes(0);
};

const oneOfBorsh = (bytes, read) => {
  const fits = [];
  let failure;
  for (const version of ['V0', 'V1']) {
    try {
      const reader = new BorshReader(bytes);
      const value = read(reader, version);
      reader.end();
      fits.push(value);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      failure = error;
    }
  }
  if (fits.length === 2) throw new FormatError('the bytes fit a V1 and a V0 manifest, so they mean neither');
  if (fits.length === 0) throw new FormatError(`neither JSON nor Borsh of a V1 or V0 manifest: ${failure.message}`);
  return fits[0];
};

// ---- JSON

const readManifest = (value, what) => {
  const found = readMembers(value, what, {
    version: asText(16), namespace: readNamespace, pivot: readPivot, manifestSet: readSet, shareSet: readSet, enclave: readEnclave, patchSet: readPatchSet,
    dns: (dns, at) => (dns === null ? null : readMembers(dns, at, { resolvers: asList(MAX_MEMBERS, readAddress) })),
  }, ['version', 'patchSet', 'dns']);
  const { pivot, patchSet } = found;
  const [hasBridges, hasDebug, hasEnv] = ['bridgeConfig', 'debugMode', 'env'].map((member) => pivot[member] !== undefined);
  let version;
  if (found.version !== undefined) {
    if (found.version !== 'v2') throw new FormatError('a manifest that declares a version must be "v2"');
    if (patchSet) throw new FormatError('a v2 manifest has no "patchSet"');
    if (!hasBridges || !hasDebug) throw new FormatError('the pivot lacks "bridgeConfig" or "debugMode"');
    version = 'V2';
  } else {
    if (!patchSet) throw new FormatError('the manifest declares no "version", and without one "patchSet" is needed');
    if (Object.hasOwn(found, 'dns') || hasEnv) throw new FormatError('"env" and "dns" need "version": "v2"');
    if (hasBridges !== hasDebug) throw new FormatError('the pivot lacks "bridgeConfig" or "debugMode"');
    version = hasBridges ? 'V1' : 'V0';
  }
  return { ...found, version, dns: found.dns ?? null, pivot: { ...pivot, bridgeConfig: pivot.bridgeConfig ?? [], debugMode: pivot.debugMode ?? false, env: pivot.env ?? new Map() } };
};

const readNamespace = (value, what) => readMembers(value, what, { name, nonce: asInteger(0xffffffff), quorumKey: key });

const readPivot = (value, what) => readMembers(value, what, {
  hash: asHex(32, true), restart: oneOf('Never', 'Always'), bridgeConfig: asList(MAX_BRIDGES, readBridge), debugMode: asBool, args: asList(MAX_ARGS, asText(MAX_LONG)), env: readEnv,
}, ['bridgeConfig', 'debugMode', 'env']);

const oneOf = (...words) => (value, what) => {
  if (!words.includes(value)) throw new FormatError(`${what} must be ${words.join(' or ')}`);
  return value;
};

const readBridge = (value, what) => {
  const bridge = readMembers(value, what, { type: oneOf('server', 'client'), port: asInteger(0xffff), host: (host, at) => (host === null ? null : name(host, at)) }, ['host']);
  if (bridge.type === 'server' && typeof bridge.host !== 'string') throw new FormatError(`${what} has no member "host"`);
  return { type: bridge.type, port: bridge.port, host: bridge.host ?? null };
};

const readEnv = (value, what) => {
  if (!(value instanceof Map) || value.size > MAX_ENV) throw new FormatError(`${what} must be an object of at most ${MAX_ENV} variables`);
  return new Map([...value].map(([variable, member]) => [
    asText(MAX_LONG)(variable, what),
    readMembers(member, what, { plain: (plain, at) => readMembers(plain, at, { value: asText(MAX_LONG) }) }).plain.value,
  ]));
};

const readMember = (value, what) => readMembers(value, what, { alias: name, pubKey: key });
const readSet = (value, what) => readMembers(value, what, { threshold: asInteger(0xffffffff), members: asList(MAX_MEMBERS, readMember) });
const readPatchSet = (value, what) => readMembers(value, what, {
  threshold: asInteger(0xffffffff), members: asList(MAX_MEMBERS, (member, at) => readMembers(member, at, { pubKey: key })),
});

const readEnclave = (value, what) => readMembers(value, what, {
  pcr0: asHex(MAX_PCR), pcr1: asHex(MAX_PCR), pcr2: asHex(MAX_PCR), pcr3: asHex(MAX_PCR), awsRootCertificate: asHex(MAX_ROOT), qosCommit: name,
});

const readEnvelope = (value) => {
  const approvals = asList(MAX_MEMBERS, (approval, what) => readMembers(approval, what, { signature: asHex(MAX_KEY), member: readMember }));
  const names = value instanceof Map ? [...value.keys()] : [];
  const isSnake = names.some((member) => member.includes('_'));
  const [ofManifestSet, ofShareSet] = isSnake ? ['manifest_set_approvals', 'share_set_approvals'] : ['manifestSetApprovals', 'shareSetApprovals'];
  const found = readMembers(value, 'the envelope', { manifest: readManifest, [ofManifestSet]: approvals, [ofShareSet]: approvals });
  if ((found.manifest.version === 'V0') !== isSnake) throw new FormatError("the approvals' names are camelCase, and snake_case for a V0 manifest");
  return { manifest: found.manifest, manifestSetApprovals: found[ofManifestSet], shareSetApprovals: found[ofShareSet] };
};

// What canonicalJson writes; only V2 has a canonical form.
const jsonOf = ({ namespace, pivot, manifestSet, shareSet, enclave, dns }) => {
  const object = (members) => new Map(Object.entries(members));
  const set = ({ threshold, members }) => object({ threshold: String(threshold), members: members.map(object) });
  return object({
    version: 'v2',
    namespace: object({ ...namespace, nonce: String(namespace.nonce) }),
    pivot: object({
      hash: pivot.hash, restart: pivot.restart, debugMode: pivot.debugMode, args: pivot.args,
      bridgeConfig: pivot.bridgeConfig.map((bridge) => object({ ...bridge, port: String(bridge.port) })),
      env: pivot.env.size === 0 ? null : new Map([...pivot.env].map(([variable, value]) => [variable, object({ plain: object({ value }) })])),
    }),
    manifestSet: set(manifestSet),
    shareSet: set(shareSet),
    enclave: object(enclave),
    dns: dns && object(dns),
  });
};

// An address in the one form that is hashed: dotted, or IPv6 as RFC 5952 has it, a mapped IPv4 address in dotted form.
const readAddress = (value, what) => {
  const text = asText(64)(value, what);
  const address = text.includes(':') ? formatV6(parseV6(text)) : parseV4(text) && text;
  if (!address) throw new FormatError(`${what} must be an IPv4 or IPv6 address`);
  return address;
};

const parseV4 = (text) => {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256) ? parts.map(Number) : undefined;
};

const parseV6 = (text) => {
  let groups = text;
  const dotted = /^(.*:)([0-9.]*\.[0-9.]*)$/.exec(text);
  if (dotted) {
    const v4 = parseV4(dotted[2]);
    if (!v4) return undefined;
    groups = `${dotted[1]}${((v4[0] << 8) | v4[1]).toString(16)}:${((v4[2] << 8) | v4[3]).toString(16)}`;
  }
  const halves = groups.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  if (![...head, ...(tail ?? [])].every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...Array(missing).fill('0'), ...(tail ?? [])].map((group) => parseInt(group, 16));
};

const formatV6 = (groups) => {
  if (!groups) return undefined;
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return `::ffff:${groups[6] >> 8}.${groups[6] & 255}.${groups[7] >> 8}.${groups[7] & 255}`;
  let best = { start: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length++;
    if (length > best.length) best = { start: at, length };
  }
  const shown = groups.map((group) => group.toString(16));
  if (best.start < 0) return shown.join(':');
  return `${shown.slice(0, best.start).join(':')}::${shown.slice(best.start + best.length).join(':')}`;
};

// ---- Borsh

const borshManifest = (reader, version) => {
  const member = () => ({ alias: reader.text(MAX_NAME), pubKey: reader.hex(MAX_KEY) });
  const set = (read) => ({ threshold: reader.unsigned(4), members: reader.list(MAX_MEMBERS, read) });
  return {
    version,
    namespace: { name: reader.text(MAX_NAME), nonce: reader.unsigned(4), quorumKey: reader.hex(MAX_KEY) },
    pivot: borshPivot(reader, version),
    manifestSet: set(member),
    shareSet: set(member),
    enclave: {
      pcr0: reader.hex(MAX_PCR), pcr1: reader.hex(MAX_PCR), pcr2: reader.hex(MAX_PCR), pcr3: reader.hex(MAX_PCR),
      awsRootCertificate: reader.hex(MAX_ROOT), qosCommit: reader.text(MAX_NAME),
    },
    patchSet: set(() => ({ pubKey: reader.hex(MAX_KEY) })),
    dns: null,
  };
};

const borshPivot = (reader, version) => {
  const hash = toHex(reader.fixed(32));
  const restart = ['Never', 'Always'][reader.variant(2)];
  const bridgeConfig = version === 'V0' ? [] : reader.list(MAX_BRIDGES, () => {
    const type = ['server', 'client'][reader.variant(2)];
    const port = reader.unsigned(2);
    return { type, port, host: type === 'server' || reader.bool() ? reader.text(MAX_NAME) : null };
  });
  return { hash, restart, bridgeConfig, debugMode: version !== 'V0' && reader.bool(), args: reader.list(MAX_ARGS, () => reader.text(MAX_LONG)), env: new Map() };
};

const borshApprovals = (reader) => reader.list(MAX_MEMBERS, () => ({
  signature: reader.hex(MAX_KEY),
  member: { alias: reader.text(MAX_NAME), pubKey: reader.hex(MAX_KEY) },
}));

const writeBorsh = ({ version, namespace, pivot, manifestSet, shareSet, enclave, patchSet }) => {
  const writer = new BorshWriter();
  const set = ({ threshold, members }) => {
    writer.unsigned(threshold, 4);
    writer.list(members, ({ alias, pubKey }) => {
      if (alias !== undefined) writer.text(alias);
      writer.bytes(fromHex(pubKey));
    });
  };
  writer.text(namespace.name);
  writer.unsigned(namespace.nonce, 4);
  writer.bytes(fromHex(namespace.quorumKey));
  writer.fixed(fromHex(pivot.hash));
  writer.unsigned(pivot.restart === 'Always' ? 1 : 0, 1);
  if (version === 'V1') {
    writer.list(pivot.bridgeConfig, ({ type, port, host }) => {
      writer.unsigned(type === 'server' ? 0 : 1, 1);
      writer.unsigned(port, 2);
      if (type === 'client') writer.unsigned(host === null ? 0 : 1, 1);
      if (host !== null) writer.text(host);
    });
    writer.unsigned(pivot.debugMode ? 1 : 0, 1);
  }
  writer.list(pivot.args, (arg) => writer.text(arg));
  set(manifestSet);
  set(shareSet);
  for (const pcr of ['pcr0', 'pcr1', 'pcr2', 'pcr3']) writer.bytes(fromHex(enclave[pcr]));
  writer.bytes(fromHex(enclave.awsRootCertificate));
  writer.text(enclave.qosCommit);
  set(patchSet);
  return writer.done();
};

