// Merkle trees of RFC 9162.

import { sha256 } from './bytes.mjs';

const ZERO = Buffer.of(0), ONE = Buffer.of(1);

export const leafHash = (leaf) => sha256(ZERO, leaf);
const nodeHash = (left, right) => sha256(ONE, left, right);

// A node without a sibling moves up as it is: the tree is the same.
export function rootOf(leaves) {
  let level = leaves;
  while (level.length > 1) {
    const above = [];
    for (let at = 0; at + 1 < level.length; at += 2) above.push(nodeHash(level[at], level[at + 1]));
    if (level.length % 2) above.push(level.at(-1));
    level = above;
  }
  return level[0] ?? sha256('');
}

// The root that a path proves; none if the path has the wrong length.
export function rootFromPath(index, size, leaf, path) {
  if (index >= size) return undefined;
  let node = index, last = size - 1n, root = leaf;
  for (const sibling of path) {
    if (last === 0n) return undefined;
    if (node & 1n || node === last) {
      root = nodeHash(sibling, root);
      while (!(node & 1n) && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    } else {
      root = nodeHash(root, sibling);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  return last === 0n ? root : undefined;
}
