//! The bundle: one JSON file with all that it takes to recount a case offline. It checks its own form alone.

mod json;

use self::json::{Reader, write_string};
use crate::error::{Error, require};
use crate::row::ROW_BYTES;
use crate::text::{array_from_hex, base64, from_base64, hex};

/// Limits a bundle, in bytes. One of 450,000 ballots has 12 MB.
pub const BUNDLE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Limits the rows of a bundle. More are offered as streams only.
pub const ROWS_MAX: usize = 2_000_000;
/// The bytes that an opening adds to each row: side, marks and change.
pub const REST_BYTES: usize = 6;

const FORMAT: &str = "live-jury/bundle/v1";

/// The secrets of a case's seals. They prove to everybody how each juror voted, so they are for an auditor alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The case's key.
    pub key: [u8; 32],
    /// Side, marks and change of each row, [`REST_BYTES`] bytes.
    pub rest: Vec<u8>,
}

/// The values of a ballot that its row leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// The side: 0 for none, 1 for a buyer, 2 for a merchant.
    pub side: u8,
    /// The marks.
    pub marks: u8,
    /// The ballot's number among this juror's in this case, from 0.
    pub change: u32,
}

impl Rest {
    /// The bytes in an opening.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; REST_BYTES] {
        let [a, b, c, d] = self.change.to_be_bytes();
        [self.side, self.marks, a, b, c, d]
    }

    /// The values of the bytes in an opening.
    #[must_use]
    pub const fn from_bytes([side, marks, a, b, c, d]: [u8; REST_BYTES]) -> Self {
        Self { side, marks, change: u32::from_be_bytes([a, b, c, d]) }
    }
}

/// A bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The statement's text.
    pub statement: String,
    /// The tlog-proof's text.
    pub proof: String,
    /// The public brief; none if it was erased.
    pub brief: Option<String>,
    /// The audit lines before the recording one, each with LF; none for readers other than moderators.
    pub audit: Option<String>,
    /// The rows; none for a void case, or if they were erased.
    pub rows: Option<Vec<u8>>,
    /// The secrets of the seals; none but for an auditor.
    pub opening: Option<Opening>,
}

impl Bundle {
    /// The bundle's bytes.
    ///
    /// # Errors
    /// The bundle is beyond a limit.
    pub fn to_json(&self) -> Result<String, Error> {
        self.check()?;
        let rows = self.rows.as_ref().map_or(0, Vec::len);
        let mut json = String::with_capacity(rows / 3 * 4 + 64 * 1024);
        self.write(&mut |piece| json.push_str(piece));
        require(json.len() <= BUNDLE_BYTES_MAX, "the bundle is longer than 64 MiB")?;
        Ok(json)
    }

    /// The bundle of its bytes.
    ///
    /// # Errors
    /// The bytes are no bundle, or are spelled in another way than [`Bundle::to_json`] writes them.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        require(bytes.len() <= BUNDLE_BYTES_MAX, "the bundle is longer than 64 MiB")?;
        let bundle = read(bytes).ok_or(Error("the bundle is malformed"))?;
        bundle.check()?;
        // The bundle is written once more, and compared piece by piece, so that no second copy is in memory.
        let mut rest = Some(bytes);
        bundle.write(&mut |piece| rest = rest.and_then(|rest| rest.strip_prefix(piece.as_bytes())));
        require(rest.is_some_and(<[u8]>::is_empty), "the bundle has a value in another spelling")?;
        Ok(bundle)
    }

    fn check(&self) -> Result<(), Error> {
        let rows = self.rows.as_ref().map_or(0, |rows| rows.len() / ROW_BYTES);
        require(rows <= ROWS_MAX, "the bundle has more than 2,000,000 rows")?;
        let rest = self.opening.as_ref().map(|opening| opening.rest.len());
        require(rest.is_none_or(|rest| rest == rows * REST_BYTES), "the opening has not one part for each row")
    }

    fn write(&self, to: &mut dyn FnMut(&str)) {
        to("{\"format\":\"");
        to(FORMAT);
        to("\",\"statement\":");
        write_string(&self.statement, to);
        to(",\"proof\":");
        write_string(&self.proof, to);
        for (name, text) in [(",\"brief\":", &self.brief), (",\"audit\":", &self.audit)] {
            to(name);
            match text {
                None => to("null"),
                Some(text) => write_string(text, to),
            }
        }
        to(",\"rows\":");
        match &self.rows {
            None => to("null"),
            Some(rows) => write_base64(rows, to),
        }
        to(",\"opening\":");
        match &self.opening {
            None => to("null"),
            Some(opening) => {
                to("{\"key\":\"");
                to(&hex(&opening.key));
                to("\",\"rest\":");
                write_base64(&opening.rest, to);
                to("}");
            }
        }
        to("}");
    }
}

/// Writes bytes as a string of base64, in pieces, so that a large bundle needs no second copy.
fn write_base64(bytes: &[u8], to: &mut dyn FnMut(&str)) {
    /// The bytes of a piece: a multiple of three, so that only the last piece is padded.
    const PIECE_BYTES: usize = 48 * 1024;
    to("\"");
    bytes.chunks(PIECE_BYTES).for_each(|piece| to(&base64(piece)));
    to("\"");
}

fn read(bytes: &[u8]) -> Option<Bundle> {
    let mut json = Reader::new(std::str::from_utf8(bytes).ok()?);
    json.skip("{\"format\":\"")?;
    json.skip(FORMAT)?;
    json.skip("\",\"statement\":")?;
    let statement = json.string()?;
    json.skip(",\"proof\":")?;
    let proof = json.string()?;
    json.skip(",\"brief\":")?;
    let brief = json.optional(Reader::string)?;
    json.skip(",\"audit\":")?;
    let audit = json.optional(Reader::string)?;
    json.skip(",\"rows\":")?;
    let rows = json.optional(|json| from_base64(json.plain_string()?))?;
    json.skip(",\"opening\":")?;
    let opening = json.optional(|json| {
        json.skip("{\"key\":")?;
        let key = array_from_hex(json.plain_string()?)?;
        json.skip(",\"rest\":")?;
        let rest = from_base64(json.plain_string()?)?;
        json.skip("}")?;
        Some(Opening { key, rest })
    })?;
    json.skip("}")?;
    json.is_at_end().then_some(Bundle { statement, proof, brief, audit, rows, opening })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Bundle {
        let opening = Some(Opening { key: [7; 32], rest: vec![1; 2 * REST_BYTES] });
        Bundle {
            statement: "live-jury/verdict/v1\n".to_owned(),
            proof: "c2sp.org/tlog-proof@v1\n\n— log\n".to_owned(),
            brief: Some("{\"title\":\"a \\\"b\\\" \\\\ 真丝\",\"c\":\"\u{1}\u{7f}\u{2028}\u{8}\u{c}\r\t\"}".to_owned()),
            audit: Some("{}\n".to_owned()),
            rows: Some(vec![2; 2 * ROW_BYTES]),
            opening,
        }
    }

    #[test]
    fn a_bundle_is_read_as_it_is_written() {
        let none = Bundle { brief: None, audit: None, rows: None, opening: None, ..bundle() };
        let large = Bundle { rows: Some(vec![3; 100_000 * ROW_BYTES]), opening: None, ..bundle() };
        for bundle in [bundle(), none, large] {
            let json = bundle.to_json().unwrap();
            assert_eq!(Bundle::parse(json.as_bytes()), Ok(bundle));
        }
    }

    #[test]
    fn no_value_of_a_bundle_has_a_second_spelling() {
        let json = bundle().to_json().unwrap();
        assert!(json.contains(r#""brief":"{\"title\":\"a \\\"b\\\" \\\\ 真丝\",\"c\":\"\u0001"#));
        for (from, to) in [
            ("真", "\\u771f"),
            ("\\\"b", "\\u0022b"),
            (",\"proof\"", ", \"proof\""),
            ("{\"format\"", " {\"format\""),
            ("\\t", "\\u0009"),
            ("\\n", "\n"),
            ("\\b", "\\u0008"),
            ("\\u0001", "\\u0001\\/"),
            ("}", "}\n"),
            ("\"audit\"", "\"Audit\""),
            ("\"key\":\"07", "\"key\":\"0A"),
            ("CAgI", "CAg"),
            ("\"opening\":{", "\"opening\":null,\"opening\":{"),
        ] {
            let wrong = json.replacen(from, to, 1);
            assert!(wrong != json && Bundle::parse(wrong.as_bytes()).is_err(), "{from} → {to}");
        }
        assert!(Bundle::parse(&[json.as_bytes(), b"\n"].concat()).is_err());
        let rest = Opening { key: [7; 32], rest: vec![1; REST_BYTES] };
        assert!(Bundle { opening: Some(rest), ..bundle() }.to_json().is_err(), "a row has no rest");
    }

    #[test]
    fn what_a_ballot_has_beside_its_row_keeps_its_bytes() {
        let bytes = [2, 25, 0, 1, 0, 9];
        assert_eq!(Rest::from_bytes(bytes), Rest { side: 2, marks: 25, change: 65_545 });
        assert_eq!(Rest::from_bytes(bytes).to_bytes(), bytes);
    }
}
