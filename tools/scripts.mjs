// Builds the modules that have no program: of reports, dist/report, with styles and the texts of each language; and of
// receipts, dist/receipts.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { env } from 'node:process';

import { compress } from './compress.mjs';
import { TARGET, addModuleTexts, hash } from './module.mjs';

const esbuild = createRequire(join(env.LIVE_JURY_WEB_TOOLS, 'index.js'))('esbuild');

const built = (entry, options) => esbuild.buildSync({
  entryPoints: [entry], bundle: true, minify: true, target: TARGET, write: false, legalComments: 'none', ...options,
}).outputFiles[0].text;

/** Writes the module of a folder of `public`. `files` writes its other files, and returns what the script knows. */
function addModule(name, files) {
  const folder = join('dist', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const script = built(`public/${name}/module.js`, { format: 'esm', define: files(folder) });
  const module = `module-${hash(script)}.js`;
  writeFileSync(join(folder, module), script);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ module }));
  for (const [file, { plain, brotli }] of Object.entries(compress(folder))) {
    console.log(`      ${name}/${file}: ${plain} bytes, ${brotli} compressed`);
  }
}

addModule('report', (folder) => {
  const style = built('style/report.css', {});
  const css = `report-${hash(style)}.css`;
  writeFileSync(join(folder, css), style);
  return { REPORT_FILES: JSON.stringify({ css, texts: addModuleTexts('public/report/texts', folder) }) };
});
addModule('receipts', () => ({}));
