//! A real redis-server in a temporary folder, durable as in production; it ends with the test that started it, however
//! that ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::ports::free_port;

/// What to do where there is no Redis.
const INSTALL: &str = "redis-server is not installed: apt-get install redis-server";
/// Runs the server until its own standard input ends: that is when the test lets go of it, or is gone itself. It ends
/// after the server: one that waits for the disk dies a moment later, and has its port until then.
const GUARD: &str = r#"
"$@" </dev/null &
read -r _
kill -9 $!
wait $! 2>/dev/null
"#;
/// Silence after which the other hosts of a cluster take one for dead, in milliseconds.
const NODE_TIMEOUT_MS: &str = "2000";
/// Ports tried, should another program be quicker to take one.
const PORTS_TRIED: usize = 8;

/// A server of its own. Dropping it kills it and removes its folder.
#[derive(Debug)]
pub struct Redis {
    folder: TempDir,
    ports: Ports,
    guard: Option<Child>,
}

/// Where it listens: for those who use it, and for the other hosts of its cluster, if it is in one.
#[derive(Clone, Copy, Debug)]
struct Ports {
    own: u16,
    bus: Option<u16>,
}

impl Redis {
    /// Starts a server.
    #[must_use]
    pub fn start() -> Self {
        Self::start_on(|| Ports { own: free_port(), bus: None })
    }

    /// Starts a cluster of one node, which refuses calls on keys that do not belong together.
    #[must_use]
    pub fn start_cluster() -> Self {
        let redis = Self::start_host();
        redis.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
        redis.await_cluster();
        redis
    }

    /// Starts a host that is in no cluster yet.
    pub(crate) fn start_host() -> Self {
        Self::start_on(|| Ports { own: free_port(), bus: Some(free_port()) })
    }

    /// A cluster's node takes calls two seconds after its start.
    fn await_cluster(&self) {
        let mut line = self.line();
        while !command_on(&mut line, &["CLUSTER", "INFO"]).contains("cluster_state:ok") {}
    }

    fn start_on(ports: impl Fn() -> Ports) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for _ in 0..PORTS_TRIED {
            let ports = ports();
            if let Some(guard) = run(folder.path(), ports) {
                return Self { folder, ports, guard: Some(guard) };
            }
        }
        panic!("no free port for redis-server in {PORTS_TRIED} tries");
    }

    /// Where it is reached, by this program's setting.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.ports.bus.is_some() { "redis+cluster" } else { "redis" };
        format!("{scheme}://{}", self.address())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.ports.own).into()
    }

    /// Kills it, as a power cut would: nothing is written any more.
    pub fn kill(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            guard.wait().expect("the guard ends");
        }
    }

    /// Starts it again, after [`kill`](Self::kill), with what its file holds.
    pub fn restart(&mut self) {
        self.restart_process();
        if self.ports.bus.is_some() {
            self.await_cluster();
        }
    }

    /// The same, whatever the other hosts of its cluster do.
    pub(crate) fn restart_process(&mut self) {
        self.kill();
        self.guard = run(self.folder.path(), self.ports);
        assert!(self.guard.is_some(), "redis-server does not start again on {}", self.address());
    }

    /// Sends a signal, by its name.
    pub(crate) fn signal(&self, name: &str, process: &str) {
        let sent = Command::new("kill").args(["-s", name, process]).status().expect("kill runs");
        assert!(sent.success(), "kill -s {name} {process}");
    }

    /// A line of what it says of itself.
    pub(crate) fn info(&self, name: &str) -> Option<String> {
        let info = self.command(&["INFO"]);
        let mut values = info.lines().filter_map(|line| line.split_once(':')).filter(|(key, _)| *key == name);
        values.next().map(|(_, value)| value.to_owned())
    }

    /// Makes it forget everything, as a server without a file does when it starts again.
    pub fn flush(&self) {
        assert_eq!(self.command(&["FLUSHALL"]), "OK");
    }

    /// Sends a command that answers with a number or a text, and gives the answer.
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
        "+" | ":" => answer.to_owned(),
        "$" => {
            // The text, and the end of its line.
            let mut text = vec![0; answer.parse::<usize>().expect("a length") + 2];
            line.read_exact(&mut text).expect("a text");
            String::from_utf8(text).expect("text").trim_end().to_owned()
        }
        _ => panic!("redis-server answers {head:?} to {words:?}"),
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts the server and waits until it is ready; none if it stops before that.
fn run(folder: &Path, ports: Ports) -> Option<Child> {
    assert!(Command::new("redis-server").arg("--version").output().is_ok(), "{INSTALL}");
    let mut guard = Command::new("sh");
    guard.args(["-c", GUARD, "guard", "redis-server", "--bind", "127.0.0.1", "--port", &ports.own.to_string()]);
    guard.args(["--dir", folder.to_str().expect("a path in UTF-8"), "--save", "", "--daemonize", "no"]);
    guard.args(["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"]);
    if let Some(bus) = ports.bus {
        // The second port is by default 10,000 above the first, which need not be one.
        guard.args([
            "--cluster-enabled",
            "yes",
            "--cluster-announce-ip",
            "127.0.0.1",
            "--cluster-port",
            &bus.to_string(),
        ]);
        guard.args(["--cluster-node-timeout", NODE_TIMEOUT_MS, "--cluster-require-full-coverage", "no"]);
        // A replica that comes does not wait for others to come with it.
        guard.args(["--repl-diskless-sync-delay", "0"]);
    }
    let mut guard = guard.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
    let mut log = BufReader::new(guard.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let ready = log.find(|line| line.contains("Ready to accept connections") || line.contains("aborting"));
    if ready.is_some_and(|line| line.contains("Ready")) {
        // Whatever it says later is read, so that it never waits for a reader.
        std::thread::spawn(move || log.for_each(drop));
        return Some(guard);
    }
    drop(guard.stdin.take());
    guard.wait().expect("the guard ends");
    None
}
