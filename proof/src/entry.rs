//! The entries of the log: one for each recorded case, and the first one of a log that goes on for another.

use crate::error::Error;
use crate::merkle::Tree;
use crate::note::is_key_name;
use crate::text::{array_from_hex, base64, decimal, hash_from_base64, hex, lines, number};
use crate::{CaseBytes, Hash, sha256};

const VERDICT: &str = "live-jury/verdict/v1";
const CONTINUES: &str = "live-jury/continues/v1";

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A recorded case.
    Verdict {
        /// The hash of the case's id, which tells nobody which case it is.
        case: Hash,
        /// The hash of the statement.
        statement: Hash,
    },
    /// The log goes on for an older one.
    Continues {
        /// The older log's origin.
        origin: String,
        /// The last size and root that it signed.
        tree: Tree,
    },
}

/// The hash of a case's id in its entry.
#[must_use]
pub fn case_hash(case: &CaseBytes) -> Hash {
    sha256(&[b"live-jury case v1\n", case])
}

impl Entry {
    /// The entry of a case with its statement's text.
    #[must_use]
    pub fn of_statement(case: &CaseBytes, statement: &str) -> Self {
        Entry::Verdict { case: case_hash(case), statement: sha256(&[statement.as_bytes()]) }
    }

    /// The entry's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Entry::Verdict { case, statement } => lines(&[VERDICT, &hex(case), &hex(statement)]),
            Entry::Continues { origin, tree } => lines(&[CONTINUES, origin, &decimal(tree.size), &base64(&tree.root)]),
        }
    }

    /// The entry of its text.
    ///
    /// # Errors
    /// The text is no entry.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let parse = || {
            let lines: Vec<&str> = text.strip_suffix('\n')?.split('\n').collect();
            match lines.as_slice() {
                [VERDICT, case, statement] => {
                    Some(Entry::Verdict { case: array_from_hex(case)?, statement: array_from_hex(statement)? })
                }
                [CONTINUES, origin, size, root] if is_key_name(origin) => {
                    let tree = Tree { size: number(size)?, root: hash_from_base64(root)? };
                    Some(Entry::Continues { origin: (*origin).to_owned(), tree })
                }
                _ => None,
            }
        };
        parse().ok_or(Error("the text is no entry of the log"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_as_it_is_written() {
        let verdict = Entry::of_statement(&[1; 16], "statement\n");
        let tree = Tree { size: 7, root: [9; 32] };
        let continues = Entry::Continues { origin: "jury.example.com/log/1".to_owned(), tree };
        assert_eq!(verdict.to_text().len(), 151);
        assert!(continues.to_text().starts_with("live-jury/continues/v1\njury.example.com/log/1\n7\n"));
        for entry in [verdict, continues] {
            let text = entry.to_text();
            assert_eq!(Entry::parse(&text), Ok(entry));
            for wrong in [format!("{text}\n"), text.trim_end().to_owned(), text.replace("v1", "v2"), String::new()] {
                assert!(Entry::parse(&wrong).is_err(), "{wrong:?}");
            }
        }
    }
}
