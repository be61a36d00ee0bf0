// Builds the module of reports, dist/report: script, styles, and the texts of each language. It has no program.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { env } from 'node:process';

import { compress } from './compress.mjs';
import { TARGET, addModuleTexts, hash } from './module.mjs';

const esbuild = createRequire(join(env.LIVE_JURY_WEB_TOOLS, 'index.js'))('esbuild');
const DIST = 'dist/report';

rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST, { recursive: true });
const built = (entry, options) => esbuild.buildSync({
  entryPoints: [entry], bundle: true, minify: true, target: TARGET, write: false, legalComments: 'none', ...options,
}).outputFiles[0].text;

const style = built('style/report.css', {});
const css = `report-${hash(style)}.css`;
writeFileSync(join(DIST, css), style);
const texts = addModuleTexts('public/report/texts', DIST);
const define = { REPORT_FILES: JSON.stringify({ css, texts }) };
const script = built('public/report/module.js', { format: 'esm', define });
const name = `module-${hash(script)}.js`;
writeFileSync(join(DIST, name), script);
writeFileSync(join(DIST, 'manifest.json'), JSON.stringify({ module: name }));
for (const [file, { plain, brotli }] of Object.entries(compress(DIST))) {
  console.log(`      report/${file}: ${plain} bytes, ${brotli} compressed`);
}
