//! The record of a run, read from the database by SQL and from every node by HTTP.

use std::net::SocketAddr;

use live_jury_tests::api::Api;
use live_jury_tests::tokens;
use serde_json::Value;
use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;

use crate::run_log::{AuditLine, Ballot, LogEntry, NodeView, Record, VerdictLog};

/// A direct connection to the database.
pub struct Database(PgConnection);

impl Database {
    pub async fn connect(url: &str) -> Self {
        Self(PgConnection::connect(url).await.expect("PostgreSQL is there"))
    }

    /// All cases, without the nodes' views.
    pub async fn records(&mut self) -> Vec<Record> {
        let sql = "SELECT id, state, version, epoch, created_at_ms, closes_at_ms, loss, verdict FROM cases ORDER BY id";
        let mut records = Vec::new();
        for row in sqlx::query(sql).fetch_all(&mut self.0).await.expect("PostgreSQL answers") {
            let id: Uuid = row.get("id");
            let json = |column: &str| -> Value {
                let text: Option<String> = row.get(column);
                text.map_or(Value::Null, |text| serde_json::from_str(&text).expect("JSON"))
            };
            records.push(Record {
                id,
                state: row.get("state"),
                version: unsigned(row.get("version")),
                epoch: row.get::<Option<i64>, _>("epoch").map_or(0, unsigned),
                created_at_ms: unsigned(row.get("created_at_ms")),
                closes_at_ms: row.get::<Option<i64>, _>("closes_at_ms").map_or(0, unsigned),
                loss: json("loss"),
                verdict: json("verdict"),
                ballots: self.ballots(id).await,
                audit: self.audit(id).await,
                nodes: Vec::new(),
                keys_left_ms: Vec::new(),
            });
        }
        records
    }

    /// The log of verdicts, without the checkpoints that nodes showed.
    pub async fn log(&mut self) -> VerdictLog {
        let head = sqlx::query("SELECT vkey FROM log_head WHERE log = 1").fetch_optional(&mut self.0).await;
        let sql = "SELECT case_id, entry, statement FROM log_entries WHERE log = 1 ORDER BY idx";
        let rows = sqlx::query(sql).fetch_all(&mut self.0).await.expect("PostgreSQL answers");
        let entry = |row: &sqlx::postgres::PgRow| LogEntry {
            case: row.get("case_id"),
            entry: row.get("entry"),
            statement: row.get("statement"),
        };
        VerdictLog {
            vkey: head.expect("PostgreSQL answers").and_then(|row| row.get("vkey")),
            entries: rows.iter().map(entry).collect(),
            checkpoints: Vec::new(),
        }
    }

    async fn ballots(&mut self, case: Uuid) -> Vec<Ballot> {
        let sql = "SELECT juror, option, change FROM ballots WHERE case_id = $1 ORDER BY juror";
        let rows = sqlx::query(sql).bind(case).fetch_all(&mut self.0).await.expect("PostgreSQL answers");
        let ballot = |row: &sqlx::postgres::PgRow| Ballot {
            juror: data_encoding::HEXLOWER.encode(row.get("juror")),
            option: usize::try_from(row.get::<i64, _>("option")).expect("a place"),
            change: u32::try_from(row.get::<i64, _>("change")).expect("a number"),
        };
        rows.iter().map(ballot).collect()
    }

    async fn audit(&mut self, case: Uuid) -> Vec<AuditLine> {
        let sql = "SELECT at_ms, who, action, version, epoch FROM audit WHERE case_id = $1 ORDER BY line";
        let rows = sqlx::query(sql).bind(case).fetch_all(&mut self.0).await.expect("PostgreSQL answers");
        let line = |row: &sqlx::postgres::PgRow| AuditLine {
            at_ms: unsigned(row.get("at_ms")),
            by: row.get("who"),
            action: row.get("action"),
            version: unsigned(row.get("version")),
            epoch: unsigned(row.get("epoch")),
        };
        rows.iter().map(line).collect()
    }
}

/// A node's view of a recorded case.
pub async fn node_view(node: SocketAddr, case: Uuid) -> NodeView {
    let api = Api::new(node, Some(&tokens::moderator("*", "mia")));
    let ballots = api.get(&format!("/cases/{case}/ballots.csv")).await;
    assert_eq!(ballots.status, 200, "the export of {case}: {}", ballots.text);
    let mut shown: Value = api.get(&format!("/cases/{case}")).await.read(200);
    // The place in the log is no part of the stored verdict.
    if let Some(verdict) = shown["verdict"].as_object_mut() {
        verdict.remove("log");
    }
    NodeView {
        case: shown,
        csv: ballots.text,
        audit: api.get(&format!("/cases/{case}/audit?limit=100")).await.read(200),
    }
}

/// The log's checkpoint as a node shows it; none if there is none yet, or the node does not answer.
pub async fn checkpoint(node: SocketAddr) -> Option<String> {
    let reply = Api::new(node, None).try_send("GET", "/log/1/checkpoint", &[], None).await.ok()?;
    (reply.status == 200).then_some(reply.text)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).expect("a number that is not negative")
}
