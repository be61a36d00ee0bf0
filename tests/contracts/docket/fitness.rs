//! The PostgreSQL databases that fit: others are refused at the start, and settings of a database change nothing.

use futures_util::future::join_all;
use live_jury_server::authorities::Authorities;
use live_jury_server::docket::{Docket, PostgresDocket};
use live_jury_tests::postgres::Postgres;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::builders::{ballots, file, opened, record, sealed};

const CONNECTIONS: u32 = 3;

/// Titles are in any script, and a database of another encoding stores none of some.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_another_encoding_is_refused() {
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let url = Postgres::shared().fresh_database_in(encoding);
        let refused = PostgresDocket::connect(&url, CONNECTIONS).await.unwrap_err().to_string();
        assert!(refused.contains(encoding) && refused.contains("UTF8 is needed"), "{refused}");
        let refused = PostgresDocket::migrate(&url, &Authorities::system(), None).await.unwrap_err().to_string();
        assert!(refused.contains(encoding), "{refused}");
    }
}

/// Two nodes write to one room at once. Under another isolation one of them would fail and not wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_of_the_database_change_nothing() {
    let url = Postgres::database();
    let mut db = PgConnection::connect(&url).await.unwrap();
    let name = url.rsplit('/').next().unwrap();
    for setting in [
        "default_transaction_isolation = 'serializable'",
        "lock_timeout = '1ms'",
        "timezone = 'Asia/Shanghai'",
        "datestyle = 'German'",
        "bytea_output = 'escape'",
        "standard_conforming_strings = off",
    ] {
        let sql = format!("ALTER DATABASE {name} SET {setting}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
    }
    let (here, there) = (docket(&url).await, docket(&url).await);
    // A room holds eight live cases at a time.
    for round in 0..3 {
        let filing = (0..6).map(|number: u128| {
            let docket: &dyn Docket = if number.is_multiple_of(2) { &here } else { &there };
            async move {
                let case = sealed(opened(docket, round * 6 + number, "live-42").await);
                file(docket, &case).await.unwrap();
                record(docket, &case, &ballots(30)).await.unwrap();
            }
        });
        join_all(filing).await;
    }
}

async fn docket(url: &str) -> PostgresDocket {
    PostgresDocket::connect(url, CONNECTIONS).await.unwrap()
}
