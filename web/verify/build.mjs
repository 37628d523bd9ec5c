// Builds the proof page twice: as files for a server with a strict Content-Security-Policy, and as one self-contained file that works from a
// disk. The same sources give the same bytes.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = process.argv[2] ?? here('dist');
const sha = (text, encoding) => createHash('sha256').update(text).digest(encoding);

const { outputFiles: [{ text: script }] } = await build({
  entryPoints: [here('page/page.js')], bundle: true, minify: true, format: 'esm', target: 'es2022', charset: 'utf8', legalComments: 'none', write: false, absWorkingDir: here('.'),
});
const { code: style } = await transform(await readFile(here('page/verify.css'), 'utf8'), { loader: 'css', minify: true, charset: 'utf8' });
const page = (await readFile(here('page/index.html'), 'utf8')).replace('not built', sha(script, 'hex'));

const policy = `default-src 'none'; script-src 'sha256-${sha(script, 'base64')}'; style-src 'sha256-${sha(style, 'base64')}'; base-uri 'none'; form-action 'none'`;
const single = page
  .replace('<meta name="viewport"', () => `<meta http-equiv="Content-Security-Policy" content="${policy}">\n<meta name="viewport"`)
  .replace('<link rel="stylesheet" href="verify.css">', () => `<style>${style}</style>`)
  .replace('<script type="module" src="verify.js"></script>', () => `<script type="module">${script}</script>`);

await mkdir(out, { recursive: true });
for (const [name, content] of Object.entries({ 'index.html': page, 'verify.js': script, 'verify.css': style, 'verify-offline.html': single })) await writeFile(`${out}/${name}`, content);
console.log(`verify.js ${script.length} bytes, SHA-256 ${sha(script, 'hex')}`);
