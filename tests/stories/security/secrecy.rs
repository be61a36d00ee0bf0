//! Secrecy of ballots: without the ballot secret, frames, exports and stores name no voter and show no time finer than
//! a minute.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use futures_util::future::join_all;
use live_jury_protocol::{CaseId, Role};
use live_jury_tests::WAIT_MAX;
use live_jury_tests::api::case;
use live_jury_tests::juror::Juror;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};

const ROOM: &str = "live-42";
const VOTERS: usize = 24;

live_jury_tests::on_both! {
    frames_exports_and_stores_name_no_voter
    a_person_has_another_pseudonym_in_each_case
}

fn sub(n: usize) -> String {
    format!("kumquat-{n}@example.com")
}

/// A pseudonym as in the export.
fn pseudonym(case: CaseId, n: usize) -> String {
    tokens::pseudonym(case, &sub(n))
}

/// A voter's id in the forms that a leak could have: plain, in hexadecimal digits, in a URL.
fn traces(n: usize) -> Vec<Vec<u8>> {
    let sub = sub(n);
    let hex: String = sub.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![sub.clone().into_bytes(), hex.into_bytes(), format!("kumquat-{n}%40").into_bytes()]
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

fn assert_names_nobody(place: &str, bytes: &[u8]) {
    for n in 0..VOTERS {
        for trace in traces(n) {
            assert!(!contains(bytes, &trace), "{place} names {}", String::from_utf8_lossy(&trace));
        }
    }
}

/// Every file of a folder, by name. A file that the store deletes meanwhile is skipped.
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let read = |path: PathBuf| match std::fs::read(&path) {
        Ok(bytes) => vec![(path, bytes)],
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => panic!("{}: {error}", path.display()),
    };
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { read(path) }).collect()
}

/// Every row of every table as text, in physical order.
pub async fn postgres_dump(url: &str) -> Vec<(String, String)> {
    let mut db = PgConnection::connect(url).await.unwrap();
    let sql = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1";
    let tables = sqlx::query(sql).fetch_all(&mut db).await.unwrap();
    let mut rows = Vec::new();
    for table in tables.iter().map(|row| row.get::<String, _>(0)) {
        let sql = format!("SELECT t::text FROM \"{table}\" t ORDER BY ctid");
        let found = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut db).await.unwrap();
        rows.extend(found.iter().map(|row| (table.clone(), row.get::<String, _>(0))));
    }
    rows
}

/// Receives every command that a Redis executes.
struct Monitor {
    received: mpsc::Receiver<u8>,
}

impl Monitor {
    fn start(port: u16) -> Self {
        let mut line = TcpStream::connect(("127.0.0.1", port)).unwrap();
        line.write_all(b"MONITOR\r\n").unwrap();
        let mut ok = [0; 5];
        line.read_exact(&mut ok).unwrap();
        let (say, received) = mpsc::channel();
        std::thread::spawn(move || {
            BufReader::new(line).bytes().map_while(Result::ok).try_for_each(|byte| say.send(byte))
        });
        Self { received }
    }

    /// Everything received, at least up to these bytes.
    fn until(&self, end: &[u8]) -> Vec<u8> {
        let mut received: Vec<u8> = self.received.try_iter().collect();
        while !contains(&received, end) {
            received.push(self.received.recv_timeout(WAIT_MAX).expect("it comes"));
            received.extend(self.received.try_iter());
        }
        received
    }
}

/// Dumps a Redis: each key with its fields in physical order, binary values in hexadecimal digits.
const DUMP: &str = r#"
local function hex(text)
  return (string.gsub(text, '.', function(c) return string.format('%02x', string.byte(c)) end))
end
local out = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local kind, all = redis.call('TYPE', key).ok, {}
  if kind == 'hash' then all = redis.call('HGETALL', key)
  elseif kind == 'string' then all = { redis.call('GET', key) }
  elseif kind == 'zset' then all = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end
  out[#out + 1] = kind .. ' ' .. key .. ' ' .. string.gsub(table.concat(all, ' '), '[^%g ]', '.')
  for i = 1, #all, 2 do out[#out + 1] = 'field ' .. key .. ' ' .. hex(all[i]) end
end
return table.concat(out, '\n')
"#;

async fn voters(node: &Node) -> Vec<Juror> {
    join_all((0..VOTERS).map(async |n| node.viewer(ROOM, &sub(n)).await)).await
}

/// Votes one after another, so that the casts have an order.
async fn vote(voters: &mut [Juror], case: CaseId) {
    for (n, voter) in voters.iter_mut().enumerate() {
        voter.vote(case, if n % 2 == 0 { "buyer" } else { "merchant" }).await;
    }
}

async fn frames_exports_and_stores_name_no_voter(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let id = moderator.create(ROOM, case(json!({ "rules": { "quorum": 1, "reveal": "live" } }))).await.id;
    let mut watching = Vec::new();
    for role in [Role::Viewer, Role::Host, Role::Overlay, Role::Moderator] {
        watching.push(node.join_as(role, ROOM).await);
    }
    let mut voters = voters(&node).await;
    vote(&mut voters, id).await;
    for watcher in &mut watching {
        watcher.wait_for_ballots(id, VOTERS as u64).await;
    }
    let export = {
        moderator.close(id).await;
        moderator.ballots(id).await
    };
    for watcher in &mut watching {
        watcher.wait_for_verdict(id).await;
    }

    // Frames to others name no voter and no pseudonym.
    let cast_order: Vec<String> = (0..VOTERS).map(|n| pseudonym(id, n)).collect();
    let one_of_them = voters.pop().unwrap();
    for (who, socket) in watching.iter().chain([&one_of_them]).enumerate() {
        let received = socket.texts.join("\n");
        assert_names_nobody(&format!("socket {who}"), received.as_bytes());
        assert!(cast_order.iter().all(|pseudonym| !received.contains(pseudonym)), "socket {who} has a pseudonym");
    }

    // The export is sorted by pseudonym and not by cast, with times in minutes.
    assert_names_nobody("the export", export.join("\n").as_bytes());
    let listed: Vec<&str> = export.iter().map(|line| line.split(',').next().unwrap()).collect();
    assert!(listed.is_sorted());
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), cast_order.iter().map(String::as_str).collect());
    let cast_at = |line: &String| line.split(',').nth(3).unwrap().to_owned();
    assert!(export.iter().map(cast_at).all(|time| time.ends_with('Z') && time.len() == 17), "minutes");
    for path in ["audit", "tally", ""] {
        assert_names_nobody(path, moderator.get(&format!("/cases/{id}/{path}")).await.text.as_bytes());
    }
    node.kill().await;
    the_stores_name_nobody(&stores, &cast_order).await;
}

async fn the_stores_name_nobody(stores: &Stores, cast_order: &[String]) {
    let Some(url) = stores.try_database() else {
        let folder = stores.file();
        for (path, bytes) in files(folder.parent().unwrap()) {
            assert_names_nobody(&path.display().to_string(), &bytes);
        }
        return the_file_has_no_order(&folder).await;
    };
    let mut recorded = Vec::new();
    for (table, row) in postgres_dump(url).await {
        assert_names_nobody(&table, row.as_bytes());
        if table == "ballots" {
            recorded.push(cast_order.iter().position(|pseudonym| row.contains(pseudonym)).unwrap());
        }
    }
    assert_eq!(recorded.len(), cast_order.len());
    assert!(!recorded.is_sorted(), "the rows lie in another order than that of the casts: {recorded:?}");
}

/// Tables of ballots have no row numbers, and no time but the minute. That of objections has no time at all.
async fn the_file_has_no_order(file: &Path) {
    let mut db = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    let sql = "SELECT m.name AS name, m.sql AS made FROM sqlite_master m JOIN pragma_table_info(m.name) c \
               WHERE m.type = 'table' AND c.name = 'juror'";
    let tables = sqlx::query(sql).fetch_all(&mut db).await.unwrap();
    assert_eq!(tables.len(), 5, "the tally's and the docket's ballots, panels, profiles, and objections");
    for table in tables {
        let (name, made): (String, String) = (table.get("name"), table.get("made"));
        assert!(made.contains("WITHOUT ROWID"), "{name} numbers its rows");
        let columns: Vec<String> =
            sqlx::query_scalar("SELECT name FROM pragma_table_info(?1)").bind(&name).fetch_all(&mut db).await.unwrap();
        match name.as_str() {
            "objections" => {
                assert_eq!(columns, ["case_id", "juror", "kind"]);
                continue;
            }
            "serving" => {
                assert_eq!(columns, ["case_id", "juror", "profile"]);
                continue;
            }
            "panels" => {
                assert_eq!(columns, ["case_id", "juror", "stratum", "ticket"]);
                continue;
            }
            _ => {}
        }
        assert_eq!(columns, ["case_id", "juror", "option", "side", "change", "cast_at_min", "marks"]);
        let sql = format!("SELECT max(cast_at_min) FROM {name}");
        let latest: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut db).await.unwrap();
        assert!((0..i64::from(u32::MAX)).contains(&latest), "a minute, not a second");
    }
}

/// While a case is open, its ballots are in Redis only. Redis would keep a small hash in the order of insertion.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_case_in_redis_has_no_names_and_no_order() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let info = stores.redis().command(&["INFO", "server"]);
    let value = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let folder = std::fs::read_link(format!("/proc/{}/cwd", value("process_id:"))).unwrap();
    let monitor = Monitor::start(value("tcp_port:").parse().unwrap());
    let id = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut voters = voters(&node).await;
    vote(&mut voters, id).await;

    let dump = stores.redis().command(&["EVAL", DUMP, "0"]);
    assert_names_nobody("Redis", dump.as_bytes());
    let ballots = format!("field lj:{{{id}}}:ballots ");
    let stored: Vec<&str> = dump.lines().filter_map(|line| line.strip_prefix(&ballots)).collect();
    let cast_order: Vec<String> = (0..VOTERS).map(|n| pseudonym(id, n)).collect();
    assert_eq!(stored.iter().copied().collect::<BTreeSet<_>>(), cast_order.iter().map(String::as_str).collect());
    assert_ne!(stored, cast_order, "they lie in the order of the casts");
    assert_eq!(stores.redis().command(&["OBJECT", "ENCODING", &format!("lj:{{{id}}}:ballots")]), "hashtable");

    let files = files(&folder);
    assert!(files.iter().any(|(path, bytes)| path.to_string_lossy().contains("aof") && !bytes.is_empty()), "{files:?}");
    for (path, bytes) in files {
        assert_names_nobody(&path.display().to_string(), &bytes);
    }
    assert_names_nobody("what Redis is sent", &monitor.until(b"lj:presence"));
}

async fn a_person_has_another_pseudonym_in_each_case(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let mut seen = BTreeSet::new();
    let mut ann = node.viewer(ROOM, "ann").await;
    for _ in 0..3 {
        let id = moderator.create(ROOM, case(json!({}))).await.id;
        ann.vote(id, "buyer").await;
        moderator.close(id).await;
        let ballots = moderator.ballots(id).await;
        assert_eq!(ballots.len(), 1);
        assert!(seen.insert(ballots[0].split(',').next().unwrap().to_owned()), "the same in two cases");
    }
}
