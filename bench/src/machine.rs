//! The machine: restricts processes to processors, and reads their processor time and memory from /proc; Linux only.

use std::path::Path;
use std::process::Command;

/// Clock ticks a second of processor time in /proc; the same on all common platforms of Linux.
const TICKS_PER_S: f64 = 100.0;

/// The `nice` value of nodes, baselines and the load generator; Redis and PostgreSQL have 0. Dozens of processes share
/// two processors: without it Redis, for which all others wait, would get a fortieth of them.
const NICENESS: &str = "10";

/// Processors that a process may use, in the notation of `taskset`; all, if none is named.
#[derive(Clone, Debug, Default)]
pub struct Cores(pub Option<String>);

impl Cores {
    /// The processors of this list.
    pub fn only(list: &str) -> Self {
        Self(Some(list.to_owned()))
    }

    /// A command that runs a program on them, behind Redis and PostgreSQL in priority.
    pub fn command(&self, program: &Path) -> Command {
        self.command_with(&["nice", "-n", NICENESS], program)
    }

    /// A command that runs a program on them, at the priority of Redis and PostgreSQL.
    pub fn command_at_full_priority(&self, program: &Path) -> Command {
        self.command_with(&["env"], program)
    }

    /// A command of `words` that runs a program on the processors.
    fn command_with(&self, words: &[&str], program: &Path) -> Command {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        if let Some(list) = &self.0 {
            command.args(["taskset", "-c", list]);
        }
        command.arg(program);
        command
    }

    /// The number of processors that this process may use.
    ///
    /// # Errors
    /// The system does not report it.
    pub fn count() -> std::io::Result<usize> {
        Ok(std::thread::available_parallelism()?.get())
    }
}

/// The number of processors of the machine.
pub fn processors() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    Some(text.lines().filter(|line| line.starts_with("processor")).count())
}

/// Processor time of a process so far, in seconds; 0 once it has ended.
pub fn cpu_s(id: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The name in brackets may contain blanks. User and system time are the 12th and 13th word after it.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks: f64 = after.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<f64>().ok()).sum();
    ticks / TICKS_PER_S
}

/// Resident memory of a process, in KiB.
pub fn memory_kib(id: u32) -> u64 {
    status_kib(id, "VmRSS:")
}

/// The largest resident memory of a process so far, in KiB.
pub fn peak_memory_kib(id: u32) -> u64 {
    status_kib(id, "VmHWM:")
}

fn status_kib(id: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
