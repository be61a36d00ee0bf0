//! The tiles of a C2SP tiled log: where a hash lies, the right edge of a growing log, and bundles of entries. It serves
//! none.

use crate::error::{Error, require};
use crate::merkle::{Frontier, node_hash, root};
use crate::text::number;
use crate::{Hash, merkle};

/// The hashes of a full tile.
pub const TILE_HASHES: usize = 256;
/// The levels of the tree that a tile spans.
const TILE_HEIGHT: u32 = 8;
/// Limits the level of a tile: a tree of 2⁶⁴ leaves has no higher one.
const LEVEL_MAX: u8 = 7;
/// Limits an entry, in bytes: two bytes of an entry bundle hold its length.
const ENTRY_BYTES_MAX: usize = u16::MAX as usize;

/// The address of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// The level: 0 holds leaves, 1 the roots of full tiles of level 0.
    pub level: u8,
    /// The place in the level.
    pub index: u64,
    /// The hashes: 256, or fewer at the right edge.
    pub width: u16,
}

/// The number of full tiles of a level, and the width of the partial one; 0 if there is none.
#[must_use]
pub fn tiles_of(level: u8, size: u64) -> (u64, u16) {
    let hashes = size.checked_shr(u32::from(level) * TILE_HEIGHT).unwrap_or(0);
    (hashes >> TILE_HEIGHT, (hashes & 0xff) as u16)
}

/// The path of a tile's index, in groups of three digits: `x001/x234/067`, and `.p/12` after a partial one's.
fn index_path(index: u64, width: u16) -> String {
    let mut path = format!("{:03}", index % 1_000);
    let mut rest = index / 1_000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1_000);
        rest /= 1_000;
    }
    if usize::from(width) < TILE_HASHES { format!("{path}.p/{width}") } else { path }
}

/// The index and the width in a path of [`index_path`].
fn parse_index(path: &str) -> Option<(u64, u16)> {
    let (groups, width) = match path.split_once(".p/") {
        Some((groups, width)) => (groups, u16::try_from(number(width)?).ok()?),
        None => (path, TILE_HASHES as u16),
    };
    let mut index = 0_u64;
    for group in groups.split('/') {
        let digits = group.trim_start_matches('x');
        let is_group = digits.len() == 3 && digits.bytes().all(|digit| digit.is_ascii_digit());
        index = index.checked_mul(1_000)?.checked_add(if is_group { digits.parse().ok()? } else { return None })?;
    }
    let widths = 1..=TILE_HASHES as u16;
    (widths.contains(&width) && index_path(index, width) == path).then_some((index, width))
}

impl Tile {
    /// The path below the log's URL: `tile/0/x001/067.p/12`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("tile/{}/{}", self.level, index_path(self.index, self.width))
    }

    /// The tile at a path.
    ///
    /// # Errors
    /// The path is not of the form of [`Tile::path`].
    pub fn parse(path: &str) -> Result<Self, Error> {
        let parse = || {
            let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
            let level = u8::try_from(number(level)?).ok().filter(|level| *level <= LEVEL_MAX)?;
            parse_index(rest).map(|(index, width)| Self { level, index, width })
        };
        parse().ok_or(Error("the path names no tile"))
    }

    /// Whether a log of `size` entries has this tile or a wider one in its place.
    #[must_use]
    pub fn exists_at(&self, size: u64) -> bool {
        let (full, partial) = tiles_of(self.level, size);
        self.index < full || (self.index == full && self.width <= partial)
    }
}

/// The path of a bundle of entries below the log's URL: `tile/entries/000.p/12`.
#[must_use]
pub fn entries_path(index: u64, width: u16) -> String {
    format!("tile/entries/{}", index_path(index, width))
}

/// The index and the width of a bundle of entries at a path.
///
/// # Errors
/// The path is not of the form of [`entries_path`].
pub fn parse_entries_path(path: &str) -> Result<(u64, u16), Error> {
    path.strip_prefix("tile/entries/").and_then(parse_index).ok_or(Error("the path names no bundle of entries"))
}

/// A bundle of entries, each with its length in two bytes before it.
///
/// # Errors
/// An entry is longer than 65,535 bytes.
pub fn entry_bundle<'e>(entries: impl IntoIterator<Item = &'e [u8]>) -> Result<Vec<u8>, Error> {
    let mut bundle = Vec::new();
    for entry in entries {
        require(entry.len() <= ENTRY_BYTES_MAX, "an entry is longer than 65,535 bytes")?;
        bundle.extend((entry.len() as u16).to_be_bytes());
        bundle.extend(entry);
    }
    Ok(bundle)
}

/// The entries of a bundle.
///
/// # Errors
/// The bundle ends inside of an entry, or has more than 256.
pub fn parse_entry_bundle(mut bundle: &[u8]) -> Result<Vec<&[u8]>, Error> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bundle.split_first_chunk() {
        let entry = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)));
        let (entry, rest) = entry.ok_or(Error("the bundle ends inside of an entry"))?;
        entries.push(entry);
        bundle = rest;
    }
    require(bundle.is_empty() && entries.len() <= TILE_HASHES, "the bundle of entries has the wrong length")?;
    Ok(entries)
}

/// The hashes of a tile's bytes.
///
/// # Errors
/// The bytes are not 1 to 256 hashes.
pub fn parse_tile(bytes: &[u8]) -> Result<Vec<Hash>, Error> {
    let (hashes, rest) = bytes.as_chunks();
    require(rest.is_empty() && (1..=TILE_HASHES).contains(&hashes.len()), "the tile is not 1 to 256 hashes")?;
    Ok(hashes.to_vec())
}

/// A tile that an entry filled: its level, its place in the level, and its 256 hashes.
pub type FullTile = (u8, u64, Vec<Hash>);

/// The right edge of a log: the hashes of its partial tiles, from level 0 upwards. A log grows by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// The number of entries.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of a level's partial tile; empty if there is none.
    #[must_use]
    pub fn partial(&self, level: u8) -> &[Hash] {
        self.levels.get(usize::from(level)).map_or(&[], Vec::as_slice)
    }

    /// Adds an entry by its leaf hash, and returns the tiles that it filled.
    pub fn push(&mut self, leaf: Hash) -> Vec<FullTile> {
        let (mut hash, mut full) = (leaf, Vec::new());
        self.size += 1;
        for level in 0..=LEVEL_MAX {
            let at = usize::from(level);
            if self.levels.len() == at {
                self.levels.push(Vec::new());
            }
            self.levels[at].push(hash);
            if self.levels[at].len() < TILE_HASHES {
                break;
            }
            let hashes = std::mem::take(&mut self.levels[at]);
            hash = root(&hashes);
            full.push((level, tiles_of(level, self.size).0 - 1, hashes));
        }
        full
    }

    /// The root of the log's tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut complete = Vec::new();
        for hashes in self.levels.iter().rev() {
            let mut rest = hashes.as_slice();
            while !rest.is_empty() {
                let (subtree, later) = rest.split_at(1 << rest.len().ilog2());
                complete.push(root(subtree));
                rest = later;
            }
        }
        let from_the_right = complete.into_iter().rev();
        from_the_right.reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(merkle::empty_root)
    }

    /// The bytes that a store keeps: the size, and the hashes from level 0 upwards.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        self.levels.iter().flatten().for_each(|hash| bytes.extend(hash));
        bytes
    }

    /// The edge of the bytes of [`Edge::to_bytes`].
    ///
    /// # Errors
    /// The number of hashes is not that of the size.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        const WRONG: Error = Error("the edge of the log has the wrong length");
        let (size, hashes) = bytes.split_first_chunk().ok_or(WRONG)?;
        let (mut edge, (mut hashes, rest)) =
            (Self { size: u64::from_be_bytes(*size), levels: Vec::new() }, hashes.as_chunks());
        for level in 0..=LEVEL_MAX {
            if edge.size >> (u32::from(level) * TILE_HEIGHT) == 0 {
                break;
            }
            let width = usize::from(tiles_of(level, edge.size).1);
            let (own, later) = hashes.split_at_checked(width).ok_or(WRONG)?;
            edge.levels.push(own.to_vec());
            hashes = later;
        }
        if hashes.is_empty() && rest.is_empty() { Ok(edge) } else { Err(WRONG) }
    }
}

/// The root of a complete subtree of a log, read from its tiles; none for another range or a missing tile. `read` gets
/// a level and an index, and may return a partial tile. It serves [`merkle::inclusion_path_of`] and
/// [`merkle::consistency_path_of`].
pub fn subtree_root(from: u64, to: u64, read: &mut dyn FnMut(u8, u64) -> Option<Vec<Hash>>) -> Option<Hash> {
    let leaves = to.checked_sub(from).filter(|leaves| leaves.is_power_of_two() && from.is_multiple_of(*leaves))?;
    let height = leaves.trailing_zeros();
    let level = u8::try_from(height / TILE_HEIGHT).ok().filter(|level| *level <= LEVEL_MAX)?;
    let first = from >> (u32::from(level) * TILE_HEIGHT);
    let tile = read(level, first >> TILE_HEIGHT)?;
    let at = (first & 0xff) as usize;
    let hashes = tile.get(at..at + (1 << (height % TILE_HEIGHT)))?;
    let mut subtree = Frontier::default();
    hashes.iter().for_each(|hash| subtree.push(*hash));
    Some(subtree.root())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_of_70_000_entries_has_the_tiles_of_the_specification() {
        assert_eq!([0, 1, 2, 3].map(|level| tiles_of(level, 70_000)), [(273, 112), (1, 17), (0, 1), (0, 0)]);
        assert_eq!([0, 1, 2].map(|level| tiles_of(level, 256)), [(1, 0), (0, 1), (0, 0)]);
        let tile = |level, index, width| Tile { level, index, width };
        assert!(tile(0, 273, 112).exists_at(70_000) && tile(0, 273, 5).exists_at(70_000));
        assert!(tile(0, 3, 7).exists_at(70_000), "a full tile is in the place of a partial one");
        assert!(!tile(0, 273, 113).exists_at(70_000) && !tile(0, 274, 1).exists_at(70_000));
        assert!(!tile(7, 1, 1).exists_at(u64::MAX));
    }

    #[test]
    fn a_tile_has_one_path() {
        let tile = Tile { level: 0, index: 1_234_067, width: 256 };
        assert_eq!(tile.path(), "tile/0/x001/x234/067");
        assert_eq!(entries_path(67, 5), "tile/entries/067.p/5");
        for tile in [tile, Tile { level: 7, index: u64::MAX, width: 255 }, Tile { level: 1, index: 0, width: 1 }] {
            assert_eq!(Tile::parse(&tile.path()), Ok(tile));
        }
        for wrong in [
            "tile/0/67",
            "tile/0/0067",
            "tile/0/x000/067",
            "tile/0/001/067",
            "tile/00/067",
            "tile/8/067",
            "tile/0/067.p/0",
            "tile/0/067.p/256",
            "tile/0/067.p/01",
            "tile/0/x067",
            "tile/0/",
            "tile/0/xx01/067",
            "tile/entries/067",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert!(Tile::parse(wrong).is_err(), "{wrong}");
        }
        assert!(parse_entries_path("tile/entries/x001/000.p/9").is_ok_and(|at| at == (1_000, 9)));
        assert!(parse_entries_path("tile/0/000").is_err());
    }

    #[test]
    fn a_bundle_of_entries_is_read_as_it_was_written() {
        let entries: [&[u8]; 3] = [b"one", b"", b"three"];
        let bundle = entry_bundle(entries).unwrap();
        assert_eq!(parse_entry_bundle(&bundle).unwrap(), entries);
        assert!(parse_entry_bundle(&bundle[..bundle.len() - 1]).is_err());
        assert!(parse_entry_bundle(&[0]).is_err());
        assert!(entry_bundle([[0_u8; 65_536].as_slice()]).is_err());
    }
}
