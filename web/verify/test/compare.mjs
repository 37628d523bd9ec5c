// Compares this verifier's checks with those that another one wrote down: lines of {"proof": base64, "checks": [[name, outcome], …] or null}.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { ANYONE, ANY_IMAGE, FormatError, Verifier } from '../src/index.js';

const verifier = await Verifier.create({ identity: ANYONE, measurements: ANY_IMAGE, time: 'document', allowUncommitted: true });
let proofs = 0;
let differences = 0;
for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  const { proof, checks: expected } = JSON.parse(line);
  let actual = null;
  let reason = '';
  try {
    actual = (await verifier.verify(new Uint8Array(Buffer.from(proof, 'base64')))).checks.map(({ name, outcome }) => [name, outcome]);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    reason = error.message;
  }
  proofs++;
  const [left, right] = [expected, actual].map((checks) => checks?.map((check) => check.join(' ')) ?? ['unreadable']);
  const differs = left.filter((check) => !right.includes(check)).concat(right.filter((check) => !left.includes(check)).map((check) => `here ${check} ${reason}`));
  if (left.length !== right.length || differs.length > 0) {
    differences++;
    if (differences <= 10) console.log(`proof ${proofs}: ${differs.join('; ')}`);
  }
}
console.log(`${proofs} proofs, ${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;
