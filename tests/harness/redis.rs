//! A real redis-server in a temporary folder with production durability; it never outlives its test, however the test
//! ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tokio::time::Instant;

use crate::failure::{LastLines, Report};
use crate::ports::free_port;

/// Rewrites the ballots in the hash `KEYS[1]` into the form of a version that knew no marks: it deletes the third byte
/// of each. Returns their number.
pub const TAKE_MARKS_AWAY: &str = "
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local ballot = all[i + 1]
  redis.call('HSET', KEYS[1], all[i], string.sub(ballot, 1, 2) .. string.sub(ballot, 4))
end
return #all / 2
";

/// The hint for a machine without Redis.
const INSTALL: &str = "redis-server is not installed: apt-get install redis-server";
/// Runs the server until standard input ends, which is when the test drops it or ends itself. The guard ends after the
/// server: a server that waits for the disk keeps its port until then.
const GUARD: &str = r#"
"$@" </dev/null &
read -r _
kill -9 $!
wait $! 2>/dev/null
"#;
/// The folder of the append-only files, in the server's own.
const DATA: &str = "appendonlydir";
/// Silence after which other hosts of a cluster take a host for dead, in milliseconds.
const NODE_TIMEOUT_MS: &str = "2000";
/// Time between two looks at a replica that is being filled.
const POLL_INTERVAL: std::time::Duration = std::time::Duration::from_millis(20);
/// Attempts to find a port, as another program may take one first.
const PORTS_TRIED: usize = 8;

/// A server. Dropping it kills it and removes its folder.
#[derive(Debug)]
pub struct Redis {
    folder: TempDir,
    ports: Ports,
    tls: Option<TlsFiles>,
    guard: Option<Child>,
}

/// Ports of a server: for its clients, for its clients over TLS, and for other hosts of its cluster if it belongs to
/// one.
#[derive(Clone, Copy, Debug)]
struct Ports {
    own: u16,
    tls: Option<u16>,
    bus: Option<u16>,
}

/// The files of a server with TLS: its authority, its certificate and its key.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The authority of the clients and of other hosts.
    pub authority: PathBuf,
    /// The server's certificate.
    pub certificate: PathBuf,
    /// The key of the certificate.
    pub key: PathBuf,
}

impl Redis {
    /// Starts a server.
    #[must_use]
    pub fn start() -> Self {
        Self::start_on(None, || Ports { own: free_port(), tls: None, bus: None })
    }

    /// Starts a server with a second listener, which speaks TLS. The test's own commands go without.
    #[must_use]
    pub fn start_tls(files: TlsFiles) -> Self {
        Self::start_on(Some(files), || Ports { own: free_port(), tls: Some(free_port()), bus: None })
    }

    /// Starts a replica of this server and waits until it has all of the data.
    #[must_use]
    pub fn start_replica(&self) -> Self {
        let replica = Self::start();
        replica.follow(self);
        replica
    }

    /// Makes a replica a server of its own. The former primary goes on and knows nothing of it.
    pub fn promote(&self) {
        assert_eq!(self.command(&["REPLICAOF", "NO", "ONE"]), "OK");
    }

    /// Starts a cluster of one host. It refuses commands on keys of different slots.
    #[must_use]
    pub fn start_cluster() -> Self {
        let redis = Self::start_host(None);
        redis.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
        redis.await_cluster();
        redis
    }

    /// Starts a host that belongs to no cluster yet.
    pub(crate) fn start_host(tls: Option<TlsFiles>) -> Self {
        let has_tls = tls.is_some();
        Self::start_on(tls, || Ports { own: free_port(), tls: has_tls.then(free_port), bus: Some(free_port()) })
    }

    /// A cluster's host accepts commands two seconds after its start.
    fn await_cluster(&self) {
        let mut line = self.line();
        while !command_on(&mut line, &["CLUSTER", "INFO"]).contains("cluster_state:ok") {}
    }

    fn start_on(tls: Option<TlsFiles>, ports: impl Fn() -> Ports) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for _ in 0..PORTS_TRIED {
            let ports = ports();
            if let Some(guard) = run(folder.path(), ports, tls.as_ref()) {
                return Self { folder, ports, tls, guard: Some(guard) };
            }
        }
        panic!("no free port for redis-server in {PORTS_TRIED} tries");
    }

    /// The URL of the server, in the form of the setting `--redis`.
    #[must_use]
    pub fn url(&self) -> String {
        let cluster = if self.ports.bus.is_some() { "+cluster" } else { "" };
        let scheme = if self.ports.tls.is_some() { "rediss" } else { "redis" };
        format!("{scheme}{cluster}://{}", self.client_address())
    }

    /// Address of the listener that the URL names.
    #[must_use]
    pub(crate) fn client_address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.ports.tls.unwrap_or(self.ports.own)).into()
    }

    /// Address of the listener.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.ports.own).into()
    }

    /// Kills the server as a power cut would: it writes nothing more.
    pub fn kill(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            guard.wait().expect("the guard ends");
        }
    }

    /// Restarts the server after a [`kill`](Self::kill), with the contents of its file.
    pub fn restart(&mut self) {
        self.restart_process();
        if self.ports.bus.is_some() {
            self.await_cluster();
        }
    }

    /// Restarts the server on an empty folder, as after the loss of its disk. The data is kept aside.
    pub fn restart_empty(&mut self) {
        self.kill();
        std::fs::create_dir(self.aside()).expect("nothing is kept aside");
        self.move_data(self.folder.path(), &self.aside());
        self.restart();
    }

    /// Restarts the server with the data that [`restart_empty`](Self::restart_empty) kept aside, in place of its own.
    pub fn restart_with_kept_data(&mut self) {
        self.kill();
        std::fs::remove_dir_all(self.folder.path().join(DATA)).expect("the data of the empty server");
        self.move_data(&self.aside(), self.folder.path());
        std::fs::remove_dir(self.aside()).expect("it is empty");
        self.restart();
    }

    fn aside(&self) -> PathBuf {
        self.folder.path().join("aside")
    }

    fn move_data(&self, from: &Path, to: &Path) {
        std::fs::rename(from.join(DATA), to.join(DATA)).expect("the append-only files");
    }

    /// Restarts the process and does not wait for its cluster.
    pub(crate) fn restart_process(&mut self) {
        self.kill();
        self.guard = run(self.folder.path(), self.ports, self.tls.as_ref());
        assert!(self.guard.is_some(), "redis-server does not start again on {}", self.address());
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str, process: &str) {
        let sent = Command::new("kill").args(["-s", name, process]).status().expect("kill runs");
        assert!(sent.success(), "kill -s {name} {process}");
    }

    /// A value of `INFO`.
    #[must_use]
    pub fn info(&self, name: &str) -> Option<String> {
        let info = self.command(&["INFO"]);
        let mut values = info.lines().filter_map(|line| line.split_once(':')).filter(|(key, _)| *key == name);
        values.next().map(|(_, value)| value.to_owned())
    }

    /// Deletes everything, as if a server without a file had restarted.
    pub fn flush(&self) {
        assert_eq!(self.command(&["FLUSHALL"]), "OK");
    }

    /// Makes this server a replica of another one and waits until it has all of its data.
    pub fn follow(&self, primary: &Self) {
        let port = primary.ports.own.to_string();
        assert_eq!(primary.command(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"]), "OK");
        assert_eq!(self.command(&["REPLICAOF", "127.0.0.1", &port]), "OK");
        let offset = |redis: &Self, name| redis.info(name).and_then(|offset| offset.parse::<u64>().ok());
        let wanted = offset(primary, "master_repl_offset");
        let is_filled = || {
            let is_up = self.info("master_link_status").as_deref() == Some("up");
            is_up && offset(self, "slave_repl_offset") >= wanted
        };
        let limit = Instant::now() + crate::WAIT_MAX;
        while !is_filled() {
            assert!(Instant::now() < limit, "the replica does not reach its primary");
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Sends a command and returns its answer: a number, a text, or the length of a list. Nothing is an empty text.
    pub fn command(&self, words: &[&str]) -> String {
        command_on(&mut self.line(), words)
    }

    fn line(&self) -> BufReader<TcpStream> {
        BufReader::new(TcpStream::connect(self.address()).expect("redis-server is there"))
    }
}

fn command_on(line: &mut BufReader<TcpStream>, words: &[&str]) -> String {
    let mut command = format!("*{}\r\n", words.len());
    for word in words {
        command.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    line.get_mut().write_all(command.as_bytes()).expect("redis-server listens");
    let mut head = String::new();
    line.read_line(&mut head).expect("redis-server answers");
    let (kind, answer) = head.trim_end().split_at(1);
    match kind {
        // A list's items stay unread, so the connection is not used again.
        "+" | ":" | "*" => answer.to_owned(),
        "$" if answer == "-1" => String::new(),
        "$" => {
            // The text and its line end.
            let mut text = vec![0; answer.parse::<usize>().expect("a length") + 2];
            line.read_exact(&mut text).expect("a text");
            String::from_utf8(text).expect("text").trim_end().to_owned()
        }
        _ => panic!("redis-server answers {head:?} to {words:?}"),
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        drop(Report::new(format!("redis-server at {}", self.address()), LastLines::default()));
        self.kill();
    }
}

/// Starts the server and waits until it is ready. Returns none if it exits before that.
fn run(folder: &Path, ports: Ports, tls: Option<&TlsFiles>) -> Option<Child> {
    assert!(Command::new("redis-server").arg("--version").output().is_ok(), "{INSTALL}");
    let mut guard = Command::new("sh");
    guard.args(["-c", GUARD, "guard", "redis-server", "--bind", "127.0.0.1", "--port", &ports.own.to_string()]);
    guard.args(["--dir", folder.to_str().expect("a path in UTF-8"), "--save", "", "--daemonize", "no"]);
    guard.args(["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"]);
    if let (Some(port), Some(files)) = (ports.tls, tls) {
        guard.args(["--tls-port", &port.to_string(), "--tls-auth-clients", "no"]);
        guard.arg("--tls-ca-cert-file").arg(&files.authority);
        guard.arg("--tls-cert-file").arg(&files.certificate).arg("--tls-key-file").arg(&files.key);
        if ports.bus.is_some() {
            guard.args(["--tls-cluster", "yes", "--tls-replication", "yes"]);
        }
    }
    if let Some(bus) = ports.bus {
        // The bus port is 10,000 above the first by default, which may not be a valid port.
        guard.args([
            "--cluster-enabled",
            "yes",
            "--cluster-announce-ip",
            "127.0.0.1",
            "--cluster-port",
            &bus.to_string(),
        ]);
        guard.args(["--cluster-node-timeout", NODE_TIMEOUT_MS, "--cluster-require-full-coverage", "no"]);
        // A replica's first synchronisation does not wait for further replicas.
        guard.args(["--repl-diskless-sync-delay", "0"]);
    }
    let mut guard = guard.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
    let mut log = BufReader::new(guard.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let ready = log.find(|line| line.contains("Ready to accept connections") || line.contains("aborting"));
    if ready.is_some_and(|line| line.contains("Ready")) {
        // The log is read until the end, so that the server never blocks on a full pipe.
        std::thread::spawn(move || log.for_each(drop));
        return Some(guard);
    }
    drop(guard.stdin.take());
    guard.wait().expect("the guard ends");
    None
}
