//! A log that is followed: what holds, and what a log with another past, other tiles or other keys is found by.

use std::collections::HashMap;

use live_jury_proof::checkpoint::Checkpoint;
use live_jury_proof::merkle::{Tree, leaf_hash, root};
use live_jury_proof::note::{KeyKind, Signer};
use live_jury_proof::policy::Policy;
use live_jury_proof::tiles::{Edge, Tile};
use live_jury_verify::{FAILED, Followed, GOOD, UNCHECKED, follow};

use crate::fixture::log_key;

/// A log whose entries are numbers, but for one.
struct Log {
    edge: Edge,
    full: HashMap<String, Vec<u8>>,
    leaves: Vec<[u8; 32]>,
}

impl Log {
    fn of(entries: u64, changed: Option<u64>) -> Self {
        let mut log = Log { edge: Edge::default(), full: HashMap::new(), leaves: Vec::new() };
        for entry in 0..entries {
            let text = if changed == Some(entry) { "changed".to_owned() } else { entry.to_string() };
            let leaf = leaf_hash(text.as_bytes());
            log.leaves.push(leaf);
            for (level, index, hashes) in log.edge.push(leaf) {
                log.full.insert(Tile { level, index, width: 256 }.path(), hashes.as_flattened().to_vec());
            }
        }
        log
    }

    fn checkpoint(&self) -> Checkpoint {
        let tree = Tree { size: self.edge.size(), root: root(&self.leaves) };
        Checkpoint { origin: "jury.example.com/log/1".to_owned(), tree }
    }

    fn note(&self) -> String {
        log_key().sign_note(&self.checkpoint().to_text()).to_string()
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, String> {
        let tile = Tile::parse(path).map_err(|error| error.to_string())?;
        if let Some(full) = self.full.get(path) {
            return Ok(full.clone());
        }
        let partial = self.edge.partial(tile.level).get(..usize::from(tile.width)).filter(|_| tile.width < 256);
        partial.map(|hashes| hashes.as_flattened().to_vec()).ok_or_else(|| format!("{path}: there is none"))
    }

    fn followed(&self, kept: Option<&Checkpoint>) -> Followed {
        let policy = Policy::of_log(log_key().verifier().clone());
        follow(&self.note(), kept, Some(&policy), &mut |path| self.file(path)).unwrap()
    }
}

fn growth(followed: &Followed) -> &str {
    followed.report.checks.iter().find(|check| check.name == "growth").unwrap().finding.text()
}

#[test]
fn a_log_that_only_grew_is_good() {
    let sizes = [0, 1, 2, 3, 255, 256, 257, 300, 511, 512, 1_000];
    let mut kept: Option<Checkpoint> = None;
    for size in sizes {
        let followed = Log::of(size, None).followed(kept.as_ref());
        assert_eq!(followed.report.exit_code(), GOOD, "{size}: {}", followed.report);
        for earlier in sizes.into_iter().filter(|earlier| *earlier <= size) {
            let again = Log::of(size, None).followed(Some(&Log::of(earlier, None).checkpoint()));
            assert_eq!(again.report.exit_code(), GOOD, "{earlier} to {size}: {}", again.report);
        }
        kept = Some(followed.checkpoint);
    }
    assert_eq!(kept.unwrap().tree.size, 1_000);
}

#[test]
fn a_log_of_the_third_level_is_read_by_few_tiles() {
    let (log, kept) = (Log::of(70_000, None), Log::of(69_000, None).checkpoint());
    let (policy, mut fetched) = (Policy::of_log(log_key().verifier().clone()), Vec::new());
    let followed = follow(&log.note(), Some(&kept), Some(&policy), &mut |path| {
        fetched.push(path.to_owned());
        log.file(path)
    });
    assert_eq!(followed.unwrap().report.exit_code(), GOOD);
    assert!(fetched.len() < 12, "{fetched:?}");
}

#[test]
fn a_changed_entry_is_found_in_every_place() {
    for (size, kept, changed) in [(3, 2, 0), (3, 3, 2), (300, 256, 255), (300, 257, 256), (1_000, 999, 500)] {
        let followed = Log::of(size, Some(changed)).followed(Some(&Log::of(kept, None).checkpoint()));
        assert_eq!(followed.report.exit_code(), FAILED, "{size} {kept} {changed}");
        assert!(growth(&followed).contains("are not those that the log had"), "{}", growth(&followed));
    }
    let later = Log::of(300, Some(299)).followed(Some(&Log::of(299, None).checkpoint()));
    assert_eq!(later.report.exit_code(), GOOD, "what came later may be anything");
}

#[test]
fn a_shorter_log_and_another_log_are_found() {
    let kept = Log::of(5, None).checkpoint();
    let shorter = Log::of(4, None).followed(Some(&kept));
    assert_eq!((shorter.report.exit_code(), growth(&shorter)), (FAILED, "the log has 4 entries, and had 5"));
    let other = Checkpoint { origin: "jury.example.com/log/2".to_owned(), ..kept };
    let moved = Log::of(5, None).followed(Some(&other));
    assert_eq!(moved.report.exit_code(), FAILED);
    assert!(growth(&moved).contains("was kept"), "{}", growth(&moved));
}

#[test]
fn tiles_that_do_not_fit_the_checkpoint_are_found() {
    let (log, other) = (Log::of(300, None), Log::of(300, Some(7)));
    let policy = Policy::of_log(log_key().verifier().clone());
    let of_other = follow(&log.note(), None, Some(&policy), &mut |path| other.file(path)).unwrap();
    assert_eq!(of_other.report.exit_code(), FAILED, "{}", of_other.report);
    let cut = follow(&log.note(), None, Some(&policy), &mut |path| log.file(path).map(|tile| tile[..32].to_vec()));
    assert!(cut.unwrap_err().contains("it has 1 hashes"));
    let gone = follow(&log.note(), None, Some(&policy), &mut |_| Err("the answer is 404".to_owned()));
    assert_eq!(gone, Err("the answer is 404".to_owned()));
    assert!(follow("no note", None, Some(&policy), &mut |path| log.file(path)).is_err());
}

#[test]
fn the_key_and_the_witnesses_are_those_of_the_policy() {
    let log = Log::of(3, None);
    let code = |note: &str, policy: Option<&Policy>| {
        follow(note, None, policy, &mut |path| log.file(path)).unwrap().report.exit_code()
    };
    assert_eq!(code(&log.note(), None), UNCHECKED);
    let stranger = Signer::new("jury.example.com/log/1", KeyKind::Log, &[43; 32]).unwrap();
    assert_eq!(code(&log.note(), Some(&Policy::of_log(stranger.verifier().clone()))), FAILED);
    let witness = Signer::new("witness.example.com", KeyKind::Witness, &[44; 32]).unwrap();
    let policy = format!("log {}\nwitness w {}\nquorum w\n", log_key().verifier(), witness.verifier());
    let policy = Policy::parse(&policy).unwrap();
    assert_eq!(code(&log.note(), Some(&policy)), FAILED);
    let cosigned = log.note() + &witness.sign_text(&log.checkpoint().to_text(), 1_795_358_533).to_string();
    assert_eq!(code(&cosigned, Some(&policy)), GOOD);
    let forged = log.note() + &witness.sign_text("another text\n", 1_795_358_533).to_string();
    assert_eq!(code(&forged, Some(&policy)), FAILED);
}
