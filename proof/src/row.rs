//! Rows: how each pseudonym voted, as everybody who knows the case may read it, and the tree over them.

use crate::error::{Error, require};
use crate::merkle::{Tree, leaf_hash, root_over};
use crate::{Hash, PseudonymBytes};

/// The length of a row, in bytes.
pub const ROW_BYTES: usize = 19;
/// The rows of a leaf; the last leaf may have fewer.
pub const ROWS_PER_LEAF: usize = 256;
/// The most options of a case, and so the bound of an option's place.
const OPTIONS_MAX: u8 = 5;

const COUNTED: u8 = 1;
const CALLED: u8 = 2;
const STRATUM_SHIFT: u32 = 2;
const KNOWN_FLAGS: u8 = 0b1111;

/// A stratum of a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stratum {
    /// Buyers.
    Buyer = 1,
    /// Merchants.
    Merchant = 2,
    /// Jurors whose token names no side.
    Other = 3,
}

impl Stratum {
    /// All strata, in order.
    pub const ALL: [Stratum; 3] = [Stratum::Buyer, Stratum::Merchant, Stratum::Other];

    /// The name in a statement.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Stratum::Buyer => "buyer",
            Stratum::Merchant => "merchant",
            Stratum::Other => "other",
        }
    }
}

/// One juror's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The juror's pseudonym.
    pub pseudonym: PseudonymBytes,
    /// The option's place among the case's options.
    pub option: u8,
    /// The juror's side; 0 unless the statement has lines `side`.
    pub side: u8,
    /// The stratum, if the juror was called to a panel.
    pub called: Option<Stratum>,
    /// Whether the ballot is one of the panel's.
    pub counted: bool,
}

impl Row {
    /// The row's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; ROW_BYTES] {
        let mut bytes = [0; ROW_BYTES];
        bytes[..16].copy_from_slice(&self.pseudonym);
        let called = self.called.map_or(0, |stratum| CALLED | ((stratum as u8) << STRATUM_SHIFT));
        let counted = if self.counted { COUNTED } else { 0 };
        bytes[16..].copy_from_slice(&[self.option, self.side, called | counted]);
        bytes
    }

    /// The row of its bytes.
    ///
    /// # Errors
    /// A byte has a value that no row has.
    pub fn parse(bytes: &[u8; ROW_BYTES]) -> Result<Self, Error> {
        let (pseudonym, [option, side, flags]) = bytes
            .split_first_chunk()
            .map_or(([0; 16], [0; 3]), |(juror, rest)| (*juror, rest.try_into().unwrap_or_default()));
        let called = match (flags & CALLED != 0, flags >> STRATUM_SHIFT) {
            (false, 0) => None,
            (true, 1) => Some(Stratum::Buyer),
            (true, 2) => Some(Stratum::Merchant),
            (true, 3) => Some(Stratum::Other),
            _ => return Err(Error("a row's flags name no stratum")),
        };
        let counted = flags & COUNTED != 0;
        require(flags & !KNOWN_FLAGS == 0 && (called.is_some() || !counted), "a row has flags that no row has")?;
        require(option < OPTIONS_MAX && side <= 2, "a row has an option or a side that no row has")?;
        Ok(Self { pseudonym, option, side, called, counted })
    }
}

/// The rows of their bytes, one after the other.
///
/// # Errors
/// The bytes are no rows, or the pseudonyms are not ascending.
pub fn parse_rows(bytes: &[u8]) -> Result<Vec<Row>, Error> {
    let (rows, rest) = bytes.as_chunks();
    require(rest.is_empty(), "the rows end inside of a row")?;
    let rows: Vec<Row> = rows.iter().map(Row::parse).collect::<Result<_, _>>()?;
    let ascends = rows.is_sorted_by(|left, right| left.pseudonym < right.pseudonym);
    require(ascends, "the rows are not ascending, or a pseudonym is there twice")?;
    Ok(rows)
}

/// The hashes of the leaves over rows' bytes. A leaf is the bytes of up to 256 rows.
pub fn row_leaves(rows: &[u8]) -> impl Iterator<Item = Hash> {
    rows.chunks(ROWS_PER_LEAF * ROW_BYTES).map(leaf_hash)
}

/// The tree over rows' bytes.
#[must_use]
pub fn row_tree(rows: &[u8]) -> Tree {
    let size = rows.len().div_ceil(ROWS_PER_LEAF * ROW_BYTES) as u64;
    Tree { size, root: root_over(row_leaves(rows)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_string_is_one_row_or_none() {
        let mut rows = 0;
        for option in 0..=255_u8 {
            for side in 0..4 {
                for flags in 0..=255_u8 {
                    let mut bytes = [7; ROW_BYTES];
                    bytes[16..].copy_from_slice(&[option, side, flags]);
                    if let Ok(row) = Row::parse(&bytes) {
                        assert_eq!(row.to_bytes(), bytes);
                        rows += 1;
                    }
                }
            }
        }
        // Five options, three sides; not called, or called to one of three strata and counted or not.
        assert_eq!(rows, 5 * 3 * (1 + 3 * 2));
    }

    #[test]
    fn rows_are_ascending_and_whole() {
        let row = |first| Row { pseudonym: [first; 16], option: 0, side: 0, called: None, counted: false }.to_bytes();
        assert_eq!(parse_rows(&[row(1), row(2)].concat()).unwrap().len(), 2);
        assert!(parse_rows(&[row(2), row(1)].concat()).is_err());
        assert!(parse_rows(&[row(1), row(1)].concat()).is_err());
        assert!(parse_rows(&row(1)[1..]).is_err());
        let bytes: Vec<u8> = (0..=255_u8).flat_map(row).collect();
        assert_eq!(row_tree(&bytes).size, 1);
        assert_eq!(row_tree(&[bytes, row(0).to_vec()].concat()).size, 2);
        assert_eq!(row_tree(&[]).size, 0);
    }
}
