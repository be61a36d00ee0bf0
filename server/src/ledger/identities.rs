//! Applications in the ledger, and the keyed tokens of identities. No value of an applicant reaches this part.

mod lists;
pub(super) mod rows;
pub(super) mod steps;
pub(super) mod tokens;
pub(super) mod weights;

use std::collections::BTreeMap;

use async_trait::async_trait;
use live_jury_trust::Party;
use live_jury_trust::identity::Group;
use live_jury_trust::identity::decide::Decision;
use live_jury_trust::identity::kept::Kept;
use live_jury_trust::identity::token::{Digest, Tokens};
use live_jury_trust::identity::weigh::Compared;
use live_jury_trust::identity::weights::Levels;
use live_jury_trust::policy::Policy;
use uuid::Uuid;

pub use self::rows::{ApplicationRow, ApplicationState, Reason};
pub use self::weights::{DecidedPair, FiledWeights};
use super::standing::{By, Page, StandingDb, StandingError};
use crate::sql::query::Db;

/// The rows of one call that moves what is due. On SQLite ballots wait for its one writer.
const ROWS_AT_ONCE: i64 = 500;

/// The statements and calls of a dialect's store.
pub(super) mod store {
    pub(in crate::ledger) use super::{
        ApplicationRow, ApplicationStore, DecideApplicationBy, FileApplication, FiledWeights, Matches,
        calls as identities, implement_application_store,
    };
    pub(in crate::ledger) use live_jury_trust::identity::kept::Kept;
    pub(in crate::ledger) use live_jury_trust::identity::token::Tokens;
    pub(in crate::ledger) use live_jury_trust::policy::Policy;
}

/// The calls of a store, each in a transaction or on a connection of its caller.
pub(super) mod calls {
    pub(in crate::ledger) use super::lists::{application, application_of, applications};
    pub(in crate::ledger) use super::steps::{decide, file, move_due};
    pub(in crate::ledger) use super::tokens::{matches, put};
    pub(in crate::ledger) use super::weights::filed;
}

/// The statements that take a list, which each dialect reads from JSON in its own way.
pub(super) trait ApplicationDb: Db {
    /// `$1` tokens in hexadecimal digits, `$2` the most holders of a token and one more, `$3` own kind, `$4` own party.
    const CANDIDATES: &'static str;
    /// `$1` pairs of a kind and a party, `$2` tokens: a row for each, with the list of its whole values and of those of
    /// the tokens that it has. Its other parts compare with nothing, and there are many.
    const HELD: &'static str;
    /// The number of parties whose tokens are kept.
    const PARTIES: &'static str;
    /// `$1` tokens, `$2` own kind, `$3` own party.
    const HOLDERS: &'static str;
    /// `$1` tokens, `$2` the time since which, `$3` own kind, `$4` own party: other applications that hold one of them.
    const SHARED: &'static str;
    /// `$1` rows of a token, field, whole, key, `$2` kind, `$3` party.
    const INSERT_TOKENS: &'static str;
    /// `$1` pairs of a kind and a party: their logos.
    const LOGOS: &'static str;
    /// `$1` pairs of a kind and a party, `$2` a key's id: their tokens under that key.
    const HELD_UNDER: &'static str;
    /// `$1` day, `$2` rows of a field and its five probabilities.
    const INSERT_WEIGHTS: &'static str;
}

/// Applications and tokens. Each call is one transaction.
#[async_trait]
pub trait ApplicationStore: Send + Sync {
    /// Compares an identity with those of banned parties that share a rare token, and counts other applications that
    /// share an account or a device since a time.
    async fn matches(&self, party: &Party, tokens: &Tokens, since_ms: u64) -> Result<Matches, StandingError>;

    /// Files an application with its tokens. A repeat with the same fields files nothing and returns the first one's.
    async fn file_application(&self, new: &FileApplication, now_ms: u64) -> Result<ApplicationRow, StandingError>;

    /// Takes the identity of a known party in the place of its earlier one. An application with it queues for people.
    async fn put_identity(
        &self,
        party: &Party,
        identity: &Kept,
        hit: Option<&FileApplication>,
        now_ms: u64,
    ) -> Result<(), StandingError>;

    /// Takes a moderator's decision on an application that waits.
    async fn decide_application(
        &self,
        decision: &DecideApplicationBy,
        policy: &Policy,
        now_ms: u64,
    ) -> Result<ApplicationRow, StandingError>;

    /// Moves applications whose time has come, and deletes tokens that are kept no longer. Returns the number of both.
    async fn move_applications(&self, policy: &Policy, now_ms: u64) -> Result<u64, StandingError>;

    /// Reads an application.
    async fn application(&self, id: Uuid) -> Result<Option<ApplicationRow>, StandingError>;

    /// Reads the application of a party.
    async fn application_of(&self, party: &Party) -> Result<Option<ApplicationRow>, StandingError>;

    /// Lists applications, the newest first.
    async fn applications(&self, page: &Page<'_>) -> Result<Vec<ApplicationRow>, StandingError>;

    /// Reads the probabilities by which applications are weighed now.
    async fn weights(&self) -> Result<FiledWeights, StandingError>;
}

/// The parties and applications with which an identity has something in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matches {
    /// The banned parties that share a rare token.
    pub candidates: Vec<Candidate>,
    /// The other applications since a time that share an account or a device, by group.
    pub shared: BTreeMap<Group, u64>,
}

/// A banned party that shares a rare token.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The time of the ban, in Unix milliseconds.
    pub closed_at_ms: u64,
    /// The comparison.
    pub compared: Compared,
}

/// An application to file.
#[derive(Clone, Debug)]
pub struct FileApplication {
    /// The applicant.
    pub party: Party,
    /// Whether it is a later look at a known party.
    pub again: bool,
    /// The category of its goods.
    pub category: Option<String>,
    /// The digest of its fields under each key; the first is written.
    pub digests: Vec<Digest>,
    /// The decision.
    pub decision: Decision,
    /// The reasons.
    pub reasons: Vec<Reason>,
    /// The levels against the candidate of the decision; empty without one.
    pub levels: Levels,
    /// The identity under the first key.
    pub identity: Kept,
    /// The policy that an applicant breaks who comes back.
    pub policy: Policy,
    /// The platform.
    pub by: By,
}

/// A moderator's decision on an application.
#[derive(Clone, Debug)]
pub struct DecideApplicationBy {
    /// The application.
    pub id: Uuid,
    /// The state that it gets: passed, probation or refused.
    pub state: ApplicationState,
    /// The moderator.
    pub by: String,
    /// The words.
    pub words: String,
    /// The version in `If-Match`, if the request has one.
    pub version: Option<u64>,
}

/// A connection that files applications.
pub(super) trait EntryDb: StandingDb + ApplicationDb {}

impl<D: StandingDb + ApplicationDb> EntryDb for D {}

/// The store of one dialect. Its `write` runs a transaction, and its `read` borrows a connection for reads.
macro_rules! implement_application_store {
    ($store:ty, $connection:ty) => {
        #[async_trait]
        impl ApplicationStore for $store {
            async fn matches(&self, party: &Party, tokens: &Tokens, since_ms: u64) -> Result<Matches, StandingError> {
                self.read(async |db: &mut $connection| identities::matches(db, party, tokens, since_ms).await).await
            }

            async fn file_application(
                &self,
                new: &FileApplication,
                now_ms: u64,
            ) -> Result<ApplicationRow, StandingError> {
                self.write(async |db: &mut $connection| identities::file(db, new, now_ms).await).await
            }

            async fn put_identity(
                &self,
                party: &Party,
                identity: &Kept,
                hit: Option<&FileApplication>,
                now_ms: u64,
            ) -> Result<(), StandingError> {
                self.write(async |db: &mut $connection| identities::put(db, party, identity, hit, now_ms).await).await
            }

            async fn decide_application(
                &self,
                decision: &DecideApplicationBy,
                policy: &Policy,
                now_ms: u64,
            ) -> Result<ApplicationRow, StandingError> {
                self.write(async |db: &mut $connection| identities::decide(db, decision, policy, now_ms).await).await
            }

            async fn move_applications(&self, policy: &Policy, now_ms: u64) -> Result<u64, StandingError> {
                self.write(async |db: &mut $connection| identities::move_due(db, policy, now_ms).await).await
            }

            async fn application(&self, id: Uuid) -> Result<Option<ApplicationRow>, StandingError> {
                self.read(async |db: &mut $connection| identities::application(db, id).await).await
            }

            async fn application_of(&self, party: &Party) -> Result<Option<ApplicationRow>, StandingError> {
                self.read(async |db: &mut $connection| identities::application_of(db, party).await).await
            }

            async fn applications(&self, page: &Page<'_>) -> Result<Vec<ApplicationRow>, StandingError> {
                self.read(async |db: &mut $connection| identities::applications(db, page).await).await
            }

            async fn weights(&self) -> Result<FiledWeights, StandingError> {
                self.read(async |db: &mut $connection| Ok(identities::filed(db).await?)).await
            }
        }
    };
}
pub(in crate::ledger) use implement_application_store;
