//! What only one of the stores can show: how it cleans up, what it says of itself, how it comes back.

use live_jury_court::SealedBy;
use live_jury_server::tally::{RELEASED_KEPT_FULL_MS, RELEASED_KEPT_MS, RecordResult, TallyError};

use crate::lab::{Lab, RedisLab, SqliteLab, cast, keys, open};

#[tokio::test]
async fn sqlite_forgets_cases_that_were_released_long_ago() {
    let lab = SqliteLab::start().await;
    let (store, old, state) = (lab.store(), open(&lab).await, open(&lab).await);
    store.record(old, 1, 0, &[cast(1, 0)]).await.unwrap();
    store.record(state, 1, 0, &[cast(1, 0)]).await.unwrap();
    store.release(old).await.unwrap();
    let released_ms = store.now_ms().await.unwrap();

    lab.until(released_ms + RELEASED_KEPT_MS).await;
    store.release(open(&lab).await).await.unwrap();
    assert_eq!(lab.holds(old).await, (true, true));

    lab.until(released_ms + RELEASED_KEPT_MS + 1).await;
    store.release(open(&lab).await).await.unwrap();
    assert_eq!(lab.holds(old).await, (false, false));
    assert_eq!(lab.holds(state).await, (true, true));
    assert!(matches!(store.poll(old, 1, 0).await, Err(TallyError::Lost(_))));
}

#[tokio::test]
async fn redis_forgets_a_released_case_by_itself() {
    let lab = RedisLab::start().await;
    let (store, case) = (lab.store(), open(&lab).await);
    store.record(case, 1, 0, &[cast(1, 0)]).await.unwrap();
    let ends_in_ms = |key: &String| lab.redis.ask(&["PTTL", key]).parse::<i64>().unwrap();
    store.seal(case, 1, &SealedBy::Moderator { sub: "mod".into() }).await.unwrap();
    store.release(case).await.unwrap();
    let kept_ms = RELEASED_KEPT_MS as i64;
    assert!(keys(case).iter().all(|key| (kept_ms - 60_000..=kept_ms).contains(&ends_in_ms(key))));
}

#[tokio::test]
async fn a_redis_that_is_half_full_keeps_released_cases_for_minutes() {
    let lab = RedisLab::start().await;
    let (store, case) = (lab.store(), open(&lab).await);
    store.record(case, 1, 0, &[cast(1, 0)]).await.unwrap();
    let info = lab.redis.ask(&["INFO", "memory"]);
    let used: u64 = info.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap().trim().parse().unwrap();
    assert_eq!(lab.redis.ask(&["CONFIG", "SET", "maxmemory", &(used * 3 / 2).to_string()]), "OK");
    store.release(case).await.unwrap();
    for left_ms in lab.expires_in_ms(case).await {
        assert!(left_ms <= RELEASED_KEPT_FULL_MS, "{left_ms}");
    }
}

#[tokio::test]
async fn sqlite_deletes_what_nobody_released() {
    let lab = SqliteLab::start().await;
    let (store, old) = (lab.store(), open(&lab).await);
    store.record(old, 1, 0, &[cast(1, 0)]).await.unwrap();
    let expires_at_ms = store.now_ms().await.unwrap() + lab.expires_in_ms(old).await[0];
    lab.until(expires_at_ms).await;
    store.sweep().await.unwrap();
    assert_eq!(lab.holds(old).await, (true, true));
    lab.until(expires_at_ms + 1).await;
    store.sweep().await.unwrap();
    assert_eq!(lab.holds(old).await, (false, false));
}

#[tokio::test]
async fn redis_tells_whether_it_is_durable() {
    let lab = RedisLab::start().await;
    assert!(lab.tally.durability().await.unwrap().is_durable());
    for (setting, weak, strong) in [
        ("appendonly", "no", "yes"),
        ("appendfsync", "everysec", "always"),
        ("maxmemory-policy", "allkeys-lru", "noeviction"),
    ] {
        assert_eq!(lab.redis.ask(&["CONFIG", "SET", setting, weak]), "OK");
        let durability = lab.tally.durability().await.unwrap();
        assert!(!durability.is_durable(), "{durability:?}");
        assert_eq!(lab.redis.ask(&["CONFIG", "SET", setting, strong]), "OK");
    }
    assert_eq!(lab.redis.ask(&["ACL", "SETUSER", "default", "-config"]), "OK");
    let durability = lab.tally.durability().await.unwrap();
    assert_eq!((durability.appendonly.clone(), durability.is_durable()), (None, false));
}

#[tokio::test]
async fn a_redis_that_is_away_is_unavailable_until_it_is_back() {
    let mut lab = RedisLab::start().await;
    let (store, case) = (lab.store(), open(&lab).await);
    lab.redis.kill();
    for _ in 0..3 {
        let answer = store.record(case, 1, 0, &[cast(1, 0)]).await;
        assert!(matches!(answer, Err(TallyError::Unavailable(_))), "{answer:?}");
    }
    assert!(store.now_ms().await.is_err());
    lab.redis.restart();
    let recorded = store.record(case, 1, 0, &[cast(1, 0)]).await.unwrap();
    assert_eq!(recorded.results, [RecordResult::Counted { option: 0, change: 0 }]);
    store.now_ms().await.unwrap();
}

#[tokio::test]
async fn a_redis_that_is_full_is_unavailable_and_loses_nothing() {
    let lab = RedisLab::start().await;
    let (store, case) = (lab.store(), open(&lab).await);
    assert_eq!(lab.redis.ask(&["CONFIG", "SET", "maxmemory", "1"]), "OK");
    let answer = store.record(case, 1, 0, &[cast(1, 0)]).await;
    assert!(matches!(answer, Err(TallyError::Unavailable(_))), "{answer:?}");
    assert_eq!(lab.redis.ask(&["CONFIG", "SET", "maxmemory", "0"]), "OK");
    assert_eq!(store.poll(case, 1, 0).await.unwrap().ballots(), 0);
}

#[tokio::test]
async fn a_redis_that_starts_empty_has_lost_its_cases() {
    let lab = RedisLab::start().await;
    let (store, case) = (lab.store(), open(&lab).await);
    store.record(case, 1, 0, &[cast(1, 0)]).await.unwrap();
    lab.redis.flush();
    assert!(matches!(store.poll(case, 1, 1).await, Err(TallyError::Lost(_))));
    assert_eq!(lab.redis.ask(&["DBSIZE"]), "0");
}

#[tokio::test]
async fn a_url_is_checked_at_the_start() {
    for url in ["http://127.0.0.1", "redis+cluster://", "redis://127.0.0.1:1"] {
        assert!(live_jury_server::tally::RedisTally::connect(url).await.is_err(), "{url}");
    }
}
