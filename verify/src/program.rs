//! `live-jury verify`: reads files, checks them and prints the report. It never asks a server.

use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use live_jury_proof::bundle::BUNDLE_BYTES_MAX;
use live_jury_proof::note::VerifierKey;
use live_jury_proof::policy::Policy;
use live_jury_proof::sha256_of;

use crate::report::{Report, UNREADABLE};
use crate::{EvidenceFile, Known, verify};

/// The files to verify, and the keys to believe.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The bundle's file.
    pub bundle: PathBuf,
    /// The file of a policy.
    pub policy: Option<PathBuf>,
    /// The vkey of a log, in place of a policy.
    pub log: Option<String>,
    /// The file of all seals.
    pub seals: Option<PathBuf>,
    /// Files of receipts.
    pub receipts: Vec<PathBuf>,
    /// Files of evidence that somebody has fetched.
    pub evidence: Vec<PathBuf>,
    /// The tokens that the platform minted for the room.
    pub minted: Option<u64>,
    /// Whether to print JSON.
    pub json: bool,
}

/// Verifies, prints the report and returns the exit code.
///
/// # Errors
/// The report could not be printed.
pub fn run(request: &Request, out: &mut dyn Write) -> io::Result<u8> {
    let report = read(request).and_then(|(bundle, known)| verify(&bundle, &known).map_err(|error| error.to_string()));
    print(report, request.json, out)
}

/// Prints a report, or why there is none, and returns the exit code.
///
/// # Errors
/// It could not be printed.
pub fn print(report: Result<Report, String>, json: bool, out: &mut dyn Write) -> io::Result<u8> {
    match report {
        Ok(report) => {
            if json { writeln!(out, "{}", report.to_json()) } else { write!(out, "{report}") }?;
            Ok(report.exit_code())
        }
        Err(text) if json => {
            writeln!(out, "{}", serde_json::json!({ "exit": UNREADABLE, "error": text }))?;
            Ok(UNREADABLE)
        }
        Err(text) => {
            writeln!(out, "not readable: {text}")?;
            Ok(UNREADABLE)
        }
    }
}

/// The policy in a file, or that of a log's key alone; none if nothing is given.
///
/// # Errors
/// Both are given, the file cannot be read, or a text is malformed.
pub fn policy_of(file: Option<&Path>, log: Option<&str>) -> Result<Option<Policy>, String> {
    match (file, log) {
        (Some(_), Some(_)) => Err("a policy and a log's key are given, and only one is used".to_owned()),
        (Some(path), None) => {
            let text = String::from_utf8(bytes_of(path)?).map_err(|_| named(path, "is not UTF-8"))?;
            Policy::parse(&text).map(Some).map_err(|error| named(path, error))
        }
        (None, Some(vkey)) => {
            VerifierKey::parse(vkey).map(|log| Some(Policy::of_log(log))).map_err(|error| error.to_string())
        }
        (None, None) => Ok(None),
    }
}

fn read(request: &Request) -> Result<(Vec<u8>, Known), String> {
    let policy = policy_of(request.policy.as_deref(), request.log.as_deref())?;
    let seals = request.seals.as_deref().map(bytes_of).transpose()?;
    let receipts = request.receipts.iter().map(|path| bytes_of(path)).collect::<Result<_, _>>()?;
    let evidence = request.evidence.iter().map(|path| hashed(path)).collect::<Result<_, _>>()?;
    Ok((bytes_of(&request.bundle)?, Known { policy, seals, receipts, evidence, minted: request.minted }))
}

/// A file with its SHA-256. It is read piece by piece, since a film may be longer than the memory.
fn hashed(path: &Path) -> Result<EvidenceFile, String> {
    let file = fs::File::open(path).map_err(|error| named(path, error))?;
    let sha256 = sha256_of(file).map_err(|error| named(path, error))?;
    Ok(EvidenceFile { name: path.display().to_string(), sha256 })
}

/// A file's bytes. One that is longer than the longest bundle is refused, as it would fill the memory.
fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    let length = fs::metadata(path).map_err(|error| named(path, error))?.len();
    if length > BUNDLE_BYTES_MAX as u64 {
        return Err(named(path, "is longer than 64 MiB"));
    }
    fs::read(path).map_err(|error| named(path, error))
}

fn named(path: &Path, error: impl Display) -> String {
    format!("{}: {error}", path.display())
}
