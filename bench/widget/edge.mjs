// Serves one built widget and passes its socket on to the program: the same few lines for every widget that is compared,
// with the headers that the program answers with. It never compresses and never reads a frame.

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { basename, extname, join } from 'node:path';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};
/** A name with a hash of the content in it. */
const HASHED = /-[0-9a-f]{16}(_bg)?\.\w+$/;

/** A server of the widget in `folder`: its `origin`, `lead(origin)` to the program behind it, and `stop`. */
export async function startEdge(folder) {
  let program;
  let policy;
  const server = createServer((request, response) => {
    const asked = /^\/embed\/v1\/([\w.-]+)$/.exec(request.url)?.[1];
    const path = asked && join(folder, asked === 'frame' ? 'index.html' : asked);
    if (!path || !existsSync(path)) {
      response.statusCode = 404;
      return response.end();
    }
    const compressed = existsSync(`${path}.br`);
    response.setHeader('content-type', TYPES[extname(path)]);
    response.setHeader('cache-control', HASHED.test(basename(path)) ? 'public, max-age=31536000, immutable' : 'no-cache');
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('cross-origin-resource-policy', 'cross-origin');
    response.setHeader('vary', 'accept-encoding');
    if (compressed) response.setHeader('content-encoding', 'br');
    if (asked === 'frame') response.setHeader('content-security-policy', policy);
    return response.end(readFileSync(compressed ? `${path}.br` : path));
  });
  server.on('upgrade', (request, near) => {
    const lines = [`${request.method} ${request.url} HTTP/1.1`];
    for (let at = 0; at < request.rawHeaders.length; at += 2) lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
    const far = connect({ host: program.hostname, port: Number(program.port) });
    far.write(`${lines.join('\r\n')}\r\n\r\n`);
    for (const [from, to] of [[near, far], [far, near]]) {
      from.setNoDelay(true);
      from.pipe(to);
      from.on('error', () => to.destroy());
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    async lead(origin) {
      program = new URL(origin);
      const answer = await fetch(`${origin}/embed/v1/frame`);
      policy = answer.headers.get('content-security-policy');
      if (!answer.ok || !policy) throw new Error(`the program has no widget in it (${answer.status}): build it first`);
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
