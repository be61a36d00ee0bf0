//! The logs of nodes inside the test process, each kept for its node alone; nothing is printed here.

use std::cell::RefCell;
use std::io;
use std::sync::Once;

use tracing_subscriber::filter::LevelFilter;

use crate::failure::LastLines;

thread_local! {
    static NODE: RefCell<Option<LastLines>> = const { RefCell::new(None) };
}

/// Keeps all further lines of this thread for a node, or for none.
pub fn keep(lines: Option<LastLines>) {
    static START: Once = Once::new();
    START.call_once(|| {
        let logs = tracing_subscriber::fmt().with_max_level(LevelFilter::INFO).with_ansi(false).with_writer(|| Lines);
        // Another subscriber of the process keeps its lines.
        let _ = logs.try_init();
    });
    NODE.with(|node| *node.borrow_mut() = lines);
}

struct Lines;

impl io::Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        NODE.with(|node| {
            if let Some(lines) = &*node.borrow() {
                lines.push(String::from_utf8_lossy(line).trim_end());
            }
        });
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
