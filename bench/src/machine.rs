//! The machine: which processors a process may use, and what it has used of them and of the memory, as Linux tells it.

use std::path::Path;
use std::process::Command;

/// Clock ticks a second in which Linux tells processor time; the same on all its common platforms.
const TICKS_PER_S: f64 = 100.0;

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
        match &self.0 {
            Some(list) => {
                let mut command = Command::new("taskset");
                command.args(["-c", list]).arg(program);
                command
            }
            None => Command::new(program),
        }
    }
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
