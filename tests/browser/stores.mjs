// A real Redis and a real PostgreSQL in temporary folders, which are removed when they stop.

import { execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Debian's folder of PostgreSQL's programs, which is not on PATH. */
const DEBIAN = '/usr/lib/postgresql';

/** Ports below Linux's range for outgoing connections, so that none of those takes the port before the server does. */
const PORTS = { from: 10_000, to: 32_768 };

/** A free port on 127.0.0.1. */
async function freePort() {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    const server = createServer();
    const isFree = await new Promise((resolve) => server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)));
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** Runs a server until its standard input ends: when the test stops it, or when the test's process is gone. */
const GUARD = `
folder=$1 signal=$2; shift 2
"$@" </dev/null &
read -r _
kill -s "$signal" $!
wait $!
rm -rf "$folder"
`;

/** Starts a server and waits for `pattern` in its log. Returns the function that stops it and removes its folder. */
async function guarded(folder, signal, command, pattern, owner = {}) {
  const child = spawn('sh', ['-c', GUARD, 'guard', folder, signal, ...command], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'], ...owner });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const said = [];
  const ready = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line);
        if (pattern.test(line)) resolve(true);
      });
    }
    ended.then(() => resolve(false));
  });
  if (!(await ready)) throw new Error(`${command[0]} did not start:\n${said.join('\n')}`);
  return async () => {
    child.stdin.end();
    await ended;
  };
}

/** A Redis with the durability of production. Returns its `url`, `flush`, and `stop`. */
export async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'live-jury-browser-redis-'));
  const port = await freePort();
  const durable = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'];
  const command = ['redis-server', '--bind', '127.0.0.1', '--port', port, '--dir', folder, ...durable];
  const stop = await guarded(folder, 'KILL', command, /Ready to accept connections/);
  return {
    url: `redis://127.0.0.1:${port}`,
    /** Deletes all data. */
    flush: () => run('redis-cli', ['-h', '127.0.0.1', '-p', port, 'FLUSHALL']),
    stop,
  };
}

function postgresPrograms() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort().reverse() : [];
  const folders = versions.map((version) => join(DEBIAN, version, 'bin')).concat((process.env.PATH ?? '').split(':'));
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
  if (!found) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
  return found;
}

/** A PostgreSQL with one empty database. Returns its `url`, and `stop`. */
export async function startPostgres() {
  const programs = postgresPrograms();
  const folder = mkdtempSync(join(tmpdir(), 'live-jury-browser-postgres-'));
  const data = join(folder, 'data');
  // PostgreSQL refuses to run as root.
  const owner = {};
  if (process.getuid() === 0) {
    const ids = await Promise.all(['-u', '-g'].map((which) => run('id', [which, 'postgres'])));
    [owner.uid, owner.gid] = ids.map(({ stdout }) => Number(stdout));
    chownSync(folder, owner.uid, owner.gid);
  }
  const port = await freePort();
  await run(join(programs, 'initdb'), ['-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '-N', '-D', data], { cwd: folder, ...owner });
  appendFileSync(join(data, 'postgresql.conf'), `listen_addresses = '127.0.0.1'\nport = ${port}\nunix_socket_directories = ''\n`);
  const stop = await guarded(folder, 'QUIT', [join(programs, 'postgres'), '-D', data], /ready to accept connections/, owner);
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop };
}
