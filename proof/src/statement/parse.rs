//! A statement read from its text. A text that does not rebuild byte for byte is refused.

use super::{
    AppealOf, Audit, Beacon, Called, Cohort, Counts, Draw, LossFound, Lost, Outcome, PanelRule, PanelSum, Raid,
    Recused, Rule, STATEMENT_BYTES_MAX, SealedBy, StatedOption, Statement, Sums, TwoSided, Why,
};
use crate::error::{Error, require};
use crate::merkle::Tree;
use crate::row::Stratum;
use crate::text::{array_from_hex, from_hex, from_uuid, hash_from_base64, number, signed_number};

/// The lines that are not read yet.
struct Lines<'t>(std::iter::Peekable<std::str::Split<'t, char>>);

impl<'t> Lines<'t> {
    /// The words after `name` of the next line, if it begins with that word.
    fn next_if(&mut self, name: &str) -> Option<Vec<&'t str>> {
        let line = self.0.next_if(|line| line.split(' ').next() == Some(name))?;
        Some(line.split(' ').skip(1).collect())
    }

    /// The words after `name` of the next line, as many as `N`.
    fn words<const N: usize>(&mut self, name: &str) -> Option<[&'t str; N]> {
        self.next_if(name)?.try_into().ok()
    }

    /// The content of a line that may be missing. `Some(None)`: it is missing. `None`: it is malformed.
    fn optional<T>(&mut self, name: &str, read: impl Fn(&[&'t str]) -> Option<T>) -> Option<Option<T>> {
        match self.next_if(name) {
            None => Some(None),
            Some(words) => read(&words).map(Some),
        }
    }

    /// The content of each line of this name.
    fn all<T>(&mut self, name: &str, read: impl Fn(&[&'t str]) -> Option<T>) -> Option<Vec<T>> {
        let mut found = Vec::new();
        while let Some(words) = self.next_if(name) {
            found.push(read(&words)?);
        }
        Some(found)
    }
}

impl Statement {
    /// The statement of its text.
    ///
    /// # Errors
    /// The text is no statement.
    pub fn parse(text: &str) -> Result<Self, Error> {
        require(text.len() <= STATEMENT_BYTES_MAX, "the statement is longer than 4,096 bytes")?;
        let statement = read(text).ok_or(Error("a line of the statement is malformed, missing or not in its place"))?;
        require(statement.to_text()? == text, "the statement has a value in another spelling")?;
        Ok(statement)
    }
}

fn read(text: &str) -> Option<Statement> {
    let mut lines = Lines(text.strip_suffix('\n')?.split('\n').peekable());
    lines.words::<0>("live-jury/verdict/v1")?;
    let case = lines.words("case").and_then(|[case]| from_uuid(case))?;
    let [room] = lines.words("room")?;
    let brief = lines.words("brief").and_then(|[hash]| array_from_hex(hash))?;
    let recused = lines.optional("recused", |words| match words {
        [count, hash] => Some(Recused { count: number(count)?, hash: array_from_hex(hash)? }),
        _ => None,
    })?;
    let opened_ms = lines.words("opened").and_then(|[time]| number(time))?;
    let [sealed_ms, sealed_by] = lines.words("sealed")?;
    let sealed_by = SealedBy::ALL.into_iter().find(|by| by.as_str() == sealed_by)?;
    let extended_s = lines.words("extended").and_then(|[seconds]| number(seconds))?;
    let epoch = lines.words("epoch").and_then(|[epoch]| number(epoch))?;
    let lost = lines.optional("lost", read_lost)?;
    let [audit_lines, audit_hash] = lines.words("audit")?;
    let audit = Audit { lines: number(audit_lines)?, hash: array_from_hex(audit_hash)? };
    let key = lines.words("key").and_then(|[key]| array_from_hex(key))?;
    let options: Vec<StatedOption> = lines.next_if("options")?.into_iter().map(read_option).collect();
    let rule = read_rule(&lines.next_if("rule")?)?;
    let draw = lines.optional("draw", |words| match words {
        [commitment, nonce] => Some(Draw { commitment: array_from_hex(commitment)?, nonce: array_from_hex(nonce)? }),
        _ => None,
    })?;
    let beacon = lines.optional("beacon", read_beacon)?;
    let called = lines.all("called", read_called)?;
    let outcome = read_outcome(&lines.next_if("outcome")?, &options)?;
    let ballots = lines.words("ballots").and_then(|[ballots]| number(ballots))?;
    let sums = match lines.next_if("counts") {
        None => None,
        Some(counts) => Some(read_sums(read_counts(&counts)?, &mut lines)?),
    };
    let seals = read_tree(lines.words("seals")?)?;
    let rows = lines.optional("rows", |words| read_tree(words.try_into().ok()?))?;
    let appeal_of = lines.optional("appeal-of", |words| match words {
        [case, index] => Some(AppealOf { case: from_uuid(case)?, index: number(index)? }),
        _ => None,
    })?;
    let is_whole = lines.0.next().is_none();
    is_whole.then_some(Statement {
        case,
        room: room.to_owned(),
        brief,
        recused,
        opened_ms,
        sealed_ms: number(sealed_ms)?,
        sealed_by,
        extended_s,
        epoch,
        lost,
        audit,
        key,
        options,
        rule,
        draw,
        beacon,
        called,
        outcome,
        ballots,
        sums,
        seals,
        rows,
        appeal_of,
    })
}

fn read_lost(words: &[&str]) -> Option<Lost> {
    let (ballots, share, found) = match words {
        [ballots, share] => (ballots, share, None),
        [ballots, share, "late"] => (ballots, share, Some(LossFound::Late)),
        [ballots, share, "gone"] => (ballots, share, Some(LossFound::Gone)),
        _ => return None,
    };
    Some(Lost { ballots: number(ballots)?, share: small(share)?, found })
}

fn read_option(word: &str) -> StatedOption {
    let id = word.strip_suffix('~');
    StatedOption { id: id.unwrap_or(word).to_owned(), abstains: id.is_some() }
}

/// A number of 32 bits.
fn small(text: &str) -> Option<u32> {
    number(text)?.try_into().ok()
}

fn read_rule(words: &[&str]) -> Option<Rule> {
    let mut words = words.iter().copied().peekable();
    let mut value = |name: &str| {
        let word = words.next_if(|word| word.split('=').next() == Some(name))?;
        word.split_once('=').map(|(_, value)| value)
    };
    let (quorum, threshold) = (number(value("quorum")?)?, small(value("threshold")?)?);
    let band = value("band").map_or(Some(0), small)?;
    let balanced = match value("balanced") {
        None => false,
        Some("1") => true,
        Some(_) => return None,
    };
    let sides = match value("sides") {
        None => None,
        Some(sides) => {
            let (min_per_side, threshold) = sides.split_once(':')?;
            Some(TwoSided { min_per_side: number(min_per_side)?, threshold: small(threshold)? })
        }
    };
    let panel = match value("panel") {
        None => None,
        Some(panel) => {
            let (seats, call) = panel.split_once(':')?;
            let seats: Vec<u64> = seats.split(',').map(number).collect::<Option<_>>()?;
            Some(PanelRule { seats: seats.try_into().ok()?, call: number(call)? })
        }
    };
    let raid = match value("raid") {
        None => Raid::Off,
        Some("show") => Raid::Show,
        Some("hang") => Raid::Hang,
        Some(_) => return None,
    };
    words.next().is_none().then_some(Rule { quorum, threshold, band, balanced, sides, panel, raid })
}

fn read_beacon(words: &[&str]) -> Option<Beacon> {
    let [chain, round, signature] = words else { return None };
    let signature = if *signature == "-" { None } else { Some(from_hex(signature)?) };
    Some(Beacon { chain: array_from_hex(chain)?, round: number(round)?, signature })
}

fn stratum(name: &str) -> Option<Stratum> {
    Stratum::ALL.into_iter().find(|stratum| stratum.as_str() == name)
}

fn read_called(words: &[&str]) -> Option<Called> {
    let [name, seats, called, last] = words else { return None };
    let last_ticket = u64::from_be_bytes(array_from_hex(last)?);
    Some(Called { stratum: stratum(name)?, seats: number(seats)?, called: number(called)?, last_ticket })
}

fn read_outcome(words: &[&str], options: &[StatedOption]) -> Option<Outcome> {
    let why = |among: &[Why], name: &str| among.iter().copied().find(|why| why.as_str() == name);
    Some(match words {
        ["decided", id] => Outcome::Decided(options.iter().position(|option| option.id == *id)?),
        ["hung", "-"] => Outcome::Hung(None),
        ["hung", "-", name] => Outcome::Hung(Some(why(&Why::HUNG, name)?)),
        ["no_quorum", "-"] => Outcome::NoQuorum(None),
        ["no_quorum", "-", name] => Outcome::NoQuorum(Some(why(&Why::NO_QUORUM, name)?)),
        ["void", "-", "moderator"] => Outcome::VoidByModerator,
        ["void", "-", "tally_lost"] => Outcome::TallyLost,
        _ => return None,
    })
}

fn read_counts(words: &[&str]) -> Option<Counts> {
    words.iter().map(|word| number(word)).collect()
}

fn read_cohort(words: &[&str]) -> Option<Cohort> {
    let [counts @ .., "e", e] = words else { return None };
    Some(Cohort { counts: read_counts(counts)?, e: signed_number(e)? })
}

fn read_sums(counts: Counts, lines: &mut Lines<'_>) -> Option<Sums> {
    let panel = lines.all("panel", |words| {
        let [name, counted, counts @ ..] = words else { return None };
        let counts = if counts.is_empty() { None } else { Some(read_counts(counts)?) };
        Some(PanelSum { stratum: stratum(name)?, counted: number(counted)?, counts })
    })?;
    let sides = lines.optional("sides", |words| read_counts(words)?.try_into().ok())?;
    let mut side = lines
        .all("side", |words| words.split_first().and_then(|(name, counts)| Some((*name, read_counts(counts)?))))?;
    let side = match (side.pop(), side.pop(), side.pop()) {
        (None, None, None) => None,
        (Some(("merchant", merchant)), Some(("buyer", buyer)), None) => Some([buyer, merchant]),
        _ => return None,
    };
    let present = lines.optional("present", read_cohort)?;
    let older = lines.optional("older", read_cohort)?;
    let informed = lines.optional("informed", read_counts)?;
    let reasons = lines.all("reason", |words| {
        let (reason, counts) = words.split_first()?;
        Some((u8::try_from(number(reason)?).ok()?, read_counts(counts)?))
    })?;
    Some(Sums { counts, panel, sides, side, present, older, informed, reasons })
}

fn read_tree([size, root]: [&str; 2]) -> Option<Tree> {
    Some(Tree { size: number(size)?, root: hash_from_base64(root)? })
}
