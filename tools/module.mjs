// What the builds of the modules that a widget loads on demand share: hashes, texts, and the oldest browsers.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

// The oldest browsers that run rustc's WebAssembly.
export const TARGET = ['chrome96', 'firefox100', 'safari15.4'];

export const hash = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/** The places `{name}` of all texts below a key, with their keys. */
function textsBelow(texts, key = '') {
  if (typeof texts === 'string') return [`${key} ${(texts.match(/\{\w+\}/g) ?? []).sort().join(' ')}`];
  return Object.keys(texts).sort().flatMap((name) => textsBelow(texts[name], `${key}.${name}`));
}

/**
 * Writes a module's own texts into a folder, one file a language. All languages have the same texts and places. Returns
 * the names by tag.
 */
export function addModuleTexts(folder, target) {
  const files = {};
  let first;
  for (const file of readdirSync(folder).sort()) {
    const tag = basename(file, '.json');
    const texts = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const named = textsBelow(texts).join('\n');
    first ??= { file, named };
    if (named !== first.named) throw new Error(`${folder}: ${file} and ${first.file} have other texts or places`);
    if (texts.tag !== tag) throw new Error(`${folder}/${file}: its \`tag\` is ${texts.tag}`);
    const text = JSON.stringify(texts);
    files[tag] = `texts-${tag}-${hash(text)}.json`;
    writeFileSync(join(target, files[tag]), text);
  }
  return files;
}
