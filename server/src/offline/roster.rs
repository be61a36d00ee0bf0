//! `live-jury roster`: compares the recorded ballots of a case with a list of viewer ids. It prints no id and no
//! pseudonym.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

use anyhow::{Context, bail};
use live_jury_court::Pseudonym;
use live_jury_protocol::{CaseId, limits};

use super::DatabaseSettings;
use crate::config::{self, Secret};
use crate::docket::Docket;
use crate::pseudonym::BallotKey;

/// Ballots that are read at a time.
const PART_BALLOTS: u32 = 8_192;
/// Limits a line of the list, in bytes, with its end. No token has a longer viewer id.
const LINE_BYTES_MAX: u64 = limits::SUB_BYTES_MAX as u64 + 2;

/// The settings of `roster`.
#[derive(clap::Args, Clone, Debug)]
pub struct RosterSettings {
    /// The id of the recorded case
    #[arg(long = "case", value_name = "ID")]
    pub case: CaseId,
    /// File of the viewer ids for whom the platform minted tokens, one a line
    #[arg(long, value_name = "FILE", value_parser = config::parse_path)]
    pub subs: PathBuf,
    /// The server's ballot secret
    #[arg(long, env = "LIVE_JURY_BALLOT_SECRET", hide_env_values = true)]
    pub ballot_secret: Secret,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc here would become the help's heading")]
    pub database: DatabaseSettings,
}

/// A case's ballots, compared with a list of viewer ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roster {
    /// The recorded ballots.
    pub ballots: u64,
    /// Those of somebody in the list.
    pub known: u64,
    /// The viewer ids in the list.
    pub listed: u64,
}

impl Roster {
    /// The ballots of nobody in the list.
    #[must_use]
    pub const fn of_nobody(&self) -> u64 {
        self.ballots - self.known
    }
}

impl fmt::Display for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [ballots, known, listed, nobody] = [self.ballots, self.known, self.listed, self.of_nobody()].map(grouped);
        write!(f, "{ballots} ballots, {known} of the {listed} in the list, {nobody} of nobody")
    }
}

/// A number with a comma between each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let places = digits.char_indices();
    let with_commas =
        places.map(|(at, digit)| if at > 0 && at % 3 == first { format!(",{digit}") } else { digit.into() });
    with_commas.collect()
}

/// Compares the ballots of a case with the list. The memory grows with the ballots, and not with the list.
///
/// # Errors
/// The case is not recorded or has another ballot secret, or the list or the database cannot be read.
pub async fn roster(settings: &RosterSettings) -> anyhow::Result<Roster> {
    let docket = settings.database.open().await?.docket;
    let (id, key) = (settings.case, BallotKey::new(settings.ballot_secret.bytes()));
    let Some(case) = docket.case(id).await? else {
        match docket.erased_in(id).await? {
            Some(_) => bail!("--case: case {id} was erased"),
            None => bail!("--case: there is no case {id}"),
        }
    };
    if case.state.ended().is_none() {
        bail!("--case: case {id} is {}; its ballots are not recorded yet", case.state.name().as_str());
    }
    if case.state.opened().is_some_and(|open| open.key != key.fingerprint()) {
        bail!("--ballot-secret: case {id} was opened with another one");
    }
    let ballots = jurors(&*docket, id).await?;
    let subs = File::open(&settings.subs).with_context(|| format!("--subs: {}", settings.subs.display()))?;
    let subs = BufReader::new(subs);
    tokio::task::spawn_blocking(move || compare(ballots, subs, |sub| key.pseudonym(id, sub))).await?.context("--subs")
}

/// The pseudonyms of a recorded case, none of them found yet.
async fn jurors(docket: &dyn Docket, id: CaseId) -> anyhow::Result<HashMap<Pseudonym, bool>> {
    let (mut found, mut after) = (HashMap::new(), None);
    loop {
        let part = docket.ballots_after(id, after, PART_BALLOTS).await?;
        found.extend(part.iter().map(|ballot| (ballot.juror, false)));
        after = part.last().map(|ballot| ballot.juror);
        if part.len() < PART_BALLOTS as usize {
            return Ok(found);
        }
    }
}

fn compare(
    mut ballots: HashMap<Pseudonym, bool>,
    mut subs: impl BufRead,
    pseudonym: impl Fn(&str) -> Pseudonym,
) -> anyhow::Result<Roster> {
    let (mut line, mut lines, mut listed) = (Vec::new(), 0_u64, 0);
    loop {
        line.clear();
        if subs.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        lines += 1;
        let whole = line.ends_with(b"\n") || (line.len() as u64) < LINE_BYTES_MAX;
        let sub = std::str::from_utf8(&line).ok().filter(|_| whole);
        let sub = sub.with_context(|| format!("line {lines} is no viewer id"))?.trim_end_matches(['\r', '\n']);
        if sub.is_empty() {
            continue;
        }
        listed += 1;
        if let Some(found) = ballots.get_mut(&pseudonym(sub)) {
            *found = true;
        }
    }
    let known = ballots.values().filter(|found| **found).count() as u64;
    Ok(Roster { ballots: ballots.len() as u64, known, listed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonym(sub: &str) -> Pseudonym {
        let mut bytes = [0; 16];
        let cut = sub.len().min(16);
        bytes[..cut].copy_from_slice(&sub.as_bytes()[..cut]);
        Pseudonym(bytes)
    }

    fn compared(ballots: &[&str], list: &[u8]) -> anyhow::Result<Roster> {
        compare(ballots.iter().map(|sub| (pseudonym(sub), false)).collect(), list, pseudonym)
    }

    #[test]
    fn a_ballot_of_nobody_is_found() {
        let roster = compared(&["ann", "bob", "eve"], b"ann\r\nbob\n\nbob\ncat").unwrap();
        assert_eq!(roster, Roster { ballots: 3, known: 2, listed: 4 });
        assert_eq!(roster.to_string(), "3 ballots, 2 of the 4 in the list, 1 of nobody");
        let many = Roster { ballots: 47, known: 47, listed: 61_204 };
        assert_eq!(many.to_string(), "47 ballots, 47 of the 61,204 in the list, 0 of nobody");
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_line_that_is_no_viewer_id_is_named() {
        let long = [&b"ann\n"[..], &[b'a'; 4_096]].concat();
        for list in [&long[..], b"ann\n\xff\n"] {
            let error = format!("{:#}", compared(&["ann"], list).unwrap_err());
            assert!(error.contains("line 2"), "{error}");
        }
    }
}
