// NAME: an app for an enclave. GET /health says that it is well; POST /answer gives a signed answer, whose proof anyone can check.
'use strict';
const http = require('http');
const { createHash } = require('crypto');

const longest = 65536;

// The node signs for the app, on a socket that nobody else reaches. What is signed is the body, byte for byte.
function prove(payload) {
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath: '/run/qos.sock', path: '/v1/proof', method: 'POST', timeout: 10000, headers: { 'Content-Length': Buffer.byteLength(payload) } }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString();
        if (answer.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`the node answers ${answer.statusCode}: ${text}`));
      });
    });
    request.on('timeout', () => request.destroy(new Error('the node does not answer')));
    request.on('error', reject);
    request.end(payload);
  });
}

function send(response, status, body) {
  response.writeHead(status, { 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

const server = http.createServer((request, response) => {
  if (request.method === 'GET' && request.url === '/health') return send(response, 200, 'ok\n');
  if (request.method !== 'POST' || request.url !== '/answer') return send(response, 404, 'there is /health, and /answer for POST\n');
  const parts = [];
  let length = 0;
  request.on('data', (part) => {
    length += part.length;
    if (length > longest) request.destroy();
    else parts.push(part);
  });
  request.on('end', async () => {
    // The question's hash is in the payload, or the proof could be shown beside another question; the type tells it from proofs of another kind.
    const payload = JSON.stringify({
      type: 'NAME_ANSWER',
      timestampMs: String(Date.now()),
      questionSha256: createHash('sha256').update(Buffer.concat(parts)).digest('hex'),
      answer: `${length} bytes`,
    });
    try {
      send(response, 200, JSON.stringify({ appProof: await prove(payload) }));
    } catch (error) {
      console.error(`NAME: ${error.message}`);
      send(response, 502, 'the answer cannot be signed\n');
    }
  });
});
server.requestTimeout = 10000;
server.listen(3000, '127.0.0.1', () => console.log('NAME: listening on 127.0.0.1:3000'));
process.on('SIGTERM', () => process.exit(0));
