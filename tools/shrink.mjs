// Removes code that no page calls from a program and its glue, and shortens names; it never changes their behaviour.
//
// wasm-bindgen exports everything that any crate offers to scripts, under long names. The glue is edited by patterns,
// which may stop matching with a new wasm-bindgen. A pattern that changes nothing is therefore an error.

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

import { named, numbered, orderedNames } from './order.mjs';

/** Edits both files in place. `called` lists the exports of the glue that pages call. */
export function shrink({ esbuild, glue, wasm, called }) {
  const shake = () => writeFileSync(glue, shaken({ esbuild, glue, called }));
  writeFileSync(glue, withDroppableRegistries(readFileSync(glue, 'utf8')));
  shake();
  for (let before; before !== readFileSync(glue, 'utf8'); ) {
    before = readFileSync(glue, 'utf8');
    dropUncalled(wasm, before);
    writeFileSync(glue, withoutUnimported(before, wasm));
    // An import that the program lost may have been the only caller of something else.
    shake();
  }
  writeFileSync(glue, withShortNames(readFileSync(glue, 'utf8'), optimize(wasm)));
}

/** Replaces all matches of a pattern; throws if there is none. */
function replaced(text, pattern, replacement) {
  let matches = 0;
  const count = (...match) => {
    matches += 1;
    return typeof replacement === 'string' ? replacement : replacement(...match);
  };
  const result = text.replaceAll(pattern, count);
  if (matches === 0) throw new Error(`tools/shrink.mjs: ${pattern} does not match this wasm-bindgen's glue: adapt it`);
  return result;
}

const moduleOf = (wasm) => new WebAssembly.Module(readFileSync(wasm));
const namesOf = (kind, wasm) => WebAssembly.Module[kind](moduleOf(wasm)).map(({ name }) => name);

/**
 * Marks registries as free of side effects, so that esbuild drops the unused ones. Every browser that runs the program
 * has them. The glue of a program without objects and closures has none.
 */
const withDroppableRegistries = (glue) => (glue.includes('FinalizationRegistry') ? marked(glue) : glue);

const marked = (glue) =>
  replaced(
    replaced(glue, "typeof FinalizationRegistry === 'undefined'", 'false'),
    'new FinalizationRegistry',
    '/* @__PURE__ */ new FinalizationRegistry',
  );

/** The glue with the snippets that it imports, and without functions that nobody calls. */
function shaken({ esbuild, glue, called }) {
  const built = esbuild.buildSync({
    stdin: { contents: `export { ${called.join(', ')} } from './${basename(glue)}';`, resolveDir: dirname(glue) },
    bundle: true,
    minifySyntax: true,
    format: 'esm',
    write: false,
    legalComments: 'none',
    // A class keeps what is set on it, and no page disposes of anything this way.
    define: { 'Symbol.dispose': 'undefined' },
  });
  return built.outputFiles[0].text;
}

/** Removes from the program every export that the glue does not name, with all code that only those need. */
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

/** The glue without the functions that the program does not import. */
function withoutUnimported(glue, wasm) {
  const imported = new Set(namesOf('imports', wasm));
  const keepImported = (text, _, name) => (imported.has(name) ? text : '');
  return replaced(glue, /^( +)(__wb\w+): function\([^]*?^\1\},?\n/gm, keepImported);
}

/**
 * The passes of wasm-opt. Flat code gives them more to find, and three rounds find more than one. A value that is
 * computed again compresses better than a local that keeps it. Rust's data begins far above the first kilobyte. No
 * browser reads how an access is aligned.
 */
const PASSES = [
  '--low-memory-unused', '--skip-pass=local-cse', '--flatten', '--rereloop', '-Oz', '--flatten', '--rereloop', '-Oz',
  '-Oz', '--dealign',
];
/** The last passes: functions in the order of their names, no section that browsers skip, and short names. */
const LAST_PASSES = [
  '--reorder-functions-by-name', '--strip-producers', '--strip-target-features',
  '--minify-imports-and-exports-and-modules',
];

/** Optimizes the program for size. Returns the short names of its imports and exports, and the import's module name. */
function optimize(wasm) {
  const from = new Set(WebAssembly.Module.imports(moduleOf(wasm)).map(({ module }) => module));
  if (from.size !== 1) throw new Error(`${wasm} imports from ${[...from].join(', ')}: one module was expected`);
  const program = readFileSync(wasm);
  const run = (names, passes) => {
    writeFileSync(wasm, named(program, names));
    return execFileSync('wasm-opt', [wasm, '-o', wasm, ...PASSES, ...passes], { encoding: 'utf8' });
  };
  // The first run shows the functions that the passes leave. The second is the same, and orders them.
  const names = numbered(program);
  run(names, ['--debuginfo']);
  const { imports, exports } = JSON.parse(run(orderedNames(readFileSync(wasm), names), LAST_PASSES));
  return {
    imports: new Map(imports.map(([, name, short]) => [name, short])),
    exports: new Map(exports.map(([name, short]) => [name, short])),
    from: [...from][0],
  };
}

/** The glue with the program's short names. wasm-opt calls the imported module `a`. */
function withShortNames(glue, { imports, exports, from }) {
  const unnamed = new Set(imports.keys());
  const short = (names) => (name) => {
    unnamed.delete(name);
    return names.get(name) ?? name;
  };
  const named = replaced(glue, `"${from}"`, '"a"');
  const imported = replaced(named, /(?<=^ +)[\w$]+(?=: )/gm, short(imports));
  if (unnamed.size > 0) throw new Error(`tools/shrink.mjs: the glue does not name ${[...unnamed].join(', ')}`);
  return replaced(imported, /(?<=\bwasm\.)[\w$]+/g, short(exports));
}
