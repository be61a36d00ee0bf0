//! Reads records of FEBRL: made-up Australian people with errors. It compares none.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

/// A record.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// The person: the same in both files.
    pub person: String,
    /// The values by field; empty ones are left out.
    pub values: BTreeMap<String, String>,
}

/// The records of a file. No value has a comma or a quotation mark.
pub(super) fn read(path: &Path) -> Result<Vec<Record>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = text.lines();
    let heading: Vec<&str> = lines.next().unwrap_or_default().split(',').map(str::trim).collect();
    lines.map(|line| record(&heading, line).with_context(|| format!("no record: {line}"))).collect()
}

fn record(heading: &[&str], line: &str) -> Option<Record> {
    let cells: Vec<&str> = line.split(',').map(str::trim).collect();
    if cells.len() != heading.len() {
        return None;
    }
    // rec-1070-org, rec-1070-dup-0
    let person = cells.first()?.split('-').nth(1)?.to_owned();
    let values = heading.iter().zip(&cells).skip(1).filter(|(_, value)| !value.is_empty());
    Some(Record { person, values: values.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_records_of_a_person_have_its_number() {
        let heading = ["rec_id", "given_name", "surname"];
        let one = record(&heading, "rec-12-org, ann, ").unwrap();
        let other = record(&heading, "rec-12-dup-0, anne, smith").unwrap();
        assert_eq!((one.person.as_str(), one.values.len()), ("12", 1));
        assert_eq!((other.person.as_str(), other.values["surname"].as_str()), ("12", "smith"));
        assert!(record(&heading, "rec-12-org, ann").is_none());
    }
}
