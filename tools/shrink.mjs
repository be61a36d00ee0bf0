// Removes everything from a program and its glue that a page does not call, and gives the rest short names.
// wasm-bindgen exports everything that any dependency offers to scripts, under long names. Neither program nor glue
// changes its behaviour.

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Rewrites both files in place. `called` are the glue's exports that pages call. */
export function shrink({ esbuild, glue, wasm, called }) {
  const shake = () => writeFileSync(glue, shaken({ esbuild, glue, called }));
  // Every browser that runs the program has registries, and creating one has no side effect. esbuild drops the unused
  // ones once both facts are in the text.
  const text = readFileSync(glue, 'utf8').replaceAll("typeof FinalizationRegistry === 'undefined'", 'false');
  writeFileSync(glue, text.replaceAll('new FinalizationRegistry', '/* @__PURE__ */ new FinalizationRegistry'));
  shake();
  for (let before; before !== readFileSync(glue, 'utf8'); ) {
    before = readFileSync(glue, 'utf8');
    dropUncalled(wasm, before);
    writeFileSync(glue, withoutUnimported(before, wasm));
    // A function that the program no longer imports may have been the only caller of another.
    shake();
  }
  writeFileSync(glue, withShortNames(readFileSync(glue, 'utf8'), optimize(wasm)));
}

const moduleOf = (wasm) => new WebAssembly.Module(readFileSync(wasm));
const namesOf = (kind, wasm) => WebAssembly.Module[kind](moduleOf(wasm)).map(({ name }) => name);

/** Returns the glue with its imported snippets, and without uncalled functions. */
function shaken({ esbuild, glue, called }) {
  const built = esbuild.buildSync({
    stdin: { contents: `export { ${called.join(', ')} } from './${basename(glue)}';`, resolveDir: dirname(glue) },
    bundle: true,
    minifySyntax: true,
    format: 'esm',
    write: false,
    legalComments: 'none',
    // An assignment to a class keeps the class, and no page uses this symbol.
    define: { 'Symbol.dispose': 'undefined' },
  });
  return built.outputFiles[0].text;
}

/** Removes the program's exports that the glue does not name, and all code that only they reach. */
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

/** Returns the glue without the functions that the program does not import. */
function withoutUnimported(glue, wasm) {
  const imported = new Set(namesOf('imports', wasm));
  const functions = /^( +)(__wb\w+): function\([^]*?^\1\},?\n/gm;
  return glue.replace(functions, (text, _, name) => (imported.has(name) ? text : ''));
}

/**
 * Optimizes the program for size. Returns the short names of imports and exports by their old ones, and the name of the
 * one module that it imports from.
 */
function optimize(wasm) {
  const from = new Set(WebAssembly.Module.imports(moduleOf(wasm)).map(({ module }) => module));
  if (from.size !== 1) throw new Error(`${wasm} imports from ${[...from].join(', ')}: one module was expected`);
  const args = [wasm, '-o', wasm, '-Oz', '--minify-imports-and-exports-and-modules'];
  const { imports, exports } = JSON.parse(execFileSync('wasm-opt', args, { encoding: 'utf8' }));
  return {
    imports: new Map(imports.map(([, name, short]) => [name, short])),
    exports: new Map(exports.map(([name, short]) => [name, short])),
    from: [...from][0],
  };
}

/** Renames imports and exports in the glue. wasm-opt renames the one import module to `a`. */
const withShortNames = (glue, { imports, exports, from }) =>
  glue
    .replaceAll(`"${from}"`, '"a"')
    .replace(/(?<=^ +)[\w$]+(?=: )/gm, (name) => imports.get(name) ?? name)
    .replace(/(?<=\bwasm\.)[\w$]+/g, (name) => exports.get(name) ?? name);
