//! Rows of buckets and reports: a value that does not fit its column is an error.

use live_jury_protocol::CaseId;
use live_jury_trust::report::Sums;
use live_jury_trust::{Party, PartyKind};

use super::{Bucket, BucketState, Credit, OwnReport, ReportShown};
use crate::sql::row::{Columns, Malformed};

/// The columns of a bucket, after the words before them and before those after them.
macro_rules! bucket_columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " id, room, kind, party, policy, merchant, host, product, lang, state, case_id, opened, credit, version, \
             reports, reporters, proven, new_accounts, fast, score, first_ms, last_ms, words ",
            $after
        )
    };
}
pub(super) use bucket_columns;

pub(super) fn bucket(row: &impl Columns) -> Result<Bucket, Malformed> {
    Ok(Bucket {
        id: row.uuid("id")?,
        room: row.parsed("room")?,
        party: party(row)?,
        policy: row.text("policy")?,
        merchant: row.maybe_text("merchant")?,
        host: row.maybe_text("host")?,
        product: row.maybe_text("product")?,
        lang: row.text("lang")?,
        state: state(row)?,
        case: row.maybe_uuid("case_id")?.map(CaseId),
        opened: row.number("opened")? == 1,
        credit: credit(row)?,
        version: row.number("version")?,
        reports: row.number("reports")?,
        sums: Sums {
            score: row.real("score")?,
            reporters: row.number("reporters")?,
            proven: row.number("proven")?,
            new_accounts: row.number("new_accounts")?,
            fast: row.number("fast")? == 1,
        },
        first_ms: row.number("first_ms")?,
        last_ms: row.number("last_ms")?,
        words: row.maybe_text("words")?,
    })
}

pub(super) fn own(row: &impl Columns) -> Result<OwnReport, Malformed> {
    Ok(OwnReport {
        at_ms: row.number("at_ms")?,
        policy: row.text("policy")?,
        party: party(row)?,
        product: row.maybe_text("product")?.filter(|product| !product.is_empty()),
        state: state(row)?,
        opened: row.number("opened")? == 1,
        case: row.maybe_uuid("case_id")?.map(CaseId),
    })
}

pub(super) fn shown(row: &impl Columns) -> Result<ReportShown, Malformed> {
    Ok(ReportShown {
        text: row.maybe_text("text")?,
        stream_at_ms: row.maybe_number("stream_at_ms")?,
        proven: row.number("proven")? == 1,
        new_account: row.number("new_account")? == 1,
        at_ms: row.number("at_ms")?,
    })
}

pub(super) fn credit(row: &impl Columns) -> Result<Credit, Malformed> {
    let name = row.text("credit")?;
    let found = Credit::ALL.into_iter().find(|credit| credit.as_str() == name);
    found.ok_or_else(|| Malformed::new("credit", "is unknown"))
}

pub(super) fn state(row: &impl Columns) -> Result<BucketState, Malformed> {
    let name = row.text("state")?;
    let found = BucketState::ALL.into_iter().find(|state| state.as_str() == name);
    found.ok_or_else(|| Malformed::new("state", "is unknown"))
}

fn party(row: &impl Columns) -> Result<Party, Malformed> {
    let kind = PartyKind::from_name(&row.text("kind")?).ok_or_else(|| Malformed::new("kind", "is unknown"))?;
    Ok(Party { kind, id: row.text("party")? })
}
