//! Merkle trees of RFC 9162: roots, and paths that prove a leaf or an earlier tree. It stores nothing.

use crate::{Hash, sha256};

/// Answers with the root over the leaves `from..to`, if it is known. A range is a subtree of the tree that is walked;
/// one of a single leaf must be known.
pub type Known<'k> = &'k mut dyn FnMut(u64, u64) -> Option<Hash>;

/// The hash of a leaf.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    sha256(&[&[0], leaf])
}

/// The hash of a node above two others.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// The root of a tree without leaves.
#[must_use]
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// The roots of the complete subtrees of a tree, from left to right. A tree grows by it, and its root follows from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    hashes: Vec<Hash>,
}

impl Frontier {
    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // Each trailing one bit of the size is a complete subtree as large as the one that is added.
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.hashes.pop() else { break };
            hash = node_hash(&left, &hash);
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let from_the_right = self.hashes.iter().rev().copied();
        from_the_right.reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
    }
}

/// The root over these leaf hashes.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    root_over(leaves.iter().copied())
}

/// The root over leaf hashes that come one by one.
#[must_use]
pub fn root_over(leaves: impl IntoIterator<Item = Hash>) -> Hash {
    let mut frontier = Frontier::default();
    leaves.into_iter().for_each(|leaf| frontier.push(leaf));
    frontier.root()
}

/// The leaves of the left subtree in a tree of `size` leaves: the largest power of two below `size`.
const fn left_size(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// The root over the leaves `from..to`; none if a needed leaf is not known.
pub fn range_root(from: u64, to: u64, known: Known<'_>) -> Option<Hash> {
    if let Some(hash) = known(from, to) {
        return Some(hash);
    }
    if to.saturating_sub(from) < 2 {
        return None;
    }
    let middle = from + left_size(to - from);
    let left = range_root(from, middle, known)?;
    Some(node_hash(&left, &range_root(middle, to, known)?))
}

/// The path that proves the leaf at `index` in a tree of `size` leaves, the leaf's sibling first.
pub fn inclusion_path_of(index: u64, size: u64, known: Known<'_>) -> Option<Vec<Hash>> {
    if index >= size {
        return None;
    }
    let (mut from, mut to, mut path) = (0, size, Vec::new());
    while to - from > 1 {
        let middle = from + left_size(to - from);
        if index < middle {
            path.push(range_root(middle, to, known)?);
            to = middle;
        } else {
            path.push(range_root(from, middle, known)?);
            from = middle;
        }
    }
    path.reverse();
    Some(path)
}

/// The path that proves that a tree of `old` leaves is the beginning of one of `new` leaves. A tree without leaves
/// proves nothing: `old` 0 has no path.
pub fn consistency_path_of(old: u64, new: u64, known: Known<'_>) -> Option<Vec<Hash>> {
    if old == 0 || old > new {
        return None;
    }
    let (mut from, mut to, mut path) = (0, new, Vec::new());
    while to != old {
        let middle = from + left_size(to - from);
        if old <= middle {
            path.push(range_root(middle, to, known)?);
            to = middle;
        } else {
            path.push(range_root(from, middle, known)?);
            from = middle;
        }
    }
    // The old tree is one of the subtrees itself if it begins with the first leaf; then its root is known already.
    if from > 0 {
        path.push(range_root(from, to, known)?);
    }
    path.reverse();
    Some(path)
}

/// Subtrees of leaf hashes in memory.
fn known_leaves(leaves: &[Hash]) -> impl FnMut(u64, u64) -> Option<Hash> {
    |from, to| if to - from == 1 { leaves.get(usize::try_from(from).ok()?).copied() } else { None }
}

/// [`inclusion_path_of`] for leaf hashes in memory.
#[must_use]
pub fn inclusion_path(leaves: &[Hash], index: u64) -> Option<Vec<Hash>> {
    inclusion_path_of(index, leaves.len() as u64, &mut known_leaves(leaves))
}

/// [`consistency_path_of`] for leaf hashes in memory.
#[must_use]
pub fn consistency_path(leaves: &[Hash], old: u64) -> Option<Vec<Hash>> {
    consistency_path_of(old, leaves.len() as u64, &mut known_leaves(leaves))
}

/// All nodes of a tree in memory, for many paths: each is read off, and none is hashed again.
#[derive(Clone, Debug)]
pub struct Levels {
    /// The nodes of each level, the leaves first. A node without a sibling moves up as it is.
    levels: Vec<Vec<Hash>>,
}

impl Levels {
    /// The nodes above these leaf hashes.
    #[must_use]
    pub fn new(leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        while let Some(last) = levels.last().filter(|last| last.len() > 1) {
            let above = last.chunks(2).map(|pair| match pair {
                [left, right] => node_hash(left, right),
                _ => pair[0],
            });
            let above = above.collect();
            levels.push(above);
        }
        Self { levels }
    }

    /// The hashes of the leaves.
    #[must_use]
    pub fn leaves(&self) -> &[Hash] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.levels.last().and_then(|top| top.first()).copied().unwrap_or_else(empty_root)
    }

    /// The path that proves the leaf at `index`: its sibling on each level, where it has one.
    #[must_use]
    pub fn path(&self, index: usize) -> Option<Vec<Hash>> {
        self.leaves().get(index)?;
        let siblings = self.levels.iter().enumerate().map(|(level, hashes)| hashes.get((index >> level) ^ 1));
        Some(siblings.flatten().copied().collect())
    }
}

/// The root that a path proves for a leaf (RFC 9162, 2.1.3.2); none if the path has the wrong length.
#[must_use]
pub fn root_from_path(index: u64, size: u64, leaf: Hash, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut node, mut last, mut root) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if node & 1 == 1 || node == last {
            root = node_hash(sibling, &root);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            root = node_hash(&root, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    (last == 0).then_some(root)
}

/// Whether a path proves that the leaf is in the tree at this index.
#[must_use]
pub fn verify_inclusion(index: u64, size: u64, leaf: Hash, path: &[Hash], root: &Hash) -> bool {
    root_from_path(index, size, leaf, path).as_ref() == Some(root)
}

/// A tree by its size and root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The number of leaves.
    pub size: u64,
    /// The root.
    pub root: Hash,
}

/// Whether a path proves that the old tree is the beginning of the new one (RFC 9162, 2.1.4.2). An old tree without
/// leaves is refused: it would agree with everything.
#[must_use]
pub fn verify_consistency(old: &Tree, new: &Tree, path: &[Hash]) -> bool {
    if old.size == 0 || old.size > new.size {
        return false;
    }
    if old.size == new.size {
        return path.is_empty() && old.root == new.root;
    }
    let known_root = old.size.is_power_of_two().then_some(&old.root);
    let mut path = known_root.into_iter().chain(path);
    let Some(first) = path.next() else { return false };
    let shift = (old.size - 1).trailing_ones();
    let (mut node, mut last) = ((old.size - 1) >> shift, (new.size - 1) >> shift);
    let (mut old_root, mut new_root) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_root = node_hash(sibling, &old_root);
            new_root = node_hash(sibling, &new_root);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            new_root = node_hash(&new_root, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && old_root == old.root && new_root == new.root
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{from_hex, hex};

    #[test]
    fn known_trees_have_their_known_roots() {
        assert_eq!(hex(&empty_root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hex(&leaf_hash(b"")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        let leaves =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let leaves: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(&from_hex(leaf).unwrap())).collect();
        assert_eq!(hex(&root(&leaves)), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    #[test]
    fn the_paths_of_nodes_in_memory_are_those_that_are_hashed() {
        for size in (0..70).chain([255, 256, 257]) {
            let leaves: Vec<Hash> = (0..size).map(|n: u32| sha256(&[&n.to_be_bytes()])).collect();
            let levels = Levels::new(leaves.clone());
            assert_eq!((levels.leaves(), levels.root()), (leaves.as_slice(), root(&leaves)));
            for index in 0..=leaves.len() {
                assert_eq!(levels.path(index), inclusion_path(&leaves, index as u64), "{index} of {size}");
            }
        }
    }

    #[test]
    fn the_empty_tree_proves_nothing() {
        let tree = |size| Tree { size, root: empty_root() };
        assert!(!verify_consistency(&tree(0), &tree(0), &[]) && !verify_consistency(&tree(0), &tree(9), &[]));
        assert_eq!(consistency_path(&[[0; 32]], 0), None);
        assert_eq!(inclusion_path(&[], 0), None);
        assert!(!verify_inclusion(0, 0, [0; 32], &[], &empty_root()));
    }

    #[test]
    fn a_tree_of_any_size_is_walked_without_overflow() {
        assert_eq!(inclusion_path_of(0, u64::MAX, &mut |_, _| Some([0; 32])).map(|path| path.len()), Some(64));
        assert_eq!(inclusion_path_of(7, u64::MAX, &mut |_, _| None), None);
        assert_eq!(consistency_path_of(u64::MAX - 1, u64::MAX, &mut |_, _| None), None);
        assert_eq!(root_from_path(u64::MAX - 1, u64::MAX, [0; 32], &[[0; 32]; 64]), None);
    }
}
