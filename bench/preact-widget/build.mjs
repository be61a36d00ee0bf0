// Builds the widget in Preact into a folder that is served as the app's own is: bundled, minified, hashed, compressed. Page,
// loader and styles are the app's.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { buildSync, transformSync } from 'esbuild';

import { compress } from '../../tools/compress.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const APP = join(HERE, '../../app');
const PUBLIC = join(HERE, '../../public');
// As the app's own build says.
const TARGET = ['chrome96', 'firefox100', 'safari15.4'];
const MINIFY = { minify: true, target: TARGET, legalComments: 'none' };

const hashed = (text, ending) => `widget-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.${ending}`;

function program() {
  const built = buildSync({
    ...MINIFY,
    entryPoints: [join(HERE, 'src/main.jsx')],
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
  });
  return built.outputFiles[0].text;
}

/** The app's page, with its styles in one file and this program in the place of its own. */
function page(html, style, script) {
  const [head, ...rest] = html.split(/[ \t]*<link data-trunk[^>]*>\n/);
  const links = `    <script type="module" src="/embed/v1/${script}"></script>\n`
    + `    <link rel="stylesheet" href="/embed/v1/${style}">\n`;
  return `${head}${links}${rest.join('')}`;
}

/** Writes it all to `folder`. */
export function build(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const write = (name, text) => writeFileSync(join(folder, name), text);
  const html = readFileSync(join(APP, 'widget.html'), 'utf8');
  const sheets = [...html.matchAll(/rel="css" href="([^"]+)"/g)].map(([, href]) => readFileSync(join(APP, href), 'utf8'));
  const styles = transformSync(sheets.join('\n'), { ...MINIFY, loader: 'css' }).code;
  const script = program();
  const names = { style: hashed(styles, 'css'), script: hashed(script, 'js') };
  write(names.style, styles);
  write(names.script, script);
  write('index.html', page(html, names.style, names.script));
  write('loader.js', transformSync(readFileSync(join(PUBLIC, 'loader.js'), 'utf8'), MINIFY).code);
  compress(folder);
}

if (import.meta.url === pathToFileURL(argv[1]).href) build(argv[2]);
