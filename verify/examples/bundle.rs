//! Writes the bundle of a made-up case, for measurements and for docs/verifying.md; or verifies one as `live-jury
//! verify` does.
//!
//! ```sh
//! cargo run --release -p live-jury-verify --example bundle -- write 450000 /tmp/case.bundle
//! cargo run --release -p live-jury-verify --example bundle -- verify /tmp/case.bundle
//! ```

#![allow(clippy::unwrap_used, reason = "a case that cannot be made ends the program")]

#[path = "../tests/recorded/fixture.rs"]
mod fixture;
#[path = "../tests/recorded/gauge.rs"]
mod gauge;

use std::process::ExitCode;

use fixture::{Spec, log_key, panel, plain, record, strict};
use live_jury_verify::program::{Request, run};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", ballots, path, words @ ..] => {
            let rule = match words {
                ["strict", ..] => strict(),
                ["panel", ..] => panel(),
                _ => plain(),
            };
            let opening = words.contains(&"opening");
            let recorded = record(&Spec { ballots: ballots.parse().unwrap(), rule, opening, first: 60 });
            std::fs::write(path, recorded.bundle.to_json().unwrap()).unwrap();
            println!("{} seals, {}", recorded.seals.len(), recorded.log.verifier());
            ExitCode::SUCCESS
        }
        ["verify", path] => {
            let log = Some(log_key().verifier().to_string());
            let request = Request { bundle: path.into(), log, ..Request::default() };
            ExitCode::from(run(&request, &mut std::io::stdout().lock()).unwrap())
        }
        _ => {
            eprintln!("usage: bundle write BALLOTS PATH [strict|panel] [opening] | bundle verify PATH");
            ExitCode::from(2)
        }
    }
}
