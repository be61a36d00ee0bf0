//! One measured process, a node or a baseline: starts it, finds its address, reads its usage, and ends it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use live_jury_tests::ports::free_port;
use serde_json::Value;
use tempfile::TempDir;

use crate::machine::{self, Cores};

/// The address in nginx's settings; a free port replaces it.
const NGINX_ADDRESS: &str = "127.0.0.1:18080";
/// The log level in nginx's settings, and the one that also reports the start of the worker.
const NGINX_LOG_LEVELS: [&str; 2] = ["stderr warn", "stderr notice"];

/// One measured process; dropping it kills it.
pub struct Node {
    child: Child,
    /// The process whose usage is read: nginx serves from a worker process.
    measured: u32,
    /// The command that ends it, where a kill would leave its worker, and its folder.
    stop: Option<(Command, TempDir)>,
    /// The address at which it listens.
    pub address: SocketAddr,
}

impl Node {
    fn new(child: Child, address: SocketAddr) -> Self {
        Self { measured: child.id(), child, stop: None, address }
    }

    /// Starts a program that logs its address as a line of JSON on its error output.
    ///
    /// # Errors
    /// The program ends before that line.
    pub fn listening(mut command: Command) -> Result<Self> {
        let mut child =
            command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().context("the program does not start")?;
        let mut log = BufReader::new(child.stderr.take().context("the program has no error output")?).lines();
        let mut output = Vec::new();
        for line in log.by_ref() {
            let line = line?;
            let entry: Value = serde_json::from_str(&line).unwrap_or_default();
            if entry["message"] == "listening" {
                let address = entry["address"].as_str().context("the line has no address")?.parse()?;
                // Later lines are forwarded, so that the program never blocks on a full pipe.
                std::thread::spawn(move || {
                    log.map_while(Result::ok).filter(|line| !line.contains("INFO")).for_each(|line| eprintln!("{line}"))
                });
                return Ok(Self::new(child, address));
            }
            output.push(line);
        }
        bail!("the program does not listen: {output:#?}")
    }

    /// Starts a baseline. It takes its port from the environment, and prints a line when it listens.
    ///
    /// # Errors
    /// The baseline ends before that line.
    pub fn baseline(mut command: Command, variables: &[(&str, String)]) -> Result<Self> {
        let port = free_port();
        command.env("PORT", port.to_string()).envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("a baseline does not start")?;
        let mut lines = BufReader::new(child.stdout.take().context("a baseline has no output")?).lines();
        lines
            .by_ref()
            .map_while(Result::ok)
            .find(|line| line.contains("listening"))
            .context("a baseline does not listen")?;
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok(Self::new(child, ([127, 0, 0, 1], port).into()))
    }

    /// Starts nginx with settings for one worker.
    ///
    /// # Errors
    /// nginx ends before its worker starts.
    pub fn nginx(cores: &Cores, settings: &Path) -> Result<Self> {
        let (folder, port) = (TempDir::new()?, free_port());
        let address: SocketAddr = ([127, 0, 0, 1], port).into();
        let text = std::fs::read_to_string(settings).with_context(|| settings.display().to_string())?;
        ensure!(text.contains(NGINX_ADDRESS), "{} does not listen on {NGINX_ADDRESS}", settings.display());
        let text = text.replace(NGINX_ADDRESS, &address.to_string()).replace(NGINX_LOG_LEVELS[0], NGINX_LOG_LEVELS[1]);
        std::fs::write(folder.path().join("nginx.conf"), text)?;
        let nginx = |mut command: Command| {
            command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "stderr"]).stdin(Stdio::null());
            command
        };
        let mut stop = nginx(Command::new("nginx"));
        stop.args(["-s", "stop"]).stderr(Stdio::null());
        let mut command = nginx(cores.command(Path::new("nginx")));
        let mut child = command.stderr(Stdio::piped()).spawn().context("nginx does not start")?;
        let mut log = BufReader::new(child.stderr.take().context("the program has no error output")?).lines();
        let mut output = Vec::new();
        for line in log.by_ref() {
            let line = line?;
            if let Some((_, worker)) = line.split_once("start worker process ") {
                let measured = worker.trim().parse().context("the worker's process id")?;
                std::thread::spawn(move || log.map_while(Result::ok).for_each(drop));
                return Ok(Self { child, measured, stop: Some((stop, folder)), address });
            }
            output.push(line);
        }
        bail!("nginx has no worker: {output:#?}")
    }

    /// Its processor time so far, in seconds.
    pub fn cpu_s(&self) -> f64 {
        machine::cpu_s(self.measured)
    }

    /// Its resident memory, in KiB.
    pub fn memory_kib(&self) -> u64 {
        machine::memory_kib(self.measured)
    }

    /// Its largest resident memory so far, in KiB.
    pub fn peak_memory_kib(&self) -> u64 {
        machine::peak_memory_kib(self.measured)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let stopped = self.stop.as_mut().is_some_and(|(stop, _)| stop.status().is_ok_and(|status| status.success()));
        if !stopped {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
