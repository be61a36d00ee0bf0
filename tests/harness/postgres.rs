//! A real PostgreSQL server in a temporary folder; it never outlives its test, however the test ends.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::time::Instant;

use crate::WAIT_MAX;
use crate::failure::{LastLines, Report};
use crate::ports::free_port;
use crate::redis::TlsFiles;

/// Folder of Debian's PostgreSQL programs, which are not on PATH.
const DEBIAN: &str = "/usr/lib/postgresql";
/// The hint for a machine without PostgreSQL.
const INSTALL: &str = "install PostgreSQL 13 or newer (Debian: apt-get install postgresql)";
/// The user of the server if the tests run as root. PostgreSQL refuses to run as root.
const USER: &str = "postgres";

/// Runs the server until standard input delivers `keep` or ends. Input ends with the test process, however that ends,
/// and the folder is removed then. A subshell prints `ready`: if the test is gone by then, only the subshell fails.
const GUARD: &str = r#"
"$1/pg_ctl" start -s -w -t 60 -D "$2/data" -l "$2/log" </dev/null >/dev/null 2>&1 && (echo ready)
read -r word
"$1/pg_ctl" stop -s -m immediate -D "$2/data" </dev/null >/dev/null 2>&1
[ "$word" = keep ] || rm -rf "$2"
"#;

/// A server. Dropping it stops it and removes its folder.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    databases: AtomicU32,
    guard: Option<Child>,
}

impl Postgres {
    /// Initialises a server and starts it.
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
        // The guard removes the folder from here on.
        let mut postgres = Self { programs, folder: folder.keep(), port, databases: AtomicU32::new(0), guard: None };
        postgres.restart();
        postgres
    }

    /// The URL of a new database on a server that the tests of this process share.
    #[must_use]
    pub fn database() -> String {
        Self::shared().fresh_database()
    }

    /// The server that the tests of this process share.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Postgres::start)
    }

    /// The URL of a new database on this server.
    #[must_use]
    pub fn fresh_database(&self) -> String {
        self.fresh_database_in("UTF8")
    }

    /// The URL of a new database with this encoding on this server.
    #[must_use]
    pub fn fresh_database_in(&self, encoding: &str) -> String {
        let name = format!("jury_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let port = self.port.to_string();
        let args = ["--host", "127.0.0.1", "--port", &port, "--username", USER, &name];
        let encoded = ["--encoding", encoding, "--template", "template0"];
        run(Command::new(self.programs.join("createdb")).args(encoded).args(args));
        format!("postgres://{USER}@127.0.0.1:{port}/{name}")
    }

    /// Starts a server that takes connections over TLS, too.
    ///
    /// # Panics
    /// The files cannot be used.
    #[must_use]
    pub fn start_tls(files: &TlsFiles) -> Self {
        let mut postgres = Self::start();
        let data = postgres.folder.join("data");
        for (from, name) in [(&files.certificate, "server.crt"), (&files.key, "server.key")] {
            let to = data.join(name);
            std::fs::copy(from, &to).expect("the file is there");
            // PostgreSQL refuses a key that others may read.
            std::fs::set_permissions(&to, Permissions::from_mode(0o600)).expect("the file is the test's");
            if is_root() {
                chown(&to, Some(user_id()), None).expect("the file can be given to postgres");
            }
        }
        append_settings(&data, "ssl = on\n");
        postgres.stop();
        postgres.restart();
        postgres
    }

    /// The URL of a copy of a database that [`database`](Self::database) made. Connections to it that are about to end
    /// are waited for.
    #[must_use]
    pub fn copy_of(url: &str) -> String {
        let postgres = Self::shared();
        let (server, from) = url.rsplit_once('/').expect("a database");
        let name = format!("jury_{}", postgres.databases.fetch_add(1, Ordering::Relaxed));
        let port = postgres.port.to_string();
        let args = ["--host", "127.0.0.1", "--port", &port, "--username", USER, "--template", from, &name];
        let began = Instant::now();
        while !Command::new(postgres.programs.join("createdb")).args(args).output().expect("it runs").status.success() {
            assert!(began.elapsed() < WAIT_MAX, "{url} cannot be copied: is a node connected to it?");
        }
        format!("{server}/{name}")
    }

    /// The server's port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops the server as a crash would. Its data stays.
    pub fn stop(&mut self) {
        self.end("keep\n");
    }

    /// Starts the server again on the same port. It recovers from its log.
    pub fn restart(&mut self) {
        assert!(self.guard.is_none(), "PostgreSQL is running");
        let mut guard = as_postgres("sh")
            .args(["-c", GUARD, "guard"])
            .args([&self.programs, &self.folder])
            .current_dir(&self.folder)
            // Ctrl-C reaches the tests only. The guard notices their end by its input.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh starts");
        let mut ready = String::new();
        let read = guard.stdout.take().map(|output| BufReader::new(output).read_line(&mut ready));
        self.guard = Some(guard);
        if read.is_none_or(|read| read.is_err()) || ready != "ready\n" {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            panic!("PostgreSQL did not start:\n{log}");
        }
    }

    fn end(&mut self, word: &str) {
        if let Some(mut guard) = self.guard.take() {
            if let Some(mut input) = guard.stdin.take() {
                // The write fails if the guard has ended; the server has stopped then.
                let _ = input.write_all(word.as_bytes());
            }
            let _ = guard.wait();
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(Report::new(format!("PostgreSQL at port {}", self.port), LastLines::default()));
        self.end("");
        // A stopped server has no guard that would remove the folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn init(programs: &Path, folder: &Path, port: u16) {
    let data = folder.join("data");
    let mut initdb = as_postgres(programs.join("initdb").to_str().expect("a path of UTF-8"));
    run(initdb.args(["-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C", "-D"]).arg(&data).current_dir(folder));
    let settings = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\n\
         shared_buffers = '64MB'\nmax_connections = 200\n"
    );
    append_settings(&data, &settings);
}

fn append_settings(data: &Path, settings: &str) {
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
    // A link on PATH leads to the folder of all programs.
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
