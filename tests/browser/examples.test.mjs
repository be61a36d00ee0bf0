// Runs each example unchanged, up to a verdict, and checks the types.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import ts from 'typescript';

import { SECRET, closeCase, launch, moderator, openCase, openPage, provide, startServer, token, widgetOf } from './harness.mjs';
import { startLine } from './line.mjs';

const example = (path) => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));
const { browser } = await provide({ browser: launch });

/** Votes on the page at `origin` and closes the case. Returns the page with its verdict. */
async function voteAt(origin, jury) {
  const page = await openPage(browser);
  const told = [];
  page.on('console', (message) => told.push(message.text()));
  await page.goto(origin);
  const widget = widgetOf(page);
  await widget.getByText('No case is open').first().waitFor();
  const opened = await openCase(jury.origin, moderator(), 'live-42');
  await widget.getByRole('radio').first().check();
  await widget.getByRole('button', { name: 'Submit vote' }).click();
  await widget.getByText('Your vote is in').first().waitFor();
  await closeCase(jury.origin, moderator(), opened.id);
  await widget.getByText('The jury has decided').first().waitFor();
  assert.deepEqual(page.faults, []);
  return Object.assign(page, { told });
}

test('the page in plain HTML works with tokens from the server in Node', async () => {
  // Each program needs the other's origin at its start. A proxy gives the jury an origin before the jury runs.
  const { line } = await provide({ line: startLine });
  const env = { ...process.env, PORT: '0', JURY: line.origin, LIVE_JURY_TOKEN_SECRET: SECRET };
  const platform = spawn(process.execPath, [example('token/server.mjs')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  await provide({ platform: () => ({ stop: () => platform.kill() }) });
  const origin = await new Promise((resolve) => createInterface({ input: platform.stdout }).once('line', resolve));
  const { jury } = await provide({ jury: () => startServer([origin], { line }) });
  const page = await voteAt(origin, jury);
  assert.ok(page.told.includes('Is the “pure silk” claim misleading?: decided'), page.told.join('\n'));
  await page.context().close();
});

test('the component for React works', async () => {
  const { outputFiles: [{ text: script }] } = await build({
    entryPoints: [example('react/main.tsx')],
    bundle: true,
    write: false,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    nodePaths: [fileURLToPath(new URL('node_modules', import.meta.url))],
  });
  const served = { jury: undefined };
  const server = createServer((request, response) => {
    if (request.url === '/my/jury-token') return response.end(token({ sub: 'viewer-1', room: 'live-42', role: 'viewer' }));
    response.setHeader('content-type', request.url === '/main.js' ? 'text/javascript' : 'text/html; charset=utf-8');
    if (request.url === '/main.js') return response.end(script);
    return response.end(`<!doctype html><html lang="en"><title>React</title><link rel="icon" href="data:,">
      <script async src="${served.jury}/embed/v1/loader.js"></script><div id="root"></div><script src="/main.js"></script>`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  await provide({ page: () => ({ stop: () => server.close() }) });
  const { jury } = await provide({ jury: () => startServer([origin]) });
  served.jury = jury.origin;
  const page = await voteAt(origin, jury);
  await page.getByText('Is the “pure silk” claim misleading?: decided').waitFor();
  await page.context().close();
});

for (const document of ['README.md', 'docs/embedding.md']) {
  test(`the page of ${document} works though its token route fails for a moment`, async () => {
    const text = readFileSync(fileURLToPath(new URL(`../../${document}`, import.meta.url)), 'utf8');
    const snippet = text.match(/```html\n(<script async[^]*?)```/)[1];
    const served = { jury: undefined, fails: 1 };
    const server = createServer((request, response) => {
      if (request.url === '/my/jury-token' && served.fails > 0) {
        served.fails -= 1;
        response.statusCode = 502;
        return response.end('<!doctype html><h1>502 Bad Gateway</h1>');
      }
      if (request.url === '/my/jury-token') return response.end(token({ sub: 'viewer-1', room: 'live-42', role: 'viewer' }));
      response.setHeader('content-type', 'text/html; charset=utf-8');
      return response.end(`<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,">
        ${snippet.replaceAll('https://jury.example.com', served.jury)}`);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${server.address().port}`;
    await provide({ page: () => ({ stop: () => server.close() }) });
    const { jury } = await provide({ jury: () => startServer([origin]) });
    served.jury = jury.origin;
    const page = await openPage(browser);
    await page.goto(origin);
    await widgetOf(page).getByText(/No case is open|暂无进行中的案件/).first().waitFor();
    assert.equal(served.fails, 0);
    assert.ok(page.faults.some((fault) => fault.includes('/my/jury-token answered 502')), page.faults.join('\n'));
    await page.context().close();
  });
}

/** The compiler's errors for the component and a page that uses it. `page` changes the text of main.tsx. */
function mistakes(page) {
  const modules = fileURLToPath(new URL('node_modules', import.meta.url));
  const options = {
    strict: true,
    noEmit: true,
    jsx: ts.JsxEmit.ReactJSX,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
    // The examples use the packages of these tests.
    paths: { '*': [`${modules}/@types/*`, `${modules}/*`] },
  };
  const host = ts.createCompilerHost(options);
  const main = example('react/main.tsx');
  const { readFile } = host;
  host.readFile = (path) => (page && path === main ? page(readFile(path)) : readFile(path));
  const { getSourceFile } = host;
  host.getSourceFile = (path, language, ...rest) =>
    (page && path === main ? ts.createSourceFile(path, host.readFile(path), language) : getSourceFile(path, language, ...rest));
  const program = ts.createProgram([main], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
}

test('the types hold for the component and a page that uses it', () => {
  assert.deepEqual(mistakes(), []);
  // An unknown event and an unknown field are errors.
  const found = mistakes((text) => text.replace("on={{", "on={{ 'jury:error': ({ reason }) => reason, 'jury:closed': () => {},")).join('\n');
  for (const says of [/'reason' does not exist/, /jury:closed.* does not exist/]) assert.match(found, says);
});

test('types are served beside the loader', async () => {
  const { jury } = await provide({ jury: () => startServer(['https://live.example']) });
  const answer = await fetch(`${jury.origin}/embed/v1/live-jury.d.ts`);
  assert.equal(answer.headers.get('content-type'), 'text/typescript; charset=utf-8');
  const types = await answer.text();
  for (const name of ['LiveJuryElement', 'LiveJuryEventMap', 'JuryAttributes', 'JuryErrorDetail']) assert.match(types, new RegExp(`export interface ${name}\\b`));
});
