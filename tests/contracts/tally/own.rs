//! Properties of one store only: cleanup, durability, and the recovery after an outage.

use live_jury_court::SealedBy;
use live_jury_server::health::Durability;
use live_jury_server::tally::{RELEASED_KEPT_FULL_MS, RELEASED_KEPT_MS, RecordResult, TallyError};

use super::fixture::{RedisFixture, SqliteFixture, TallyFixture, cast, in_epoch, keys, open};
use super::panels::entrant;

#[tokio::test]
async fn sqlite_deletes_cases_released_long_ago() {
    let fixture = SqliteFixture::start().await;
    let (store, old, state) = (fixture.store(), open(&fixture).await, open(&fixture).await);
    store.record(old, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    store.record(state, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    store.release(old).await.unwrap();
    let released_ms = store.now_ms().await.unwrap();

    fixture.until(released_ms + RELEASED_KEPT_MS).await;
    store.release(open(&fixture).await).await.unwrap();
    assert_eq!(fixture.holds(old).await, (true, true));

    fixture.until(released_ms + RELEASED_KEPT_MS + 1).await;
    store.release(open(&fixture).await).await.unwrap();
    assert_eq!(fixture.holds(old).await, (false, false));
    assert_eq!(fixture.holds(state).await, (true, true));
    assert!(matches!(store.poll(old, in_epoch(1), 0).await, Err(TallyError::Lost(_))));
}

#[tokio::test]
async fn lists_for_a_draw_go_with_their_case() {
    let fixture = RedisFixture::start().await;
    let (store, case) = (fixture.store(), open(&fixture).await);
    let entrant = entrant(1);
    store.offer(case, in_epoch(1), &[vec![entrant], Vec::new(), Vec::new()]).await.unwrap();
    let list = format!("lj:{{{case}}}:offer:buyer");
    let ends_in_ms = || fixture.redis.command(&["PTTL", &list]).parse::<u64>().unwrap();
    assert!(ends_in_ms() > RELEASED_KEPT_MS);
    store.release(case).await.unwrap();
    assert!(ends_in_ms() <= RELEASED_KEPT_MS);

    let fixture = SqliteFixture::start().await;
    let (store, case) = (fixture.store(), open(&fixture).await);
    store.offer(case, in_epoch(1), &[vec![entrant], Vec::new(), Vec::new()]).await.unwrap();
    store.release(case).await.unwrap();
    assert_eq!(fixture.offers().await, 1);
    fixture.until(store.now_ms().await.unwrap() + RELEASED_KEPT_MS + 1).await;
    store.sweep().await.unwrap();
    assert_eq!(fixture.offers().await, 0);
}

#[tokio::test]
async fn redis_expires_a_released_case() {
    let fixture = RedisFixture::start().await;
    let (store, case) = (fixture.store(), open(&fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    let ends_in_ms = |key: &String| fixture.redis.command(&["PTTL", key]).parse::<i64>().unwrap();
    store.seal(case, in_epoch(1), &SealedBy::Moderator { sub: "mod".into() }).await.unwrap();
    store.release(case).await.unwrap();
    let kept_ms = RELEASED_KEPT_MS as i64;
    assert!(keys(case).iter().all(|key| (kept_ms - 60_000..=kept_ms).contains(&ends_in_ms(key))));
}

#[tokio::test]
async fn a_redis_that_is_half_full_keeps_released_cases_for_minutes() {
    let fixture = RedisFixture::start().await;
    let (store, case) = (fixture.store(), open(&fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    let info = fixture.redis.command(&["INFO", "memory"]);
    let used: u64 = info.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap().trim().parse().unwrap();
    assert_eq!(fixture.redis.command(&["CONFIG", "SET", "maxmemory", &(used * 3 / 2).to_string()]), "OK");
    store.release(case).await.unwrap();
    for left_ms in fixture.expires_in_ms(case).await {
        assert!(left_ms <= RELEASED_KEPT_FULL_MS, "{left_ms}");
    }
}

#[tokio::test]
async fn sqlite_deletes_what_nobody_released() {
    let fixture = SqliteFixture::start().await;
    let (store, old) = (fixture.store(), open(&fixture).await);
    store.record(old, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    let expires_at_ms = store.now_ms().await.unwrap() + fixture.expires_in_ms(old).await[0];
    fixture.until(expires_at_ms).await;
    store.sweep().await.unwrap();
    assert_eq!(fixture.holds(old).await, (true, true));
    fixture.until(expires_at_ms + 1).await;
    store.sweep().await.unwrap();
    assert_eq!(fixture.holds(old).await, (false, false));
}

#[tokio::test]
async fn redis_reports_whether_it_is_durable() {
    let fixture = RedisFixture::start().await;
    assert_eq!(fixture.tally.settings().await.unwrap().durability(), Durability::Durable);
    for (setting, weak, strong) in [
        ("appendonly", "no", "yes"),
        ("appendfsync", "everysec", "always"),
        ("no-appendfsync-on-rewrite", "yes", "no"),
        ("maxmemory-policy", "allkeys-lru", "noeviction"),
    ] {
        assert_eq!(fixture.redis.command(&["CONFIG", "SET", setting, weak]), "OK");
        let settings = fixture.tally.settings().await.unwrap();
        assert_eq!(settings.durability(), Durability::Weak, "{settings:?}");
        assert_eq!(fixture.redis.command(&["CONFIG", "SET", setting, strong]), "OK");
    }
    assert_eq!(fixture.redis.command(&["ACL", "SETUSER", "default", "-config"]), "OK");
    let settings = fixture.tally.settings().await.unwrap();
    assert_eq!((&settings.found["appendonly"], settings.durability()), (&None, Durability::Unknown));
}

#[tokio::test]
async fn an_unreachable_redis_is_unavailable_until_it_returns() {
    let mut fixture = RedisFixture::start().await;
    let (store, case) = (fixture.store(), open(&fixture).await);
    fixture.redis.kill();
    for _ in 0..3 {
        let answer = store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await;
        assert!(matches!(answer, Err(TallyError::Unavailable(_))), "{answer:?}");
    }
    assert!(store.now_ms().await.is_err());
    fixture.redis.restart();
    let recorded = store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    assert_eq!(recorded.results, [RecordResult::Counted { option: 0, change: 0 }]);
    store.now_ms().await.unwrap();
}

#[tokio::test]
async fn a_full_redis_is_unavailable_and_loses_nothing() {
    let fixture = RedisFixture::start().await;
    let (store, case) = (fixture.store(), open(&fixture).await);
    assert_eq!(fixture.redis.command(&["CONFIG", "SET", "maxmemory", "1"]), "OK");
    let answer = store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await;
    assert!(matches!(answer, Err(TallyError::Unavailable(_))), "{answer:?}");
    assert_eq!(fixture.redis.command(&["CONFIG", "SET", "maxmemory", "0"]), "OK");
    assert_eq!(store.poll(case, in_epoch(1), 0).await.unwrap().ballots(), 0);
}

#[tokio::test]
async fn an_emptied_redis_has_lost_its_cases() {
    let fixture = RedisFixture::start().await;
    let (store, case) = (fixture.store(), open(&fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    fixture.redis.flush();
    assert!(matches!(store.poll(case, in_epoch(1), 1).await, Err(TallyError::Lost(_))));
    assert_eq!(fixture.redis.command(&["DBSIZE"]), "0");
}

#[tokio::test]
async fn a_url_is_checked_at_the_start() {
    for url in ["http://127.0.0.1", "redis+cluster://", "redis://127.0.0.1:1"] {
        assert!(live_jury_server::tally::RedisTally::connect(url).await.is_err(), "{url}");
    }
}
