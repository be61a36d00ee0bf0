//! A real PostgreSQL cluster in a temporary folder; it ends with the test that started it, however that ends.
#![expect(clippy::expect_used, reason = "a harness that cannot start its server fails its test")]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::ports::free_port;

/// Where Debian keeps the programs, which it does not put on PATH.
const DEBIAN: &str = "/usr/lib/postgresql";
/// What to do where there is no PostgreSQL.
const INSTALL: &str = "install PostgreSQL 13 or newer (Debian: apt-get install postgresql)";
/// Whom PostgreSQL runs as where the tests are root: it refuses to run as root.
const USER: &str = "postgres";

/// Runs the server until its own standard input says `keep` or ends: that is when the test process is gone, whatever
/// took it. Then nothing is left behind. `ready` is said by a shell of its own: where nobody hears it any more, that
/// shell ends by it, and not the guard.
const GUARD: &str = r#"
"$1/pg_ctl" start -s -w -t 60 -D "$2/data" -l "$2/log" </dev/null >/dev/null 2>&1 && (echo ready)
read -r word
"$1/pg_ctl" stop -s -m immediate -D "$2/data" </dev/null >/dev/null 2>&1
[ "$word" = keep ] || rm -rf "$2"
"#;

/// A cluster of its own. Dropping it stops it and removes its folder.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    databases: AtomicU32,
    guard: Option<Child>,
}

impl Postgres {
    /// Makes a cluster and starts it.
    #[must_use]
    pub fn start() -> Self {
        let programs = programs();
        let folder = tempfile::Builder::new().prefix("live-jury-postgres-").tempdir().expect("a temporary folder");
        if is_root() {
            let owner = user_id();
            chown(folder.path(), Some(owner), None).expect("the folder can be given to postgres");
        }
        let port = free_port();
        init(&programs, folder.path(), port);
        // From here on the guard removes it.
        let mut postgres = Self { programs, folder: folder.keep(), port, databases: AtomicU32::new(0), guard: None };
        postgres.restart();
        postgres
    }

    /// The URL of a fresh database in a cluster that the tests of this process share.
    #[must_use]
    pub fn database() -> String {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Postgres::start).fresh_database()
    }

    /// The URL of a fresh database in this cluster.
    #[must_use]
    pub fn fresh_database(&self) -> String {
        let name = format!("jury_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let port = self.port.to_string();
        let args = ["--host", "127.0.0.1", "--port", &port, "--username", USER, &name];
        run(Command::new(self.programs.join("createdb")).args(args));
        format!("postgres://{USER}@127.0.0.1:{port}/{name}")
    }

    /// The port on 127.0.0.1 that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops it at once, as a crash would; its data stays.
    pub fn stop(&mut self) {
        self.end("keep\n");
    }

    /// Starts it again, on the same port; it recovers from its log.
    pub fn restart(&mut self) {
        assert!(self.guard.is_none(), "PostgreSQL is running");
        let mut guard = as_postgres("sh")
            .args(["-c", GUARD, "guard"])
            .args([&self.programs, &self.folder])
            .current_dir(&self.folder)
            // Ctrl-C is for the tests; the guard hears of their end by its input.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh starts");
        let mut ready = String::new();
        let said = guard.stdout.take().map(|output| BufReader::new(output).read_line(&mut ready));
        self.guard = Some(guard);
        if said.is_none_or(|said| said.is_err()) || ready != "ready\n" {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            panic!("PostgreSQL did not start:\n{log}");
        }
    }

    fn end(&mut self, word: &str) {
        if let Some(mut guard) = self.guard.take() {
            if let Some(mut input) = guard.stdin.take() {
                // A guard that is gone has nothing left to stop.
                let _ = input.write_all(word.as_bytes());
            }
            let _ = guard.wait();
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.end("");
        // A cluster that was stopped has no guard to do it.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn init(programs: &Path, folder: &Path, port: u16) {
    let data = folder.join("data");
    let mut initdb = as_postgres(programs.join("initdb").to_str().expect("a path of UTF-8"));
    run(initdb.args(["-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C", "-D"]).arg(&data).current_dir(folder));
    let settings = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\n\
         shared_buffers = '64MB'\nmax_connections = 100\n"
    );
    let mut file = std::fs::File::options()
        .append(true)
        .open(data.join("postgresql.conf"))
        .expect("initdb has written postgresql.conf");
    file.write_all(settings.as_bytes()).expect("postgresql.conf can be written");
}

fn programs() -> PathBuf {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let debian = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten().map(|version| version.path().join("bin"));
    let mut debian: Vec<PathBuf> = debian.collect();
    debian.sort();
    // A link on PATH leads to the folder in which all the programs are.
    let linked = std::env::split_paths(&on_path).filter_map(|folder| folder.join("initdb").canonicalize().ok());
    let mut folders = linked.filter_map(|initdb| initdb.parent().map(Path::to_owned)).chain(debian.into_iter().rev());
    folders
        .find(|folder| ["initdb", "pg_ctl", "postgres", "createdb"].iter().all(|name| folder.join(name).exists()))
        .unwrap_or_else(|| panic!("no initdb, pg_ctl and createdb on PATH or under {DEBIAN}: {INSTALL}"))
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn user_id() -> u32 {
    let output = Command::new("id").args(["-u", USER]).output().expect("id runs");
    let id = String::from_utf8_lossy(&output.stdout).trim().parse();
    id.unwrap_or_else(|_| panic!("the tests run as root and there is no user {USER}: {INSTALL}"))
}

fn as_postgres(program: &str) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", USER, "--init-groups", "--", program]);
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}; {INSTALL}"));
    assert!(output.status.success(), "{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
}
