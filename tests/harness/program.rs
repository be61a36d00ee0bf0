//! The program `live-jury` as an operator runs it: arguments, output, signals, exit code; it uses no code of the
//! server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;

use crate::WAIT_MAX;
use crate::api::Api;
use crate::failure::{LastLines, Report};
#[cfg(feature = "in-process")]
use crate::stores::Stores;
use crate::tokens::{BALLOT_SECRET, SECRET};

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Program {
    child: Child,
    /// Address of the public listener.
    pub address: SocketAddr,
    /// Address of the admin listener, if there is one.
    pub admin: Option<SocketAddr>,
    /// Standard output.
    pub output: Lines<BufReader<ChildStdout>>,
    log: Arc<Mutex<Vec<String>>>,
    logging: JoinHandle<()>,
    _report: Report,
}

impl Program {
    /// Runs the program until it exits.
    pub async fn run(args: &[&str]) -> Output {
        let running = command(args).output();
        tokio::time::timeout(WAIT_MAX, running).await.expect("it ends").expect("it starts")
    }

    /// Starts a server with the tests' secret and waits until it listens.
    pub async fn start(args: &[&str]) -> Self {
        Self::start_with(args, &[]).await
    }

    /// Starts a server with environment variables set.
    pub async fn start_with(args: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::try_start(args, variables).await.unwrap_or_else(|log| panic!("it does not listen: {log:#?}"))
    }

    /// Starts a server that may refuse to start.
    ///
    /// # Errors
    /// The log of a server that exited before it listened.
    pub async fn try_start(args: &[&str], variables: &[(&str, &str)]) -> Result<Self, Vec<String>> {
        let mut command = command(args);
        command.envs(variables.iter().copied());
        Self::listen(command, args).await
    }

    /// Starts a server by another program, which is given as its first words and becomes the server.
    pub async fn start_under(starter: &[&str], args: &[&str]) -> Self {
        let mut command = Command::new(starter[0]);
        command.args(&starter[1..]).arg(executable());
        let started = Self::listen(prepare(command, args), args).await;
        started.unwrap_or_else(|log| panic!("it does not listen: {log:#?}"))
    }

    async fn listen(mut command: Command, args: &[&str]) -> Result<Self, Vec<String>> {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let output = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut log = BufReader::new(child.stderr.take().expect("its log")).lines();
        let kept: Arc<Mutex<Vec<String>>> = Arc::default();
        let lines = LastLines::default();
        let starting = Report::new(format!("live-jury {}, not listening yet", args.join(" ")), lines.clone());
        let addresses = async {
            while let Some(line) = log.next_line().await.expect("a log of UTF-8") {
                kept.lock().expect("no panic").push(line.clone());
                lines.push(&line);
                let entry: Value = serde_json::from_str(&line).unwrap_or_default();
                if entry["message"] == "listening" {
                    let at = |name: &str| entry[name].as_str().map(|at| at.parse().expect("an address"));
                    return Some((at("address").expect("it listens"), at("admin_address")));
                }
            }
            None
        };
        let addresses = tokio::time::timeout(WAIT_MAX, addresses).await.expect("it listens, or ends");
        let Some((address, admin)) = addresses else { return Err(kept.lock().expect("no panic").clone()) };
        drop(starting);
        let admin_address = admin.map_or("none".to_owned(), |admin: SocketAddr| admin.to_string());
        let report = Report::new(format!("live-jury at {address}, admin at {admin_address}"), lines.clone());
        let shared = kept.clone();
        // The log is read until the end, so that the program never blocks on a full pipe.
        let logging = tokio::spawn(async move {
            while let Ok(Some(line)) = log.next_line().await {
                lines.push(&line);
                shared.lock().expect("no panic").push(line);
            }
        });
        Ok(Self { child, address, admin, output, log: kept, logging, _report: report })
    }

    /// Starts a server on these stores. A setting given here replaces that of the stores.
    #[cfg(feature = "in-process")]
    pub async fn serve(stores: &Stores, settings: &[&str]) -> Self {
        let stores = stores.arguments();
        let mut words = vec!["serve"];
        for pair in stores.chunks(2).filter(|pair| !settings.contains(&pair[0].as_str())) {
            words.extend(pair.iter().map(String::as_str));
        }
        words.extend(settings);
        Self::start(&words).await
    }

    /// A client of the admin listener.
    #[must_use]
    pub fn admin(&self) -> Api {
        Api::new(self.admin.expect("it has an admin listener"), None)
    }

    /// The lines logged until now.
    #[must_use]
    pub fn log_lines(&self) -> Vec<String> {
        self.log.lock().expect("no panic").clone()
    }

    /// Resident memory, in KiB.
    #[must_use]
    pub fn memory_kib(&self) -> u64 {
        self.status_kib("VmRSS:")
    }

    /// Peak of resident memory, in KiB.
    #[must_use]
    pub fn peak_memory_kib(&self) -> u64 {
        self.status_kib("VmHWM:")
    }

    /// The process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    fn status_kib(&self, name: &str) -> u64 {
        let id = self.id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("a Linux machine");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("its memory");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Waits for the exit and returns the whole log.
    pub async fn log_until_exit(self) -> Vec<String> {
        let Self { mut child, log, logging, .. } = self;
        tokio::time::timeout(WAIT_MAX, child.wait()).await.expect("it ends").expect("it can be waited for");
        logging.await.expect("a log of UTF-8");
        std::mem::take(&mut log.lock().expect("no panic"))
    }

    /// Sends a signal by its name.
    pub async fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await.expect("kill runs");
        assert!(sent.success(), "kill -s {name} {id}");
    }

    /// Waits for the exit.
    pub async fn end(mut self) -> ExitStatus {
        tokio::time::timeout(WAIT_MAX, self.child.wait()).await.expect("it ends").expect("it can be waited for")
    }
}

fn command(args: &[&str]) -> Command {
    prepare(Command::new(executable()), args)
}

fn prepare(mut command: Command, args: &[&str]) -> Command {
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

/// The program in `target/<profile>/`. Cargo builds no program for another crate's tests, so its age is compared with
/// the sources'.
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
