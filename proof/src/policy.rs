//! The trust file of C2SP, tlog-policy: which logs to believe, and which witnesses must have signed. It contacts
//! nobody.

use crate::checkpoint::{Cosigned, SignedCheckpoint};
use crate::error::{Error, require};
use crate::note::{KeyKind, Note, VerifierKey};
use crate::text::number;

/// Limits the logs, the witnesses and the groups of a policy. C2SP asks for at least 32 of each.
const ITEMS_MAX: usize = 32;
/// Limits a policy, in bytes: 96 lines with keys and addresses, and comments.
const POLICY_BYTES_MAX: usize = 64 * 1024;

/// A name of the policy: a witness, or a group with a threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Member {
    /// The place of a witness.
    Witness(usize),
    /// The fewest members that must have signed, and the places of the members.
    Group(usize, Vec<usize>),
}

/// The logs and witnesses that a verifier believes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<VerifierKey>,
    witnesses: Vec<VerifierKey>,
    /// Witnesses and groups by name, in order of their lines.
    members: Vec<(String, Member)>,
    /// The place of the member that must have signed; none if no witness is needed.
    quorum: Option<usize>,
}

impl Policy {
    /// A policy that believes one log and needs no witness.
    #[must_use]
    pub fn of_log(log: VerifierKey) -> Self {
        Self { logs: vec![log], witnesses: Vec::new(), members: Vec::new(), quorum: None }
    }

    /// The policy of its text.
    ///
    /// # Errors
    /// The text is no policy, or beyond a limit.
    pub fn parse(text: &str) -> Result<Self, Error> {
        require(text.len() <= POLICY_BYTES_MAX, "the policy is longer than 64 KiB")?;
        let is_allowed = |byte: u8| matches!(byte, b'\t' | b'\n' | 0x20..=0x7e | 0x80..);
        require(text.bytes().all(is_allowed), "the policy has a control character")?;
        let mut policy = Self { logs: Vec::new(), witnesses: Vec::new(), members: Vec::new(), quorum: None };
        let mut has_quorum = false;
        for line in text.lines() {
            let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            match words.as_slice() {
                [] => {}
                [comment, ..] if comment.starts_with('#') => {}
                ["log", vkey] | ["log", vkey, _] => {
                    let log = VerifierKey::parse(vkey)?;
                    require(log.kind() == KeyKind::Log, "a log of the policy has a witness's key")?;
                    add(&mut policy.logs, log)?;
                }
                ["witness", name, vkey] | ["witness", name, vkey, _] => {
                    let witness = VerifierKey::parse(vkey)?;
                    require(witness.kind() == KeyKind::Witness, "a witness of the policy has a log's key")?;
                    let member = Member::Witness(policy.witnesses.len());
                    add(&mut policy.witnesses, witness)?;
                    policy.define(name, member)?;
                }
                ["group", name, threshold, members @ ..] => {
                    let group = policy.group(threshold, members)?;
                    policy.define(name, group)?;
                }
                ["quorum", name] => {
                    require(!std::mem::replace(&mut has_quorum, true), "the policy has two quorums")?;
                    policy.quorum = if *name == "none" { None } else { Some(policy.place(name)?) };
                }
                _ => return Err(Error("a line of the policy is none that C2SP describes")),
            }
        }
        require(has_quorum, "the policy has no line `quorum`")?;
        Ok(policy)
    }

    fn place(&self, name: &str) -> Result<usize, Error> {
        let place = self.members.iter().position(|(defined, _)| defined == name);
        place.ok_or(Error("the policy uses a name that no earlier line defines"))
    }

    fn define(&mut self, name: &str, member: Member) -> Result<(), Error> {
        require(name != "none" && self.place(name).is_err(), "the policy defines a name twice")?;
        self.members.push((name.to_owned(), member));
        Ok(())
    }

    fn group(&self, threshold: &str, names: &[&str]) -> Result<Member, Error> {
        let is_group = |(_, member): &&(String, Member)| matches!(member, Member::Group(..));
        require(self.members.iter().filter(is_group).count() < ITEMS_MAX, "the policy has more than 32 groups")?;
        let places: Vec<usize> = names.iter().map(|name| self.place(name)).collect::<Result<_, _>>()?;
        let groups = self.members.iter().filter_map(|(_, member)| match member {
            Member::Group(_, places) => Some(places),
            Member::Witness(_) => None,
        });
        let grouped: Vec<&usize> = groups.flatten().collect();
        let is_new = |at: usize| !grouped.contains(&&places[at]) && !places[..at].contains(&places[at]);
        require((0..places.len()).all(is_new), "a name of the policy is in a group twice")?;
        let needed = match threshold {
            "any" => Some(1),
            "all" => Some(places.len()),
            digits => number(digits).and_then(|needed| usize::try_from(needed).ok()),
        };
        let needed = needed.filter(|needed| (1..=places.len()).contains(needed));
        Ok(Member::Group(needed.ok_or(Error("a group's threshold is not from 1 to its members"))?, places))
    }

    /// The logs.
    #[must_use]
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// The witnesses.
    #[must_use]
    pub fn witnesses(&self) -> &[VerifierKey] {
        &self.witnesses
    }

    /// Whether a witness is needed at all.
    #[must_use]
    pub const fn needs_witnesses(&self) -> bool {
        self.quorum.is_some()
    }

    /// The log of the policy that signed a note.
    ///
    /// # Errors
    /// The note is malformed, or no log of the policy signed it.
    pub fn log_of(&self, note: &str) -> Result<&VerifierKey, Error> {
        let signed = Note::parse(note)?.verify(&self.logs)?;
        let log = signed.first().ok_or(Error("no log of the policy signed the checkpoint"))?;
        Ok(&self.logs[log.key])
    }

    /// Opens a checkpoint that a log of the policy signed. It does not ask for the quorum.
    ///
    /// # Errors
    /// No log of the policy signed it, or a signature of a known key is bad.
    pub fn open(&self, note: &str) -> Result<SignedCheckpoint, Error> {
        SignedCheckpoint::open(note, self.log_of(note)?, &self.witnesses)
    }

    /// Whether enough witnesses signed.
    #[must_use]
    pub fn is_quorum(&self, cosigned: &[Cosigned]) -> bool {
        let mut signed: Vec<bool> = Vec::new();
        for (_, member) in &self.members {
            signed.push(match member {
                Member::Witness(place) => cosigned.iter().any(|one| one.witness == *place),
                // A group's members stand before it.
                Member::Group(needed, places) => places.iter().filter(|place| signed[**place]).count() >= *needed,
            });
        }
        self.quorum.is_none_or(|place| signed[place])
    }
}

/// Adds a key that no other line has.
fn add(keys: &mut Vec<VerifierKey>, key: VerifierKey) -> Result<(), Error> {
    require(keys.len() < ITEMS_MAX, "the policy has more than 32 logs or witnesses")?;
    require(keys.iter().all(|other| other.key() != key.key()), "the policy has a key twice")?;
    keys.push(key);
    Ok(())
}
