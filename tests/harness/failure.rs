//! Details that a failing test prints: the addresses of its servers and the last lines of their logs; a passing test
//! prints none.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// Lines kept of a server's log for a failing test. A test that needs the whole log reads it from the program.
const LINES_MAX: usize = 40;

/// The last lines of a server's log.
#[derive(Clone, Debug, Default)]
pub struct LastLines(Arc<Mutex<VecDeque<String>>>);

impl LastLines {
    /// Adds a line, and forgets the oldest beyond [`LINES_MAX`].
    pub fn push(&self, line: &str) {
        // A test that has failed may hold the lock no more; its lines are still good.
        let mut lines = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        lines.push_back(line.to_owned());
        if lines.len() > LINES_MAX {
            lines.pop_front();
        }
    }

    fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        lines.iter().map(|line| format!("    {line}\n")).collect()
    }
}

/// A server of a test. If the test has failed by the time of the drop, its description and its last lines are printed.
#[derive(Debug)]
pub struct Report {
    server: String,
    log: LastLines,
}

impl Report {
    /// A report on a server, such as `node at 127.0.0.1:1234`.
    #[must_use]
    pub fn new(server: String, log: LastLines) -> Self {
        Self { server, log }
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprint!("{}\n{}", self.server, self.log.text());
        }
    }
}
