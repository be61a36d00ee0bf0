//! Recounts a recorded case from its bundle and reports one line a check. It asks no server, and decides nothing that
//! the court does not.

mod draw;
mod evidence;
mod follow;
mod law;
mod log;
mod opened;
pub mod program;
mod receipts;
mod recount;
mod report;
mod texts;

pub use follow::{Fetch, Followed, follow};
pub use law::judge;
pub use report::{Check, FAILED, Finding, GOOD, Report, UNCHECKED, UNREADABLE};

use live_jury_proof::bundle::Bundle;
use live_jury_proof::policy::Policy;
use live_jury_proof::receipt::Receipt;
use live_jury_proof::row::{Row, parse_rows};
use live_jury_proof::statement::Statement;
use live_jury_proof::{Error, Hash};

/// The knowledge of a verifier besides the bundle.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The logs and witnesses to believe; none to check everything but signatures.
    pub policy: Option<Policy>,
    /// The stream of all seals.
    pub seals: Option<Vec<u8>>,
    /// Receipts to look up: their bytes, or their base64.
    pub receipts: Vec<Vec<u8>>,
    /// Files to compare with the evidence that the brief names by its SHA-256.
    pub evidence: Vec<EvidenceFile>,
    /// The tokens that the platform minted for the room.
    pub minted: Option<u64>,
}

/// A file that a reader has fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFile {
    /// Its name, for the report.
    pub name: String,
    /// Its SHA-256.
    pub sha256: Hash,
}

/// A bundle whose form is good.
struct Case {
    bundle: Bundle,
    statement: Statement,
    /// The rows; none for a void case, or if they were erased.
    rows: Option<Vec<Row>>,
    /// The public brief as JSON; none if it was erased or is no JSON.
    brief: Option<serde_json::Value>,
}

impl Case {
    fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let bundle = Bundle::parse(bytes)?;
        let statement = Statement::parse(&bundle.statement)?;
        let rows = bundle.rows.as_deref().map(parse_rows).transpose()?;
        let brief = bundle.brief.as_deref().and_then(|brief| serde_json::from_str(brief).ok());
        Ok(Self { bundle, statement, rows, brief })
    }

    /// Whether the server erased what it stored of the case.
    fn is_erased(&self) -> bool {
        self.bundle.brief.is_none() && self.bundle.rows.is_none()
    }
}

/// Checks a bundle.
///
/// # Errors
/// The bytes are no bundle, so that nothing can be checked, or those of a receipt are none.
pub fn verify(bytes: &[u8], known: &Known) -> Result<Report, Error> {
    let case = Case::parse(bytes)?;
    let receipts: Vec<Receipt> = known.receipts.iter().map(|bytes| receipts::parse(bytes)).collect::<Result<_, _>>()?;
    let mut report = Report::default();
    report.good("form", "bundle, statement and rows are read, and each has its one spelling");
    report.add("sums", recount::sums(&case));
    report.add("law", law::check(&case.statement));
    report.add("brief", texts::brief(&case));
    report.add("audit", texts::audit(&case));
    report.add("proof", log::proof(&case));
    report.add("checkpoint", log::checkpoint(&case, known.policy.as_ref()));
    report.add("witnesses", log::witnesses(&case, known.policy.as_ref()));
    report.add("rows", recount::rows(&case));
    report.add("draw", draw::check(&case));
    let opened = opened::Opened::of(&case);
    let mut seals: Option<Vec<Hash>> = None;
    if let Some(opened) = &opened {
        report.add("opening", opened.sums(&case));
        seals = Some(opened.seals.clone());
        report.add("seals", opened::seal_tree(&opened.seals, &case.statement));
    }
    if let Some(stream) = &known.seals {
        let (read, _) = stream.as_chunks::<32>();
        let is_whole = stream.len() % 32 == 0;
        let finding = if is_whole {
            opened::seal_tree(read, &case.statement)
        } else {
            Finding::failed("the stream of seals ends inside of a seal")
        };
        report.add("stream", finding);
        seals.get_or_insert_with(|| read.to_vec());
    }
    if !receipts.is_empty() {
        report.add("receipts", receipts::check(&case, known.policy.as_ref(), &receipts, seals.as_deref()));
    }
    if !known.evidence.is_empty() {
        report.add("evidence", evidence::check(&case, &known.evidence));
    }
    if let Some(minted) = known.minted {
        let ballots = case.statement.ballots;
        let finding = if ballots <= minted {
            Finding::Good(format!("{ballots} ballots, {minted} tokens"))
        } else {
            Finding::Failed(format!("{ballots} ballots are more than {minted} tokens"))
        };
        report.add("minted", finding);
    }
    Ok(report)
}
