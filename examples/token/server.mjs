// A platform's server in Node: it signs the tokens of its viewers, and serves the page of examples/html.
//
//   LIVE_JURY_TOKEN_SECRET=… JURY=http://127.0.0.1:8080 node examples/token/server.mjs
//
// It prints its address; add that to the jury's --allowed-origins. It needs no package.

import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { env } from 'node:process';

const ROOM = 'live-42';
const TOKEN_S = 15 * 60;
const page = readFileSync(new URL('../html/index.html', import.meta.url), 'utf8')
  .replaceAll('https://jury.example.com', new URL(env.JURY).origin);

/** Signs a JSON web token by HS256, with the same secret as the jury. */
function sign(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${body}.${createHmac('sha256', env.LIVE_JURY_TOKEN_SECRET).update(body).digest('base64url')}`;
}

/** The viewer's id. Yours comes from your session; here a cookie replaces it, so that one browser is one viewer. */
function viewer(request, response) {
  const known = request.headers.cookie?.match(/(?:^|; )viewer=([\w-]+)/)?.[1];
  const id = known ?? randomUUID();
  if (!known) response.setHeader('set-cookie', `viewer=${id}; HttpOnly; SameSite=Strict; Path=/`);
  return id;
}

const server = createServer((request, response) => {
  const sub = viewer(request, response);
  if (request.url === '/my/jury-token' && request.method === 'POST') {
    const exp = Math.floor(Date.now() / 1000) + TOKEN_S;
    response.setHeader('cache-control', 'no-store');
    response.end(sign({ sub, room: ROOM, role: 'viewer', exp }));
  } else if (request.url === '/') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(page);
  } else {
    response.statusCode = 404;
    response.end();
  }
});

server.listen(Number(env.PORT ?? 0), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
