//! The machine: which processors a process may use, and what it has used of them and of the memory, as Linux tells it.

use std::path::Path;
use std::process::Command;

/// Clock ticks a second in which Linux tells processor time; the same on all its common platforms.
const TICKS_PER_S: f64 = 100.0;

/// How far nodes, peers and the load generator stand back behind Redis and PostgreSQL, as `nice` counts. On a machine where dozens
/// of them share two processors, Redis would get a fortieth, and everybody waits for it.
const STAND_BACK: &str = "10";

/// Processors that a process may use, as `taskset` writes them; all, if none is named.
#[derive(Clone, Debug, Default)]
pub struct Cores(pub Option<String>);

impl Cores {
    /// These alone.
    pub fn only(list: &str) -> Self {
        Self(Some(list.to_owned()))
    }

    /// A program that runs on them.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("nice");
        command.args(["-n", STAND_BACK]);
        if let Some(list) = &self.0 {
            command.args(["taskset", "-c", list]);
        }
        command.arg(program);
        command
    }

    /// How many processors this process may use.
    ///
    /// # Errors
    /// The machine does not tell.
    pub fn count() -> std::io::Result<usize> {
        Ok(std::thread::available_parallelism()?.get())
    }
}

/// How many processors the machine has, whoever may use them.
pub fn processors() -> Option<usize> {
    let told = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    Some(told.lines().filter(|line| line.starts_with("processor")).count())
}

/// Processor time of a process so far, in seconds; 0 once it is gone.
pub fn cpu_s(id: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The name stands in brackets and may hold blanks; user and system time are the 12th and 13th word after it.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks: f64 = after.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<f64>().ok()).sum();
    ticks / TICKS_PER_S
}

/// Memory of a process, in KiB: what it holds now.
pub fn memory_kib(id: u32) -> u64 {
    status_kib(id, "VmRSS:")
}

/// Memory of a process, in KiB: the most it has held.
pub fn peak_memory_kib(id: u32) -> u64 {
    status_kib(id, "VmHWM:")
}

fn status_kib(id: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
