//! The comparisons of a ledger, held against a model that keeps every token and counts by hand: after any steps both
//! have the same candidates, levels, weights and sharers, to the bit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use live_jury_server::authorities::Authorities;
use live_jury_server::docket::PostgresDocket;
use live_jury_server::ledger::forget::ForgetStore;
use live_jury_server::ledger::identities::{Candidate, FileApplication, Matches};
use live_jury_server::ledger::standing::{Ban, By, FileViolation};
use live_jury_server::ledger::{PostgresTrust, SqliteTrust, TrustLedger};
use live_jury_server::sqlite::Sqlite;
use live_jury_tests::postgres::Postgres;
use live_jury_trust::identity::Group;
use live_jury_trust::identity::decide::{Decision, SHARED_WITHIN_MS, SHARERS_MAX, TOKENS_KEPT_MS};
use live_jury_trust::identity::kept::Kept;
use live_jury_trust::identity::token::{Fields, IdentityKey, Stored, Token, Tokens};
use live_jury_trust::identity::weigh::{Held, Holders, compare};
use live_jury_trust::identity::weights::{Levels, Weights};
use live_jury_trust::policy::TrustFile;
use live_jury_trust::{DAY_MS, Party};

use super::{WORDS, fields, key, policy};
use crate::docket::builders::NOW_MS;

/// Parties with one device, so that a token has more holders than may share it.
const CROWD: usize = 58;
const STEPS: usize = 120;
/// The steps between two comparisons.
const COMPARED_EACH: usize = 4;
const SEEDS: [u64; 2] = [1, 2];

trait Ledger: TrustLedger + ForgetStore {}

impl<L: TrustLedger + ForgetStore> Ledger for L {}

struct Fixture {
    ledger: Arc<dyn Ledger>,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = Sqlite::open(&folder.path().join("jury.db")).await.unwrap();
        Self { ledger: Arc::new(SqliteTrust::new(file)), _folder: Some(folder) }
    }

    async fn postgres() -> Self {
        let url = Postgres::database();
        PostgresDocket::connect(&url, 1).await.unwrap();
        Self { ledger: Arc::new(PostgresTrust::open(&url, &Authorities::system()).unwrap()), _folder: None }
    }
}

on_each_dialect! {
    any_steps_leave_what_a_model_has
}

/// What the model keeps of a party.
#[derive(Clone, Debug)]
struct Known {
    tokens: Vec<Stored>,
    at_ms: u64,
    banned_at_ms: Option<u64>,
    kept_until_ms: Option<u64>,
}

#[derive(Debug, Default)]
struct Model {
    known: BTreeMap<String, Known>,
    banned: BTreeMap<String, u64>,
}

impl Model {
    fn keep(&mut self, id: &str, kept: &Kept, now_ms: u64) {
        let banned_at_ms = self.banned.get(id).copied();
        // A later identity keeps the time of the first one.
        let at_ms = self.known.get(id).map_or(now_ms, |known| known.at_ms);
        let kept_until_ms = banned_at_ms.is_none().then_some(now_ms + TOKENS_KEPT_MS);
        let known = Known { tokens: kept.tokens.clone(), at_ms, banned_at_ms, kept_until_ms };
        self.known.insert(id.to_owned(), known);
    }

    fn ban(&mut self, id: &str, now_ms: u64) {
        self.banned.insert(id.to_owned(), now_ms);
        if let Some(known) = self.known.get_mut(id) {
            (known.banned_at_ms, known.kept_until_ms) = (Some(now_ms), None);
        }
    }

    fn holders<'m>(&'m self, token: &Token, whole: bool) -> BTreeSet<&'m str> {
        let holds = |known: &Known| known.tokens.iter().any(|one| one.token == *token && (one.whole || !whole));
        self.known.iter().filter(|(_, known)| holds(known)).map(|(id, _)| id.as_str()).collect()
    }

    fn matches(&self, id: &str, own: &Tokens, since_ms: u64) -> Matches {
        let mut met = BTreeSet::new();
        for token in own.looked_up() {
            let holders = self.holders(&token, false);
            if holders.len() as u64 <= SHARERS_MAX {
                met.extend(holders);
            }
        }
        let closed: Vec<(&Known, u64)> = met
            .iter()
            .filter(|other| **other != id)
            .filter_map(|other| self.known.get(*other).and_then(|known| Some((known, known.banned_at_ms?))))
            .collect();
        let values: BTreeSet<Token> = own.fields.values().flat_map(|of| of.values.iter().flatten().copied()).collect();
        let others = |token: &Token| self.holders(token, true).into_iter().filter(|other| *other != id).count() as u64;
        let has = |token: &Token| {
            closed.iter().any(|(known, _)| known.tokens.iter().any(|one| one.whole && one.token == *token))
        };
        let both: BTreeMap<Token, u64> =
            values.iter().filter(|&token| has(token)).map(|token| (*token, others(token))).collect();
        let parties = if both.is_empty() { 0 } else { self.known.len() as u64 };
        let all = Holders { parties, of: both };
        let candidate = |(known, closed_at_ms): &(&Known, u64)| {
            let held: Held = known.tokens.iter().copied().collect();
            Candidate { closed_at_ms: *closed_at_ms, compared: compare(own, &held, &all, &Weights::default()) }
        };
        let candidates = closed.iter().map(candidate).collect();
        Matches { candidates, shared: self.shared(id, own, since_ms) }
    }

    fn shared(&self, id: &str, own: &Tokens, since_ms: u64) -> BTreeMap<Group, u64> {
        let mut shared = BTreeMap::new();
        for (field, of) in &own.fields {
            let group = field.group();
            let tokens: BTreeSet<&Token> = of.values.iter().flatten().collect();
            let holds = |known: &Known| known.tokens.iter().any(|one| one.whole && tokens.contains(&one.token));
            let counts = |(other, known): &(&String, &Known)| {
                *other != id && known.at_ms >= since_ms && known.banned_at_ms.is_none() && holds(known)
            };
            let others = self.known.iter().filter(counts).count() as u64;
            if matches!(group, Group::Money | Group::Kit) && others > 0 {
                shared.insert(group, others);
            }
        }
        shared
    }
}

/// A person out of few, so that many have something in common.
fn person(rng: &mut fastrand::Rng) -> Fields {
    let given = ["Xiaoming", "Xiaomin", "Dawei", "Wang", "Lena"][rng.usize(..5)];
    let family = ["Wang", "Xiaoming", "Li", "Zhao", "Wong"][rng.usize(..5)];
    let date = format!("19{}-0{}-1{}", rng.u32(88..91), rng.u32(1..4), rng.u32(0..3));
    let account = format!("62220202000012345{:02}", rng.u32(0..30));
    let device = if rng.u32(..3) == 0 { "kiosk".to_owned() } else { format!("device-{}", rng.u32(0..40)) };
    let values = [("given_name", given), ("family_name", family), ("birth_date", date.as_str())];
    let all = [("payout_account", account.as_str()), ("device", device.as_str())];
    let given: Vec<_> = values.into_iter().chain(all).filter(|_| rng.u32(..8) > 0).collect();
    if given.is_empty() { fields(&all) } else { fields(&given) }
}

async fn any_steps_leave_what_a_model_has(fixture: Fixture) {
    for seed in SEEDS {
        let mut run = Run { fixture: &fixture, model: Model::default(), ids: Vec::new(), now_ms: NOW_MS, seed };
        run.steps().await;
        // The next seed begins with an empty store.
        for id in std::mem::take(&mut run.ids) {
            if run.model.banned.contains_key(&id) {
                run.unban(&id).await;
            }
            run.forget(&id).await;
        }
        run.compare(&mut fastrand::Rng::with_seed(seed)).await;
        assert!(run.model.known.is_empty());
    }
}

struct Run<'f> {
    fixture: &'f Fixture,
    model: Model,
    ids: Vec<String>,
    now_ms: u64,
    seed: u64,
}

impl Run<'_> {
    async fn steps(&mut self) {
        let mut rng = fastrand::Rng::with_seed(self.seed);
        for _ in 0..CROWD {
            self.apply(&fields(&[("device", "kiosk")]), &[key(1)]).await;
        }
        let mut keys = vec![key(1)];
        for step in 0..STEPS {
            self.now_ms += rng.u64(1..DAY_MS);
            if step == STEPS / 2 {
                keys.insert(0, key(2));
            }
            let id = self.ids[rng.usize(..self.ids.len())].clone();
            match rng.u32(..10) {
                0..=3 => self.apply(&person(&mut rng), &keys).await,
                4 => self.put(&id, &person(&mut rng), &keys).await,
                5 | 6 if !self.model.banned.contains_key(&id) => self.ban(&id).await,
                7 if self.model.banned.contains_key(&id) => self.unban(&id).await,
                8 => self.expire().await,
                9 => self.forget(&id).await,
                _ => {}
            }
            if step % COMPARED_EACH == 0 {
                self.compare(&mut rng).await;
            }
        }
    }

    async fn apply(&mut self, fields: &Fields, keys: &[IdentityKey]) {
        let id = format!("p{}-{}", self.seed, self.ids.len());
        let kept = Kept::of(fields, &keys[0]).unwrap();
        let new = FileApplication {
            party: Party::merchant(&id),
            again: false,
            category: None,
            digests: keys.iter().map(|key| key.digest(fields)).collect(),
            reasons: Vec::new(),
            levels: Levels::default(),
            decision: Decision::default(),
            identity: kept.clone(),
            policy: policy(),
            by: By::platform("shop-system"),
        };
        self.fixture.ledger.file_application(&new, self.now_ms).await.unwrap();
        self.model.keep(&id, &kept, self.now_ms);
        self.ids.push(id);
    }

    async fn put(&mut self, id: &str, fields: &Fields, keys: &[IdentityKey]) {
        let kept = Kept::of(fields, &keys[0]).unwrap();
        self.fixture.ledger.put_identity(&Party::merchant(id), &kept, None, self.now_ms).await.unwrap();
        self.model.keep(id, &kept, self.now_ms);
    }

    async fn ban(&mut self, id: &str) {
        let policy = TrustFile::builtin().policy("prohibited_goods").unwrap().clone();
        let (party, by) = (Party::merchant(id), "mia".to_owned());
        let facts = "Forty reviews came from one machine.".to_owned();
        let new =
            FileViolation { party: party.clone(), policy, facts, authority: false, by: by.clone(), request: None };
        let violation = self.fixture.ledger.file_violation(&new, self.now_ms).await.unwrap().id;
        let ban = Ban { party, violations: vec![violation], by, words: WORDS.to_owned() };
        self.fixture.ledger.ban(&ban, self.now_ms).await.unwrap();
        self.model.ban(id, self.now_ms);
    }

    async fn unban(&mut self, id: &str) {
        self.fixture.ledger.unban(&Party::merchant(id), "ben", WORDS, self.now_ms).await.unwrap();
        self.model.banned.remove(id);
        self.model.known.remove(id);
    }

    async fn expire(&mut self) {
        self.fixture.ledger.move_applications(&policy(), self.now_ms).await.unwrap();
        let now_ms = self.now_ms;
        self.model.known.retain(|_, known| known.kept_until_ms.is_none_or(|until_ms| until_ms > now_ms));
    }

    async fn forget(&mut self, id: &str) {
        self.fixture.ledger.forget_party(&Party::merchant(id), self.now_ms).await.unwrap();
        self.model.known.retain(|other, known| other != id || known.banned_at_ms.is_some());
    }

    async fn compare(&self, rng: &mut fastrand::Rng) {
        let since_ms = self.now_ms - SHARED_WITHIN_MS;
        for id in ["nobody", self.ids.first().map_or("nobody", String::as_str)] {
            let tokens = Tokens::of(&person(rng), &[key(2), key(1)]).unwrap();
            let found = self.fixture.ledger.matches(&Party::merchant(id), &tokens, since_ms).await.unwrap();
            assert_eq!(found, self.model.matches(id, &tokens, since_ms), "seed {} at {}", self.seed, self.now_ms);
        }
    }
}
