// Chooses the order of a program's functions, so that it compresses better; it never changes a function.
//
// Brotli finds a repetition more cheaply the nearer it is. Functions with the most in common therefore stand side by
// side. wasm-opt moves functions by their names, so a place becomes a name.

/** The bytes of a piece of code that two functions may share: two instructions or three. The widget was smallest so. */
const PIECE_BYTES = 5;
/** The weight of the own pieces against those of the next function. Above 0, so that a large function is not followed
 * by a tiny one. The widget was smallest so. */
const OWN_WEIGHT = 0.3;
/** Calls of functions with a lower index take one byte. wasm-opt has put the most called ones there. */
const ONE_BYTE_INDEX = 128;

const CODE_SECTION = 10;
const CUSTOM_SECTION = 0;
const FUNCTION_NAMES = 1;

/** Reads a LEB128 number. Returns it with the place after it. */
function number(bytes, at) {
  let value = 0;
  for (let shift = 1; ; shift *= 128) {
    const byte = bytes[at];
    at += 1;
    value += (byte % 128) * shift;
    if (byte < 128) return [value, at];
  }
}

/** A number as LEB128. */
function encoded(value) {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

/** Calls `visit` with the number and the contents of each section. */
function eachSection(wasm, visit) {
  for (let at = 8; at < wasm.length; ) {
    const [length, from] = number(wasm, at + 1);
    visit(wasm[at], wasm.subarray(from, from + length));
    at = from + length;
  }
}

const importedFunctions = (wasm) =>
  WebAssembly.Module.imports(new WebAssembly.Module(wasm)).filter(({ kind }) => kind === 'function').length;

/** The bodies of a program's own functions, in their order. */
function bodies(wasm) {
  const found = [];
  eachSection(wasm, (section, bytes) => {
    if (section !== CODE_SECTION) return;
    let [count, at] = number(bytes, 0);
    for (; count > 0; count -= 1) {
      const [length, from] = number(bytes, at);
      found.push(bytes.subarray(from, from + length));
      at = from + length;
    }
  });
  return found;
}

/** The names of a program's own functions, in their order. */
function namesIn(wasm) {
  const imported = importedFunctions(wasm);
  const names = [];
  for (const section of WebAssembly.Module.customSections(new WebAssembly.Module(wasm), 'name')) {
    const bytes = new Uint8Array(section);
    if (bytes[0] !== FUNCTION_NAMES) continue;
    let [count, at] = number(bytes, number(bytes, 1)[1]);
    for (; count > 0; count -= 1) {
      const [index, afterIndex] = number(bytes, at);
      const [length, from] = number(bytes, afterIndex);
      at = from + length;
      if (index >= imported) names[index - imported] = Buffer.from(bytes.subarray(from, at)).toString();
    }
  }
  return names;
}

/** The program with names of its functions, in their order. It must have had none. */
export function named(wasm, names) {
  const imported = importedFunctions(wasm);
  const entry = (name, at) => [...encoded(imported + at), ...encoded(name.length), ...Buffer.from(name)];
  const entries = names.flatMap(entry);
  const map = [...encoded(names.length), ...entries];
  const contents = [4, ...Buffer.from('name'), FUNCTION_NAMES, ...encoded(map.length), ...map];
  return Buffer.concat([wasm, Buffer.from([CUSTOM_SECTION, ...encoded(contents.length), ...contents])]);
}

/** A name for each of a program's own functions, by its index. */
export const numbered = (wasm) => bodies(wasm).map((_, index) => `f${index}`);

/** The pieces of a function's body, each once. */
function piecesOf(body) {
  const pieces = new Set();
  for (let at = 0; at + PIECE_BYTES <= body.length; at += 1) {
    pieces.add(body.toString('latin1', at, at + PIECE_BYTES));
  }
  return [...pieces];
}

/** The indices of bodies so that each comes after the one that it has the most in common with. */
function similarNext(all, first) {
  const pieces = all.map(piecesOf);
  const holders = new Map();
  const free = new Set();
  for (let index = first; index < all.length; index += 1) {
    free.add(index);
    for (const piece of pieces[index]) {
      if (!holders.has(piece)) holders.set(piece, []);
      holders.get(piece).push(index);
    }
  }
  const smallest = () => [...free].reduce((small, index) => (all[index].length < all[small].length ? index : small));
  const nextTo = (index) => {
    const shared = new Map();
    for (const piece of pieces[index]) {
      for (const other of holders.get(piece)) if (free.has(other)) shared.set(other, (shared.get(other) ?? 0) + 1);
    }
    let best = null;
    let most = 0;
    for (const [other, count] of shared) {
      const likeness = count / (pieces[other].length + OWN_WEIGHT * pieces[index].length);
      if (likeness > most || (likeness === most && other < best)) [best, most] = [other, likeness];
    }
    return best ?? smallest();
  };
  const order = [];
  while (free.size > 0) {
    const next = order.length === 0 ? smallest() : nextTo(order[order.length - 1]);
    free.delete(next);
    order.push(next);
  }
  return order;
}

/**
 * New names for the functions called `before`, whose alphabet is the order in which they compress best. `optimized` is
 * the program after wasm-opt, with those of the names that are left.
 */
export function orderedNames(optimized, before) {
  const names = namesIn(optimized);
  const first = Math.max(0, ONE_BYTE_INDEX - importedFunctions(optimized));
  const all = bodies(optimized);
  const order = [...names.keys()].slice(0, first).concat(similarNext(all, Math.min(first, all.length)));
  const places = new Map(order.map((index, place) => [names[index], `p${String(place).padStart(6, '0')}`]));
  // A function that is gone gets a name all the same, since wasm-opt wants one for each.
  return before.map((name) => places.get(name) ?? `q${name}`);
}
