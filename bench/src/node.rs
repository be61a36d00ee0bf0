//! One process that is measured, Live Jury's or a peer's: how it says where it listens, what it has used, how it ends.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use live_jury_tests::ports::free_port;
use serde_json::Value;
use tempfile::TempDir;

use crate::machine::{self, Cores};

/// Where nginx's settings say that it listens; its port is put in place of theirs.
const NGINX_LISTENS: &str = "127.0.0.1:18080";
/// What nginx says, of this weight or more, so that it says when its worker is there.
const NGINX_SAYS: [&str; 2] = ["stderr warn", "stderr notice"];

/// One process that is measured. It is killed when it is let go of.
pub struct Node {
    child: Child,
    /// The process that does the work: nginx has a worker for that.
    working: u32,
    /// How it is asked to end, where killing it would leave its worker, and the folder that it works in.
    ending: Option<(Command, TempDir)>,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Node {
    fn new(child: Child, address: SocketAddr) -> Self {
        Self { working: child.id(), child, ending: None, address }
    }

    /// Starts a program that says in a line of JSON on its error output where it listens.
    ///
    /// # Errors
    /// It ends before that.
    pub fn listening(mut command: Command) -> Result<Self> {
        let mut child =
            command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().context("the program does not start")?;
        let mut log = BufReader::new(child.stderr.take().context("it has no log")?).lines();
        let mut said = Vec::new();
        for line in log.by_ref() {
            let line = line?;
            let entry: Value = serde_json::from_str(&line).unwrap_or_default();
            if entry["message"] == "listening" {
                let address = entry["address"].as_str().context("it does not say where it listens")?.parse()?;
                // What it says later is passed on, so that it never waits for a reader.
                std::thread::spawn(move || {
                    log.map_while(Result::ok).filter(|line| !line.contains("INFO")).for_each(|line| eprintln!("{line}"))
                });
                return Ok(Self::new(child, address));
            }
            said.push(line);
        }
        bail!("the program does not listen: {said:#?}")
    }

    /// Starts a peer: its port is given, and it prints a line when it listens.
    ///
    /// # Errors
    /// It ends before that.
    pub fn peer(mut command: Command, variables: &[(&str, String)]) -> Result<Self> {
        let port = free_port();
        command.env("PORT", port.to_string()).envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("a peer does not start")?;
        let mut lines = BufReader::new(child.stdout.take().context("it has no output")?).lines();
        lines
            .by_ref()
            .map_while(Result::ok)
            .find(|line| line.contains("listening"))
            .context("a peer does not listen")?;
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok(Self::new(child, ([127, 0, 0, 1], port).into()))
    }

    /// Starts nginx with these settings, which name one worker.
    ///
    /// # Errors
    /// It ends before its worker is there.
    pub fn nginx(cores: &Cores, settings: &Path) -> Result<Self> {
        let (folder, port) = (TempDir::new()?, free_port());
        let address: SocketAddr = ([127, 0, 0, 1], port).into();
        let text = std::fs::read_to_string(settings).with_context(|| settings.display().to_string())?;
        ensure!(text.contains(NGINX_LISTENS), "{} does not listen on {NGINX_LISTENS}", settings.display());
        let text = text.replace(NGINX_LISTENS, &address.to_string()).replace(NGINX_SAYS[0], NGINX_SAYS[1]);
        std::fs::write(folder.path().join("nginx.conf"), text)?;
        let nginx = |mut command: Command| {
            command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "stderr"]).stdin(Stdio::null());
            command
        };
        let mut ending = nginx(Command::new("nginx"));
        ending.args(["-s", "stop"]).stderr(Stdio::null());
        let mut command = nginx(cores.command(Path::new("nginx")));
        let mut child = command.stderr(Stdio::piped()).spawn().context("nginx does not start")?;
        let mut log = BufReader::new(child.stderr.take().context("it has no log")?).lines();
        let mut said = Vec::new();
        for line in log.by_ref() {
            let line = line?;
            if let Some((_, worker)) = line.split_once("start worker process ") {
                let working = worker.trim().parse().context("a worker's number")?;
                std::thread::spawn(move || log.map_while(Result::ok).for_each(drop));
                return Ok(Self { child, working, ending: Some((ending, folder)), address });
            }
            said.push(line);
        }
        bail!("nginx has no worker: {said:#?}")
    }

    /// Its processor time so far, in seconds.
    pub fn cpu_s(&self) -> f64 {
        machine::cpu_s(self.working)
    }

    /// Its memory, in KiB.
    pub fn memory_kib(&self) -> u64 {
        machine::memory_kib(self.working)
    }

    /// The most memory that it has held, in KiB.
    pub fn peak_memory_kib(&self) -> u64 {
        machine::peak_memory_kib(self.working)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let asked =
            self.ending.as_mut().is_some_and(|(ending, _)| ending.status().is_ok_and(|status| status.success()));
        if !asked {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
