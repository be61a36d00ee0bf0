//! A statement as text.

use std::fmt::{self, Write as _};

use super::{Cohort, LossFound, Outcome, Raid, SealedBy, StatedOption, Statement, Sums};
use crate::error::{Error, require};
use crate::merkle::Tree;
use crate::text::{base64, hex, uuid};

/// Counts by option with a space before each.
struct ByOption<'c>(&'c [u64]);

impl fmt::Display for ByOption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|count| write!(f, " {count}"))
    }
}

impl SealedBy {
    /// All causes.
    pub(super) const ALL: [SealedBy; 4] = [SealedBy::Deadline, SealedBy::Moderator, SealedBy::Settled, SealedBy::Void];

    /// The name in a statement.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            SealedBy::Deadline => "deadline",
            SealedBy::Moderator => "moderator",
            SealedBy::Settled => "settled",
            SealedBy::Void => "void",
        }
    }
}

impl Statement {
    /// The statement's text.
    ///
    /// # Errors
    /// A value is beyond its limit, or a line is there that does not apply, or one is missing that applies.
    pub fn to_text(&self) -> Result<String, Error> {
        self.check()?;
        let mut text = String::new();
        // A `String` takes every text.
        self.write(&mut text).map_err(|_| Error("the statement could not be written"))?;
        require(text.len() <= super::STATEMENT_BYTES_MAX, "the statement is longer than 4,096 bytes")?;
        Ok(text)
    }

    fn write(&self, to: &mut String) -> fmt::Result {
        writeln!(
            to,
            "live-jury/verdict/v1\ncase {}\nroom {}\nbrief {}",
            uuid(&self.case),
            self.room,
            hex(&self.brief)
        )?;
        if let Some(recused) = &self.recused {
            writeln!(to, "recused {} {}", recused.count, hex(&recused.hash))?;
        }
        writeln!(to, "opened {}\nsealed {} {}", self.opened_ms, self.sealed_ms, self.sealed_by.as_str())?;
        writeln!(to, "extended {}\nepoch {}", self.extended_s, self.epoch)?;
        if let Some(lost) = &self.lost {
            let found = match lost.found {
                None => "",
                Some(LossFound::Late) => " late",
                Some(LossFound::Gone) => " gone",
            };
            writeln!(to, "lost {} {}{found}", lost.ballots, lost.share)?;
        }
        writeln!(to, "audit {} {}\nkey {}", self.audit.lines, hex(&self.audit.hash), hex(&self.key))?;
        to.push_str("options");
        for option in &self.options {
            write!(to, " {}{}", option.id, if option.abstains { "~" } else { "" })?;
        }
        to.push('\n');
        self.write_rule(to)?;
        self.write_draw(to)?;
        writeln!(to, "outcome {}\nballots {}", self.outcome.words(&self.options), self.ballots)?;
        if let Some(sums) = &self.sums {
            write_sums(sums, to)?;
        }
        write_tree("seals", &self.seals, to)?;
        if let Some(rows) = &self.rows {
            write_tree("rows", rows, to)?;
        }
        if let Some(appeal) = &self.appeal_of {
            writeln!(to, "appeal-of {} {}", uuid(&appeal.case), appeal.index)?;
        }
        Ok(())
    }

    fn write_rule(&self, to: &mut String) -> fmt::Result {
        let rule = &self.rule;
        write!(to, "rule quorum={} threshold={}", rule.quorum, rule.threshold)?;
        if rule.band > 0 {
            write!(to, " band={}", rule.band)?;
        }
        if rule.balanced {
            to.push_str(" balanced=1");
        }
        if let Some(sides) = &rule.sides {
            write!(to, " sides={}:{}", sides.min_per_side, sides.threshold)?;
        }
        if let Some(panel) = &rule.panel {
            let [buyer, merchant, other] = panel.seats;
            write!(to, " panel={buyer},{merchant},{other}:{}", panel.call)?;
        }
        to.push_str(match rule.raid {
            Raid::Off => "\n",
            Raid::Show => " raid=show\n",
            Raid::Hang => " raid=hang\n",
        });
        Ok(())
    }

    fn write_draw(&self, to: &mut String) -> fmt::Result {
        if let Some(draw) = &self.draw {
            writeln!(to, "draw {} {}", hex(&draw.commitment), hex(&draw.nonce))?;
        }
        if let Some(beacon) = &self.beacon {
            let signature = beacon.signature.as_deref().map_or_else(|| "-".to_owned(), hex);
            writeln!(to, "beacon {} {} {signature}", hex(&beacon.chain), beacon.round)?;
        }
        for called in &self.called {
            let (stratum, last) = (called.stratum.as_str(), hex(&called.last_ticket.to_be_bytes()));
            writeln!(to, "called {stratum} {} {} {last}", called.seats, called.called)?;
        }
        Ok(())
    }
}

impl Outcome {
    /// The words after `outcome` in the statement of a case with these options.
    #[must_use]
    pub fn words(self, options: &[StatedOption]) -> String {
        let (name, why) = match self {
            Outcome::Decided(place) => {
                let option = options.get(place).map_or("", |option| option.id.as_str());
                return format!("decided {option}");
            }
            Outcome::Hung(why) => ("hung", why.map(super::Why::as_str)),
            Outcome::NoQuorum(why) => ("no_quorum", why.map(super::Why::as_str)),
            Outcome::VoidByModerator => ("void", Some("moderator")),
            Outcome::TallyLost => ("void", Some("tally_lost")),
        };
        format!("{name} -{}", why.map(|why| format!(" {why}")).unwrap_or_default())
    }
}

fn write_sums(sums: &Sums, to: &mut String) -> fmt::Result {
    writeln!(to, "counts{}", ByOption(&sums.counts))?;
    for panel in &sums.panel {
        let counts = ByOption(panel.counts.as_deref().unwrap_or_default());
        writeln!(to, "panel {} {}{counts}", panel.stratum.as_str(), panel.counted)?;
    }
    if let Some([buyers, merchants]) = sums.sides {
        writeln!(to, "sides {buyers} {merchants}")?;
    }
    if let Some([buyer, merchant]) = &sums.side {
        writeln!(to, "side buyer{}\nside merchant{}", ByOption(buyer), ByOption(merchant))?;
    }
    for (name, cohort) in [("present", &sums.present), ("older", &sums.older)] {
        if let Some(Cohort { counts, e }) = cohort {
            writeln!(to, "{name}{} e {e}", ByOption(counts))?;
        }
    }
    if let Some(informed) = &sums.informed {
        writeln!(to, "informed{}", ByOption(informed))?;
    }
    sums.reasons.iter().try_for_each(|(reason, counts)| writeln!(to, "reason {reason}{}", ByOption(counts)))
}

fn write_tree(name: &str, tree: &Tree, to: &mut String) -> fmt::Result {
    writeln!(to, "{name} {} {}", tree.size, base64(&tree.root))
}
