// Cuts a program and its glue down to what a page calls, and gives what is left short names: wasm-bindgen exports all that
// a crate anywhere below offers to scripts, by names that are for people. It never changes what either of them does.

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Works on both files in their places; `called` are the glue's exports that pages call. */
export function shrink({ esbuild, glue, wasm, called }) {
  const shake = () => writeFileSync(glue, shaken({ esbuild, glue, called }));
  // Every browser that runs the program has registries, and making one has no effect: told so, esbuild drops the unused.
  const text = readFileSync(glue, 'utf8').replaceAll("typeof FinalizationRegistry === 'undefined'", 'false');
  writeFileSync(glue, text.replaceAll('new FinalizationRegistry', '/* @__PURE__ */ new FinalizationRegistry'));
  shake();
  for (let before; before !== readFileSync(glue, 'utf8'); ) {
    before = readFileSync(glue, 'utf8');
    dropUncalled(wasm, before);
    writeFileSync(glue, withoutUntaken(before, wasm));
    // What the program no longer takes may have been all that called something else.
    shake();
  }
  writeFileSync(glue, withShortNames(readFileSync(glue, 'utf8'), optimize(wasm)));
}

const namesOf = (kind, wasm) => WebAssembly.Module[kind](new WebAssembly.Module(readFileSync(wasm))).map(({ name }) => name);

/** The glue, with the snippets it imports and without what nobody calls. */
function shaken({ esbuild, glue, called }) {
  const built = esbuild.buildSync({
    stdin: { contents: `export { ${called.join(', ')} } from './${basename(glue)}';`, resolveDir: dirname(glue) },
    bundle: true,
    minifySyntax: true,
    format: 'esm',
    write: false,
    legalComments: 'none',
    // What is set on a class keeps it, and nobody disposes of anything this way.
    define: { 'Symbol.dispose': 'undefined' },
  });
  return built.outputFiles[0].text;
}

/** Takes out of the program what neither the glue names nor anything that it names needs. */
function dropUncalled(wasm, glue) {
  const words = new Set(glue.match(/[\w$]+/g));
  const kept = namesOf('exports', wasm).filter((name) => words.has(name));
  const graph = [
    { name: 'glue', root: true, reaches: kept.map((name) => `export ${name}`) },
    ...kept.map((name) => ({ name: `export ${name}`, export: name })),
  ];
  const file = `${wasm}.graph`;
  writeFileSync(file, JSON.stringify(graph));
  execFileSync('wasm-metadce', [wasm, '-o', wasm, `--graph-file=${file}`]);
  rmSync(file);
}

/** The glue without the functions that the program does not take. */
function withoutUntaken(glue, wasm) {
  const taken = new Set(namesOf('imports', wasm));
  return glue.replace(/^( +)(__wb\w+): function\([^]*?^\1\},?\n/gm, (text, _, name) => (taken.has(name) ? text : ''));
}

/** Makes the program small; gives the short names of its imports and exports, and of where it imports from, by their old ones. */
function optimize(wasm) {
  const from = new Set(WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(wasm))).map(({ module }) => module));
  if (from.size !== 1) throw new Error(`${wasm} imports from ${[...from].join(', ')}: one place was expected`);
  const args = [wasm, '-o', wasm, '-Oz', '--minify-imports-and-exports-and-modules'];
  const { imports, exports } = JSON.parse(execFileSync('wasm-opt', args, { encoding: 'utf8' }));
  return {
    imports: new Map(imports.map(([, name, short]) => [name, short])),
    exports: new Map(exports.map(([name, short]) => [name, short])),
    from: [...from][0],
  };
}

/** wasm-opt calls the one place that is imported from `a`. */
const withShortNames = (glue, { imports, exports, from }) =>
  glue
    .replaceAll(`"${from}"`, '"a"')
    .replace(/(?<=^ +)[\w$]+(?=: )/gm, (name) => imports.get(name) ?? name)
    .replace(/(?<=\bwasm\.)[\w$]+/g, (name) => exports.get(name) ?? name);
