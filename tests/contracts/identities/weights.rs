//! The contract of decided pairs, of the weights that a night estimates from them, and of logos.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use live_jury_server::config::IdentitySettings;
use live_jury_server::ledger::identities::{ApplicationRow, ApplicationState, FileApplication, FiledWeights};
use live_jury_server::ledger::standing::By;
use live_jury_server::trust::Trust;
use live_jury_server::trust::screening::Screening;
use live_jury_trust::identity::decide::{Decision, Finding, RefuseBy};
use live_jury_trust::identity::kept::Kept;
use live_jury_trust::identity::token::Tokens;
use live_jury_trust::identity::weights::{DECIDED_MIN, Levels, Weights};
use live_jury_trust::identity::{Field, Group, Level};
use live_jury_trust::pdq::{Hash, Pdq, QUALITY_MIN};
use live_jury_trust::policy::TrustFile;
use live_jury_trust::{DAY_MS, Party};

use super::{Fixture, WORDS, fields, key, overturn, policy};
use crate::docket::builders::NOW_MS;
use crate::night::MovedClock;

on_each_dialect! {
    a_banned_partys_logo_is_found_within_31_bits_and_goes_with_its_ban
    a_decision_keeps_the_levels_of_its_pair_and_an_appeal_takes_them_back
    two_hundred_decided_pairs_move_the_weights_of_the_next_application
}

async fn a_banned_partys_logo_is_found_within_31_bits_and_goes_with_its_ban(fixture: Fixture) {
    let logo = Hash([0x0123_4567_89ab_cdef, 7, u64::MAX, 42]);
    let near = Hash([logo.0[0] ^ 0x0003_0003_0003_0001, logo.0[1] ^ 0xffff, logo.0[2] ^ 0xff, logo.0[3]]);
    assert_eq!(logo.distance(&near), 31);
    let far = Hash([!logo.0[0], !logo.0[1], logo.0[2], logo.0[3]]);
    let with = |hash| fields(&[]).with_logo(Some(Pdq { hash, quality: QUALITY_MIN }));
    fixture.apply("one", &[("device", "device-one")], NOW_MS).await;
    let party = Party::merchant("one");
    fixture.ledger.put_identity(&party, &Kept::of(&with(logo), &key(1)).unwrap(), None, NOW_MS).await.unwrap();
    fixture.ban("one", NOW_MS).await;
    let matches = |hash| {
        let (tokens, ledger) = (Tokens::of(&with(hash), &[key(1)]).unwrap(), fixture.ledger.clone());
        async move { ledger.matches(&Party::merchant("two"), &tokens, NOW_MS).await.unwrap().candidates }
    };
    for (hash, level) in [(logo, Level::Equal), (near, Level::Equal), (far, Level::Differs)] {
        let found = matches(hash).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].compared.levels, Levels::from([(Field::Logo, level)]));
        assert_eq!(found[0].compared.groups().contains(&Group::Shop), level == Level::Equal);
    }
    assert_eq!(matches(Hash(logo.0.map(|part| !part))).await, [], "no part is near");
    fixture.ledger.unban(&party, "ben", WORDS, NOW_MS + 1).await.unwrap();
    assert_eq!(matches(logo).await, []);
}

async fn a_decision_keeps_the_levels_of_its_pair_and_an_appeal_takes_them_back(fixture: Fixture) {
    let mut held = Vec::new();
    for n in ["1", "2", "3"] {
        let (account, device) = (format!("622202020000000000{n}"), format!("device-{n}"));
        let shared = [("payout_account", account.as_str()), ("device", device.as_str())];
        let with = |name, phone| [shared.as_slice(), &[("given_name", name), ("phone", phone)]].concat();
        let (banned, phones) = (format!("banned-{n}"), ["0", "1"].map(|other| format!("+8613{other}0013800{n}")));
        fixture.apply(&banned, &with("Xiaoming", &phones[0]), NOW_MS).await;
        fixture.ban(&banned, NOW_MS).await;
        held.push(fixture.apply(&format!("new-{n}"), &with("Xiaomin", &phones[1]), NOW_MS).await);
    }
    assert!(held.iter().all(|one| one.state == ApplicationState::Held), "{held:?}");
    assert_eq!(fixture.ledger.decided_pairs(None).await.unwrap(), [], "nobody has decided");
    fixture.decide(&held[0], ApplicationState::Refused, NOW_MS + 1).await;
    fixture.decide(&held[1], ApplicationState::Passed, NOW_MS + 1).await;
    fixture.decide(&held[2], ApplicationState::Probation, NOW_MS + 1).await;
    let pairs = fixture.ledger.decided_pairs(None).await.unwrap();
    let seen: BTreeMap<uuid::Uuid, bool> = pairs.iter().map(|pair| (pair.application, pair.is_same)).collect();
    let expected = BTreeMap::from([(held[0].id, true), (held[1].id, false)]);
    assert_eq!(seen, expected, "probation decides nothing about the pair");
    let levels = [
        (Field::GivenName, Level::Close),
        (Field::Phone, Level::Differs),
        (Field::PayoutAccount, Level::Equal),
        (Field::Device, Level::Equal),
    ];
    assert_eq!(pairs[0].levels, Levels::from(levels));
    assert_eq!(fixture.ledger.decided_pairs(Some(pairs[0].application)).await.unwrap(), pairs[1..]);
    overturn(&fixture, fixture.read(&held[0]).await.measure.unwrap()).await;
    let pairs = fixture.ledger.decided_pairs(None).await.unwrap();
    assert_eq!(pairs.iter().map(|pair| pair.application).collect::<Vec<_>>(), [held[1].id]);
}

/// Files an application that is held for what it has in common with somebody.
async fn held(fixture: &Fixture, id: &str, given: &[(&str, &str)], levels: &Levels) -> ApplicationRow {
    let fields = fields(given);
    let new = FileApplication {
        party: Party::merchant(id),
        again: false,
        category: None,
        digests: vec![key(1).digest(&fields)],
        decision: Decision { finding: Finding::Hold, candidate: None, weight: 20.0, groups: [Group::Kit].into() },
        levels: levels.clone(),
        reasons: Vec::new(),
        identity: Kept::of(&fields, &key(1)).unwrap(),
        policy: policy(),
        by: By::platform("shop-system"),
    };
    fixture.ledger.file_application(&new, NOW_MS).await.unwrap()
}

/// A node on the ledger, whose clock a test moves.
fn node(fixture: &Fixture) -> (Trust, Arc<MovedClock>) {
    let clock = Arc::new(MovedClock(AtomicU64::new(NOW_MS)));
    let node = Trust {
        ledger: fixture.ledger.clone(),
        file: Arc::new(TrustFile::builtin()),
        identity: Arc::new(IdentitySettings { keys: vec![key(1)], refuse_by: RefuseBy::Number }),
        screening: Screening::default(),
        kept_facts: None,
        reporter_key: None,
        claim_targets: Arc::default(),
        started_ms: 0,
        clock: clock.clone(),
    };
    (node, clock)
}

async fn two_hundred_decided_pairs_move_the_weights_of_the_next_application(fixture: Fixture) {
    let levels = Levels::from([(Field::Device, Level::Equal), (Field::Phone, Level::Differs)]);
    let (node, clock) = node(&fixture);
    let of_party = |n: u64| (format!("shop-{n}"), format!("device-{n}"), format!("10.0.{}.1", n % 10));
    let mut last = None;
    // 290 parties: enough for 40,000 pairs of strangers. A tenth of all share each network.
    for n in 0..290 {
        let (id, device, ip) = of_party(n);
        let row = held(&fixture, &id, &[("device", &device), ("ip", &ip)], &levels).await;
        let state = if n < 150 { ApplicationState::Refused } else { ApplicationState::Passed };
        match n {
            _ if n < DECIDED_MIN - 1 => drop(fixture.decide(&row, state, NOW_MS + 1).await),
            _ => last = Some(row),
        }
    }
    assert!(node.night().await.unwrap());
    assert_eq!(fixture.ledger.weights().await.unwrap(), FiledWeights::default(), "199 pairs move nothing");

    fixture.decide(&last.unwrap(), ApplicationState::Passed, NOW_MS + 1).await;
    clock.0.store(NOW_MS + DAY_MS, Ordering::Relaxed);
    assert!(node.night().await.unwrap());
    let filed = fixture.ledger.weights().await.unwrap();
    assert_eq!(filed.day, Some((NOW_MS + DAY_MS) / DAY_MS));
    let row = |field| filed.weights.row(field);
    // (50 × the table + 150) / (50 + 150), where all 150 refused pairs have an equal device and another phone.
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
    close(row(Field::Device).m[0], (50.0 * 0.47 + 150.0) / 200.0);
    close(row(Field::Phone).m[0], 50.0 * 0.20 / 200.0);
    close(row(Field::Phone).m[2], (50.0 * 0.80 + 150.0) / 200.0);
    assert_eq!(row(Field::GivenName), Field::GivenName.row());
    assert_eq!(row(Field::Device).u2, Field::Device.row().u2, "no stranger has another one's device");
    assert!((0.08..0.12).contains(&row(Field::Ip).u2), "{}", row(Field::Ip).u2);

    let own = [("device", "the first one's own")];
    fixture.apply("banned", &own, NOW_MS).await;
    fixture.ban("banned", NOW_MS).await;
    let found = fixture.matches("next", &own, &[key(1)], NOW_MS).await.candidates;
    close(found[0].compared.weight, (0.8675_f64 / 1e-4).log2());

    // Another key's tokens are no sample, and pairs that are taken back count no more.
    assert_eq!(fixture.ledger.identity_sample(key(2).id(), 10).await.unwrap(), []);
    assert_eq!(fixture.ledger.identity_sample(key(1).id(), 10).await.unwrap().len(), 10);
    let refused = fixture.ledger.measures_of(&Party::merchant("shop-0")).await.unwrap()[0].id;
    overturn(&fixture, refused).await;
    clock.0.store(NOW_MS + 2 * DAY_MS, Ordering::Relaxed);
    assert!(node.night().await.unwrap());
    assert_eq!(fixture.ledger.weights().await.unwrap().weights, Weights::default(), "199 pairs again");
}
