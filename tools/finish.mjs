// Trunk's post_build hook: makes Trunk's files ready to serve. It never builds Rust.
//
// - It removes unused code from program and glue, and minifies glue, start script and styles.
// - It joins start scripts into one file, and style sheets into another.
// - It takes the hashes in names from the final bytes. Trunk takes them earlier, and an immutable name must not have
//   two contents.
// - It adds the loader, its types and a manifest to the widget. The loader's inline mode reads file names from the
//   manifest.

import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { env } from 'node:process';

import { compress } from './compress.mjs';
import { shrink } from './shrink.mjs';

const esbuild = createRequire(join(env.LIVE_JURY_WEB_TOOLS, 'index.js'))('esbuild');
// The oldest browsers that run rustc's WebAssembly.
const TARGET = ['chrome96', 'firefox100', 'safari15.4'];

const stage = env.TRUNK_STAGING_DIR;
const page = join(stage, 'index.html');
const bin = basename(env.TRUNK_HTML_FILE, '.html');

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
const only = (pattern) => {
  const found = readdirSync(stage).filter((name) => pattern.test(name));
  const names = found.join(', ') || 'none';
  if (found.length !== 1) throw new Error(`${bin}: expected one file like ${pattern}, found ${names}`);
  return found[0];
};

/** The exports of the glue that each page calls. Every program starts by `default`. */
const CALLED = { widget: ['default', 'mount'], console: ['default'] };

/** Removes unused code from program and glue, minifies the glue, and names both by their contents. */
function finishProgram() {
  const old = { js: only(/-[0-9a-f]+\.js$/), wasm: only(/_bg\.wasm$/) };
  const [glue, wasm] = [join(stage, old.js), join(stage, old.wasm)];
  shrink({ esbuild, glue, wasm, called: CALLED[bin] });
  const wasmName = `${bin}-${hash(readFileSync(wasm))}_bg.wasm`;
  renameSync(wasm, join(stage, wasmName));
  const options = { minify: true, format: 'esm', target: TARGET, legalComments: 'none' };
  const built = esbuild.transformSync(readFileSync(glue, 'utf8'), options);
  const text = built.code.replaceAll(old.wasm, wasmName);
  const jsName = `${bin}-${hash(text)}.js`;
  rmSync(glue);
  rmSync(join(stage, 'snippets'), { recursive: true, force: true });
  writeFileSync(join(stage, jsName), text);
  return { wasm: { old: old.wasm, name: wasmName }, glue: { old: old.js, name: jsName } };
}

/** The text of a style sheet. One that imports others is bundled from its source, with their cascade layers. */
function styleText(file) {
  const text = readFileSync(join(stage, file), 'utf8');
  if (!/^@import /m.test(text)) return text;
  const source = join('style', file.replace(/-[0-9a-f]+\.css$/, '.css'));
  return esbuild.buildSync({ entryPoints: [source], bundle: true, write: false }).outputFiles[0].text;
}

/** Joins the page's style sheets, in their order, into one. Returns its name and the page with one link to it. */
function joinStyles(html) {
  const links = [...html.matchAll(/<link\b[^>]*\brel="?stylesheet\b[^>]*>/g)].map((match) => match[0]);
  const files = links.map((link) => basename(link.match(/\bhref="?([^"\s>]+)/)[1]));
  if (files.length === 0) throw new Error(`${bin}: the page links no style sheet`);
  const text = files.map(styleText).join('\n');
  const options = { loader: 'css', minify: true, target: TARGET, legalComments: 'none' };
  const small = esbuild.transformSync(text, options).code;
  const name = `${bin}-${hash(small)}.css`;
  for (const file of files) rmSync(join(stage, file));
  writeFileSync(join(stage, name), small);
  const [first, ...rest] = links;
  const linked = html.replace(first, `<link rel="stylesheet" href="${env.TRUNK_PUBLIC_URL}${name}">`);
  return { name, html: rest.reduce((page, link) => page.replace(link, ''), linked) };
}

/**
 * Joins the page's start scripts into one with a hash in its name. A second visit then requests the page alone, and not
 * one script after the other.
 */
function joinStart(html) {
  const scripts = ['boot.js', 'frame.js'];
  const page = html.match(/<html\b[^>]*\bdata-page="?(\w+)/)?.[1];
  const built = esbuild.buildSync({
    entryPoints: [join(stage, scripts[0])],
    bundle: true,
    minify: true,
    format: 'esm',
    target: TARGET,
    write: false,
    legalComments: 'none',
    // The script asks the page for its kind; the build knows it, so the other half is left out.
    define: { 'document.documentElement.dataset.page': JSON.stringify(page ?? '') },
  });
  const { text } = built.outputFiles[0];
  const name = `boot-${hash(text)}.js`;
  for (const script of scripts) rmSync(join(stage, script), { force: true });
  writeFileSync(join(stage, name), text);
  return html.replace(`${env.TRUNK_PUBLIC_URL}${scripts[0]}`, `${env.TRUNK_PUBLIC_URL}${name}`);
}

function minifyScript(from, to) {
  const text = readFileSync(from, 'utf8');
  writeFileSync(to, esbuild.transformSync(text, { minify: true, target: TARGET, legalComments: 'none' }).code);
}

const { wasm, glue } = finishProgram();
const styles = joinStyles(readFileSync(page, 'utf8'));
writeFileSync(page, joinStart(styles.html).replaceAll(wasm.old, wasm.name).replaceAll(glue.old, glue.name));
if (bin === 'widget') {
  minifyScript('public/loader.js', join(stage, 'loader.js'));
  copyFileSync('public/live-jury.d.ts', join(stage, 'live-jury.d.ts'));
  const manifest = { js: glue.name, wasm: wasm.name, css: styles.name };
  writeFileSync(join(stage, 'manifest.json'), JSON.stringify(manifest));
}

const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
for (const [name, { plain, brotli }] of Object.entries(compress(stage))) {
  console.log(`      ${bin}/${name}: ${kib(plain)}, ${kib(brotli)} compressed`);
}
