//! The checks of saved files: a bundle, with receipts and the stream of seals. They need no server and no token, and do
//! not apply the rules of the case; `live-jury verify` does.

use live_jury_proof::Hash;
use live_jury_proof::bundle::{Bundle, REST_BYTES, Rest};
use live_jury_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use live_jury_proof::draw::check_draw;
use live_jury_proof::entry::Entry;
use live_jury_proof::merkle::{leaf_hash, verify_inclusion};
use live_jury_proof::note::{Note, VerifierKey};
use live_jury_proof::receipt::Receipt;
use live_jury_proof::row::{Row, parse_rows, row_tree};
use live_jury_proof::seal::{Ballot, CaseKey, seal_tree};
use live_jury_proof::sha256;
use live_jury_proof::statement::Statement;
use live_jury_proof::tlog_proof::TlogProof;

use super::{FAIL, NONE, PASS, Report, pass};

/// The receipt's vote is in the record.
const IN_RECORD: &str = "recorded";
/// The receipt is of a vote that the tally lost, and that the juror may have cast again.
const LOST_EPOCH: &str = "lost";
/// The log signed the receipt, and no list of seals was given to look it up.
const SIGNED: &str = "signed";

/// The files of a check, as their bytes. A missing one is empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Files<'f> {
    /// The bundle.
    pub bundle: &'f [u8],
    /// The vkeys of the logs to believe.
    pub keys: &'f str,
    /// The receipt.
    pub receipt: &'f [u8],
    /// The stream of all seals.
    pub seals: &'f [u8],
}

/// Checks the files, and returns a line for each step, as [`crate::check`] does.
#[must_use]
pub fn check_files(files: &Files<'_>) -> String {
    let mut report = Report(String::new());
    let keys: Vec<VerifierKey> =
        files.keys.split_whitespace().filter_map(|vkey| VerifierKey::parse(vkey).ok()).collect();
    let recorded = if files.bundle.is_empty() { None } else { Recorded::parse(files.bundle) };
    let mut seals = None;
    if !files.bundle.is_empty() {
        report.add("form", pass(recorded.is_some()));
    }
    if let Some(recorded) = &recorded {
        recorded.report(&keys, &mut report);
        seals = recorded.opened(&mut report);
        if !files.seals.is_empty() {
            let (stream, rest) = files.seals.as_chunks();
            let is_good = rest.is_empty() && recorded.has_seals(stream);
            report.add("stream", pass(is_good));
            seals = seals.or_else(|| is_good.then(|| stream.to_vec()));
        }
    }
    if !files.receipt.is_empty() {
        report.add("receipt", receipt(files.receipt, &keys, recorded.as_ref(), seals.as_deref()));
    }
    report.0
}

/// A bundle whose form is good.
struct Recorded {
    bundle: Bundle,
    statement: Statement,
    rows: Option<Vec<Row>>,
}

impl Recorded {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let bundle = Bundle::parse(bytes).ok()?;
        let statement = Statement::parse(&bundle.statement).ok()?;
        let rows = bundle.rows.as_deref().map(parse_rows).transpose().ok()?;
        Some(Self { bundle, statement, rows })
    }

    fn report(&self, keys: &[VerifierKey], report: &mut Report) {
        let is_hash = |text: &Option<String>, hash: Hash| {
            text.as_ref().map_or(NONE, |text| pass(sha256(&[text.as_bytes()]) == hash))
        };
        report.add("brief", is_hash(&self.bundle.brief, self.statement.brief));
        report.add("audit", is_hash(&self.bundle.audit, self.statement.audit.hash));
        let proof = TlogProof::parse(&self.bundle.proof).ok();
        report.add("log", pass(proof.as_ref().is_some_and(|proof| self.is_entry(proof))));
        let is_signed =
            |proof: &TlogProof| keys.iter().any(|key| SignedCheckpoint::open(&proof.checkpoint, key, &[]).is_ok());
        let signature = if keys.is_empty() { NONE } else { pass(proof.as_ref().is_some_and(is_signed)) };
        report.add("signature", signature);
        report.add("rows", self.rows());
        report.add("draw", self.draw());
    }

    /// Whether the statement is an entry of the tree of the checkpoint, whoever signed that.
    fn is_entry(&self, proof: &TlogProof) -> bool {
        let checkpoint = Note::parse(&proof.checkpoint).and_then(|note| Checkpoint::parse(&note.text));
        let entry = Entry::of_statement(&self.statement.case, &self.bundle.statement).to_text();
        checkpoint.is_ok_and(|checkpoint| {
            let tree = checkpoint.tree;
            verify_inclusion(proof.index, tree.size, leaf_hash(entry.as_bytes()), &proof.path, &tree.root)
        })
    }

    /// Whether the rows are those of the statement, and add up to its counts.
    fn rows(&self) -> &'static str {
        let (Some(bytes), Some(rows), Some(sums)) = (&self.bundle.rows, &self.rows, &self.statement.sums) else {
            // A void case has no rows, and an erased one has lost them.
            return NONE;
        };
        let mut counts = vec![0; sums.counts.len()];
        for row in rows {
            match counts.get_mut(usize::from(row.option)) {
                Some(count) => *count += 1,
                None => return FAIL,
            }
        }
        pass(self.statement.rows == Some(row_tree(bytes)) && counts == sums.counts)
    }

    /// Whether those whom the draw chose were called and counted.
    fn draw(&self) -> &'static str {
        match check_draw(&self.statement, self.rows.as_deref().unwrap_or_default()) {
            // Without rows the nonce alone was checked, which says nothing about who was called and counted.
            Ok(()) if self.statement.draw.is_none() || self.rows.is_none() => NONE,
            Ok(()) => PASS,
            Err(_) => FAIL,
        }
    }

    fn has_seals(&self, seals: &[Hash]) -> bool {
        seal_tree(seals) == Ok(self.statement.seals)
    }

    /// The seals of an auditor's bundle, made again from the secrets in it.
    fn opened(&self, report: &mut Report) -> Option<Vec<Hash>> {
        let (opening, rows) = (self.bundle.opening.as_ref()?, self.rows.as_ref()?);
        let (key, case) = (CaseKey::from_bytes(opening.key), self.statement.case);
        let (rests, _) = opening.rest.as_chunks::<REST_BYTES>();
        let seal = |(row, rest): (&Row, &[u8; REST_BYTES])| {
            let Rest { side, marks, change } = Rest::from_bytes(*rest);
            key.seal(&case, &Ballot { pseudonym: row.pseudonym, option: row.option, side, marks, change })
        };
        let mut seals: Vec<Hash> = rows.iter().zip(rests).map(seal).collect();
        seals.sort_unstable();
        let is_good = self.has_seals(&seals);
        report.add("seals", pass(is_good));
        is_good.then_some(seals)
    }
}

fn receipt(bytes: &[u8], keys: &[VerifierKey], recorded: Option<&Recorded>, seals: Option<&[Hash]>) -> &'static str {
    let Ok(receipt) = Receipt::parse(bytes) else { return FAIL };
    if keys.is_empty() {
        return NONE;
    }
    if keys.iter().all(|key| receipt.verify(key).is_err()) {
        return FAIL;
    }
    let Some(recorded) = recorded else { return SIGNED };
    let statement = &recorded.statement;
    if receipt.head.case != statement.case || receipt.head.epoch > statement.epoch {
        return "foreign";
    }
    if receipt.head.epoch < statement.epoch {
        return LOST_EPOCH;
    }
    match seals {
        None => SIGNED,
        Some(seals) if seals.binary_search(&receipt.seal).is_ok() => IN_RECORD,
        // Only the brief is in the log, and no flag of the receipt.
        Some(_) if recorded.bundle.brief.as_deref().is_some_and(|brief| brief.contains("\"allow_change\":true")) => {
            "replaced"
        }
        Some(_) => "absent",
    }
}
