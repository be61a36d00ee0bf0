//! The program `live-jury` itself, as an operator runs it: its arguments, its output, its signals, its exit code.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;

use crate::PATIENCE;
use crate::api::Api;
use crate::stores::Stores;
use crate::tokens::{BALLOT_SECRET, SECRET};

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Program {
    child: Child,
    /// Where its public listener is.
    pub address: SocketAddr,
    /// Where its admin listener is, if it has one.
    pub admin: Option<SocketAddr>,
    /// What it prints.
    pub output: Lines<BufReader<ChildStdout>>,
    log: Arc<Mutex<Vec<String>>>,
    logging: JoinHandle<()>,
}

impl Program {
    /// Runs the program to its end.
    pub async fn run(args: &[&str]) -> Output {
        let running = command(args).output();
        tokio::time::timeout(PATIENCE, running).await.expect("it ends").expect("it starts")
    }

    /// Starts a server, with the stories' secret and on a free port, and waits until it listens.
    pub async fn start(args: &[&str]) -> Self {
        Self::start_with(args, &[]).await
    }

    /// The same, with some variables set.
    pub async fn start_with(args: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::try_start(args, variables).await.unwrap_or_else(|log| panic!("it does not listen: {log:#?}"))
    }

    /// The same, where it may not start.
    ///
    /// # Errors
    /// It ended before it listened; what it logged.
    pub async fn try_start(args: &[&str], variables: &[(&str, &str)]) -> Result<Self, Vec<String>> {
        let mut child = command(args)
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let output = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut log = BufReader::new(child.stderr.take().expect("its log")).lines();
        let kept: Arc<Mutex<Vec<String>>> = Arc::default();
        let addresses = async {
            while let Some(line) = log.next_line().await.expect("a log of UTF-8") {
                kept.lock().expect("no panic").push(line.clone());
                let entry: Value = serde_json::from_str(&line).unwrap_or_default();
                if entry["message"] == "listening" {
                    let at = |name: &str| entry[name].as_str().map(|at| at.parse().expect("an address"));
                    return Some((at("address").expect("it listens"), at("admin_address")));
                }
            }
            None
        };
        let addresses = tokio::time::timeout(PATIENCE, addresses).await.expect("it listens, or ends");
        let Some((address, admin)) = addresses else { return Err(kept.lock().expect("no panic").clone()) };
        let said = kept.clone();
        // What it says later is read as it comes, so that it never waits for a reader.
        let logging = tokio::spawn(async move {
            while let Ok(Some(line)) = log.next_line().await {
                said.lock().expect("no panic").push(line);
            }
        });
        Ok(Self { child, address, admin, output, log: kept, logging })
    }

    /// Starts a server on these stores; of a setting that is given here, too, this one holds.
    pub async fn serve(stores: &Stores, settings: &[&str]) -> Self {
        let stores = stores.arguments();
        let mut words = vec!["serve"];
        for pair in stores.chunks(2).filter(|pair| !settings.contains(&pair[0].as_str())) {
            words.extend(pair.iter().map(String::as_str));
        }
        words.extend(settings);
        Self::start(&words).await
    }

    /// The API of its admin listener.
    #[must_use]
    pub fn admin(&self) -> Api {
        Api::new(self.admin.expect("it has an admin listener"), None)
    }

    /// What it has logged so far.
    #[must_use]
    pub fn said(&self) -> Vec<String> {
        self.log.lock().expect("no panic").clone()
    }

    /// The memory it holds, in KiB.
    #[must_use]
    pub fn memory_kib(&self) -> u64 {
        self.status_kib("VmRSS:")
    }

    /// The most memory it has held, in KiB.
    #[must_use]
    pub fn peak_memory_kib(&self) -> u64 {
        self.status_kib("VmHWM:")
    }

    fn status_kib(&self, name: &str) -> u64 {
        let id = self.child.id().expect("it runs");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("a Linux machine");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("its memory");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Waits for its end and gives the lines of its log.
    pub async fn log_to_its_end(self) -> Vec<String> {
        let Self { mut child, log, logging, .. } = self;
        tokio::time::timeout(PATIENCE, child.wait()).await.expect("it ends").expect("it can be waited for");
        logging.await.expect("a log of UTF-8");
        std::mem::take(&mut log.lock().expect("no panic"))
    }

    /// Sends a signal, by its name.
    pub async fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await.expect("kill runs");
        assert!(sent.success(), "kill -s {name} {id}");
    }

    /// Waits for its end.
    pub async fn end(mut self) -> ExitStatus {
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends").expect("it can be waited for")
    }
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(executable());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LIVE_JURY_")) {
        command.env_remove(name);
    }
    command
        .args(args)
        .env("LIVE_JURY_TOKEN_SECRET", SECRET)
        .env("LIVE_JURY_BALLOT_SECRET", BALLOT_SECRET)
        .env("LIVE_JURY_LOG", "info");
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// The program beside the tests, `target/<profile>/live-jury`; cargo does not build it for another crate's tests.
fn executable() -> PathBuf {
    let own = std::env::current_exe().expect("a test is a program");
    let folder = own.parent().and_then(Path::parent).expect("a test is in target/<profile>/deps");
    let program = folder.join("live-jury");
    let build = "build it first: cargo build --workspace, with the profile of the tests";
    let built = modified(&program).unwrap_or_else(|| panic!("{} is not there; {build}", program.display()));
    for source in ["server/src", "server/migrations", "protocol/src"] {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(source);
        let newest = newest(&source);
        assert!(
            newest.is_none_or(|newest| newest <= built),
            "{} is older than {}; {build}",
            program.display(),
            source.display()
        );
    }
    program
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|about| about.modified()).ok()
}

fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).expect("the sources are there").flatten();
    entries
        .filter_map(|entry| if entry.path().is_dir() { newest(&entry.path()) } else { modified(&entry.path()) })
        .max()
}
