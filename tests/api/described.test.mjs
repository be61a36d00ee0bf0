// Schemathesis generates requests from the served OpenAPI document, for a case in each state, and checks each answer
// against the document. It uses nothing else of the server.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openCase, startServer, token } from '../browser/harness.mjs';

const ROOM = 'live-42';
// Generated requests for each operation and kind of request.
const EXAMPLES = process.env.API_EXAMPLES ?? '10';
// The seed. The default is fixed, so that the same program always gives the same result.
const SEED = process.env.API_SEED ?? '1';
// The schema cannot express every rule, such as distinct option ids. So the server may refuse a request that fits the
// schema.
const NOT_PROMISED = 'positive_data_acceptance';
// Limit for an answer, above all time-outs of the server.
const ANSWERED_IN_S = '5';
// Limit for a whole run.
const RUN_MS_MAX = 15 * 60_000;

const program = process.env.SCHEMATHESIS;
let server;
let moderator;

before(async () => {
  assert.ok(program, 'SCHEMATHESIS names the program: run tools/api.sh');
  server = await startServer(['https://shop.example.com']);
  moderator = token({ sub: 'mia', room: '*', role: 'moderator' });
});
after(() => server?.stop());

for (const state of ['draft', 'open', 'decided']) {
  test(`the API fits its description for a case that is ${state}`, async () => {
    const { id } = await openCase(server.origin, moderator, ROOM, { open: state !== 'draft' });
    if (state === 'decided') await act(id, 'close');
    const folder = mkdtempSync(join(tmpdir(), 'live-jury-api-'));
    writeFileSync(join(folder, 'schemathesis.toml'), `[parameters]\n"path.id" = "${id}"\n"path.room" = "${ROOM}"\n`);
    const { code, said } = await run(folder, [
      '--config-file', join(folder, 'schemathesis.toml'),
      'run', `${server.origin}/api/v1/openapi.json`,
      '--header', `Authorization: Bearer ${moderator}`,
      '--max-examples', EXAMPLES, '--seed', SEED, '--generation-database', 'none',
      // Facts are lines of JSON, for which the generator has no form. Stories send them.
      '--exclude-operation-id', 'addFacts',
      '--exclude-checks', NOT_PROMISED, '--max-response-time', ANSWERED_IN_S,
      '--continue-on-failure', '--no-color',
    ]);
    rmSync(folder, { recursive: true });
    assert.equal(code, 0, said);
    assert.match(said, /Tested: 97/, said);
    console.log(`  ${said.match(/(\d+) generated.*/)?.[0]}`);
  });
}

async function act(id, action) {
  const headers = { authorization: `Bearer ${moderator}` };
  const answer = await fetch(`${server.origin}/api/v1/cases/${id}/${action}`, { method: 'POST', headers });
  assert.equal(answer.status, 200, await answer.text());
}

function run(folder, args) {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: folder, timeout: RUN_MS_MAX, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? 1) : 0, said: stdout + stderr });
    });
  });
}
