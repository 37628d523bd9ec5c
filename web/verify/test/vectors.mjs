// Where the test vectors lie: in ../shared beside the repository.
import { readFileSync } from 'node:fs';

const folder = new URL('../../../../shared/vectors/', import.meta.url);
export const bytes = (path) => new Uint8Array(readFileSync(new URL(path, folder)));
export const json = (path) => JSON.parse(readFileSync(new URL(path, folder), 'utf8'));
