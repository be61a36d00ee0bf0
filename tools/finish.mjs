// Trunk's post_build hook: makes Trunk's files ready to serve. It never builds Rust.
//
// - It removes unused code from program and glue, and minifies glue, start script and styles.
// - It joins start scripts into one file, and style sheets into another.
// - It takes the hashes in names from the final bytes. Trunk takes them earlier, and an immutable name must not have
//   two contents.
// - It adds the texts, one file a language, the loader, its types and a manifest to the widget. The loader's inline
//   mode reads file names from the manifest.

import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { env } from 'node:process';

import { compress } from './compress.mjs';
import { TARGET, addModuleTexts, hash } from './module.mjs';
import { shrink } from './shrink.mjs';

const esbuild = createRequire(join(env.LIVE_JURY_WEB_TOOLS, 'index.js'))('esbuild');

const stage = env.TRUNK_STAGING_DIR;
const page = join(stage, 'index.html');
const bin = basename(env.TRUNK_HTML_FILE, '.html');

const only = (pattern) => {
  const found = readdirSync(stage).filter((name) => pattern.test(name));
  const names = found.join(', ') || 'none';
  if (found.length !== 1) throw new Error(`${bin}: expected one file like ${pattern}, found ${names}`);
  return found[0];
};

/** The exports of the glue that each page calls. Every program starts by `default`. */
const CALLED = { widget: ['default', 'mount'], console: ['default'], trust: ['default'], check: ['default', 'check'],
  verify: ['default', 'check_files'] };

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
  const scripts = ['boot.js', 'frame.js', 'texts.js', 'verify.js', 'verify-en.json', 'verify-zh-CN.json'];
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

/**
 * The languages of the widget's texts, which the build script of `app` has checked and written. Cargo's report names
 * its folder.
 */
function builtTexts() {
  const lines = readFileSync(env.LIVE_JURY_CARGO_REPORT, 'utf8').split('\n').filter(Boolean);
  const ran = lines.map((line) => JSON.parse(line)).filter(({ reason }) => reason === 'build-script-executed');
  // A package's id ends in its folder, or in its name and version.
  const ours = ran.find(({ package_id: id }) => /[/#]live-jury-app@|\/app#/.test(id));
  if (!ours) throw new Error(`${env.LIVE_JURY_CARGO_REPORT} does not name the build script of live-jury-app`);
  const folder = join(ours.out_dir, 'texts');
  return { folder, index: JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) };
}

/** Fails unless a plural text has the forms that its language needs. Only `Intl` knows them. */
function checkForms(tag, forms) {
  const needed = new Intl.PluralRules(tag).resolvedOptions().pluralCategories.sort().join(', ');
  for (const [key, names] of Object.entries(forms)) {
    const given = names.sort().join(', ');
    const file = `app/texts/${tag}.json`;
    if (given !== needed) throw new Error(`${file}: \`${key}\` has the forms ${given}; ${tag} needs ${needed}`);
  }
}

/** Adds the file of each language. Returns the names by tag, and the loader's notes by tag. */
function addTexts() {
  const { folder, index } = builtTexts();
  const files = {};
  const notes = {};
  for (const [tag, { loader, forms }] of Object.entries(index)) {
    checkForms(tag, forms);
    const text = readFileSync(join(folder, `${tag}.txt`), 'utf8');
    files[tag] = `texts-${tag}-${hash(text)}.txt`;
    notes[tag] = loader;
    writeFileSync(join(stage, files[tag]), text);
  }
  return { files, notes };
}

/** Bundles the loader into one script that any page can load. A page that pins its bytes takes the copy with a hash in
 * its name. Returns that name, and the value of the page's attribute `integrity`. */
function addLoader(notes) {
  const built = esbuild.buildSync({
    entryPoints: ['public/loader.js'],
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    target: TARGET,
    legalComments: 'none',
    define: { JURY_NOTES: JSON.stringify(notes) },
  });
  const { text } = built.outputFiles[0];
  const name = `loader-${hash(text)}.js`;
  for (const file of ['loader.js', name]) writeFileSync(join(stage, file), text);
  return { name, integrity: `sha384-${createHash('sha384').update(text).digest('base64')}` };
}

/**
 * Bundles the module that a viewer's page imports for a check, with the glue: one file is fewer bytes than two, and a
 * request less. It is no page, so the page that Trunk built goes.
 */
function addCheckModule(js, wasm, css) {
  const texts = addModuleTexts('public/check/texts', stage);
  const built = esbuild.buildSync({
    entryPoints: ['public/check/module.js'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: TARGET,
    write: false,
    legalComments: 'none',
    alias: { 'check-glue': join(stage, js) },
    define: { CHECK_FILES: JSON.stringify({ wasm, css, texts }) },
  });
  rmSync(join(stage, js));
  const { text } = built.outputFiles[0];
  const name = `module-${hash(text)}.js`;
  writeFileSync(join(stage, name), text);
  writeFileSync(join(stage, 'manifest.json'), JSON.stringify({ module: name }));
  rmSync(page);
}

/** The address of a module that loads on demand, below the widget's folder. It is built before the widget. */
function moduleOf(name) {
  return `${name}/${JSON.parse(readFileSync(`dist/${name}/manifest.json`, 'utf8')).module}`;
}

const { wasm, glue } = finishProgram();
const styles = joinStyles(readFileSync(page, 'utf8'));
let html = bin === 'check' ? '' : joinStart(styles.html);
html = html.replaceAll(wasm.old, wasm.name).replaceAll(glue.old, glue.name);
if (bin === 'check') addCheckModule(glue.name, wasm.name, styles.name);
if (bin === 'widget') {
  const { files, notes } = addTexts();
  const loader = addLoader(notes);
  copyFileSync('public/live-jury.d.ts', join(stage, 'live-jury.d.ts'));
  const modules = Object.fromEntries(['check', 'receipts', 'report'].map((name) => [name, moduleOf(name)]));
  const manifest = { js: glue.name, wasm: wasm.name, css: styles.name, texts: files, ...modules, loader };
  writeFileSync(join(stage, 'manifest.json'), JSON.stringify(manifest));
  const addresses = Object.entries(modules).map(([name, address]) => `data-${name}="${address}"`).join(' ');
  html = html.replace(' data-wasm=', ` ${addresses} data-texts='${JSON.stringify(files)}' data-wasm=`);
}
if (bin !== 'check') writeFileSync(page, html);

const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
for (const [name, { plain, brotli }] of Object.entries(compress(stage))) {
  console.log(`      ${bin}/${name}: ${kib(plain)}, ${kib(brotli)} compressed`);
}
