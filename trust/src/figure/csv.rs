//! Rows as comma-separated values (RFC 4180). It knows no figure.

/// The signs with which a cell begins that a spreadsheet would run as a formula.
const FORMULA_SIGNS: [char; 4] = ['=', '+', '-', '@'];

/// The rows, each with its cells and the end of line that the standard has.
#[must_use]
pub fn csv<R, C>(rows: R) -> String
where
    R: IntoIterator,
    R::Item: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let mut text = String::new();
    for row in rows {
        for (place, value) in row.into_iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            text.push_str(&cell(value.as_ref()));
        }
        text.push_str("\r\n");
    }
    text
}

/// A value as a cell. A spreadsheet runs no text of it as a formula; a negative number is none.
fn cell(value: &str) -> String {
    let is_formula = value.starts_with(FORMULA_SIGNS) && value.parse::<f64>().is_err();
    let guarded = if is_formula { format!("'{value}") } else { value.to_owned() };
    if guarded.contains([',', '"', '\r', '\n']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let rows = [["id", "text"], ["a", "one, \"two\"\nthree"], ["-0.089600", "=1+1"]];
        assert_eq!(csv(rows), "id,text\r\na,\"one, \"\"two\"\"\nthree\"\r\n-0.089600,'=1+1\r\n");
        assert_eq!(csv([["", "−"]]), ",−\r\n");
    }
}
