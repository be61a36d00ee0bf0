//! A busy loop that takes one processor from a run; it measures nothing.

use std::io::Read;
use std::process::{Child, Stdio};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::machine::{self, Cores};

/// `busy`, the process of the loop
#[derive(Args, Clone, Copy, Debug)]
pub struct Busy {}

impl Busy {
    /// Keeps a processor busy until the input ends.
    pub fn run(self) {
        let input = std::thread::spawn(|| {
            // The conductor writes nothing; the input ends with it.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
        });
        while !input.is_finished() {
            std::hint::spin_loop();
        }
    }
}

/// A running busy loop; dropping it ends it.
#[derive(Debug)]
pub struct BusyCore(Child);

impl BusyCore {
    /// Starts a busy loop on one processor. It has the priority of Redis and PostgreSQL, above nodes and workers.
    ///
    /// # Errors
    /// There is no such processor, or the loop does not start.
    pub fn start(core: usize) -> Result<Self> {
        let exists = machine::processors().is_none_or(|count| core < count);
        ensure!(exists, "there is no processor {core}");
        let mut command = Cores::only(&core.to_string()).command_at_full_priority(&std::env::current_exe()?);
        let child = command.arg("busy").stdin(Stdio::piped()).spawn();
        Ok(Self(child.context("the busy loop does not start")?))
    }
}

impl Drop for BusyCore {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
