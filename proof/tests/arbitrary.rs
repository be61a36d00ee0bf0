//! No parser panics, and a parser that accepts bytes has their one spelling.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use live_jury_proof::bundle::Bundle;
use live_jury_proof::checkpoint::{Checkpoint, parse_witness_answer};
use live_jury_proof::entry::Entry;
use live_jury_proof::note::{Note, VerifierKey};
use live_jury_proof::policy::Policy;
use live_jury_proof::receipt::Receipt;
use live_jury_proof::row::parse_rows;
use live_jury_proof::statement::Statement;
use live_jury_proof::tiles::{Edge, Tile, parse_entries_path, parse_entry_bundle, parse_tile};
use live_jury_proof::tlog_proof::TlogProof;
use proptest::prelude::*;

/// Texts near those that parsers accept.
const SEEDS: &[&str] = &[
    "live-jury/verdict/v1\ncase 01a203b5-27b4-7ec3-865e-b9e2a7a1b202\nroom live-42\nbrief \
     f1a6a2dbdc4af80b4f10c6b6a8ae0d4d3a9eb1a6cf3a6dd0f9f0d5b0e0f7b1c2\nopened 1\nsealed 2 deadline\nextended 0\n\
     epoch 1\naudit 2 f1a6a2dbdc4af80b4f10c6b6a8ae0d4d3a9eb1a6cf3a6dd0f9f0d5b0e0f7b1c2\nkey 662fd7a2f7fa20e8\n\
     options a b c~\n\
     rule quorum=3 threshold=5000 band=1 sides=20:5000 panel=15,15,0:2 raid=show\n\
     draw 00 00\ncalled buyer 15 30 00\noutcome hung - thin_margin\n\
     ballots 18446744073709551615\n\
     counts 18446744073709551615 0 0\npanel buyer 15 9 6 0\nside buyer 1 1 1\npresent 1 2 3 e -4\nreason 1 5 5 5\n\
     seals 1 mHlfi65apCqHKnGc/rYIrfsPIOUOY7CiNrwKunrZhU4=\nrows 1 mHlfi65apCqHKnGc/rYIrfsPIOUOY7CiNrwKunrZhU4=\n",
    "jury.example.com/log/1\n1\nmHlfi65apCqHKnGc/rYIrfsPIOUOY7CiNrwKunrZhU4=\n\n— jury.example.com/log/1 AAAAAAE=\n",
    "c2sp.org/tlog-proof@v1\nextra AAAA\nindex 18446744073709551615\n\
     mHlfi65apCqHKnGc/rYIrfsPIOUOY7CiNrwKunrZhU4=\n\na\n",
    "log a+00000000+AQ==\nwitness w b+00000000+BA==\ngroup g 18446744073709551615 w\nquorum g\n",
    "{\"format\":\"live-jury/bundle/v1\",\"statement\":\"\\ud800\",\"proof\":\"\\u\",\"brief\":null,\"audit\":null,\
     \"rows\":\"\",\"opening\":{\"key\":\"\",\"rest\":\"\"}}",
    "tile/0/x999/x999/x999/999.p/255",
    "live-jury/continues/v1\na\n1\nmHlfi65apCqHKnGc/rYIrfsPIOUOY7CiNrwKunrZhU4=\n",
];

/// Gives bytes to every parser. Accepted bytes must be written as they were read.
fn parse_all(bytes: &[u8]) {
    let _ = (parse_rows(bytes), parse_tile(bytes), parse_entry_bundle(bytes));
    if let Ok(receipt) = Receipt::parse(bytes) {
        assert_eq!(receipt.to_bytes(), bytes);
    }
    if let Ok(bundle) = Bundle::parse(bytes) {
        assert_eq!(bundle.to_json().unwrap().as_bytes(), bytes);
    }
    if let Ok(edge) = Edge::from_bytes(bytes) {
        assert_eq!(edge.to_bytes(), bytes);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = (Policy::parse(text), parse_witness_answer(text), parse_entries_path(text));
    let texts = [
        Statement::parse(text).and_then(|statement| statement.to_text()),
        Checkpoint::parse(text).map(|checkpoint| checkpoint.to_text()),
        Entry::parse(text).map(|entry| entry.to_text()),
        Note::parse(text).map(|note| note.to_string()),
        TlogProof::parse(text).map(|proof| proof.to_string()),
        VerifierKey::parse(text).map(|key| key.to_string()),
        Tile::parse(text).map(|tile| tile.path()),
    ];
    texts.into_iter().flatten().for_each(|written| assert_eq!(written, text));
}

proptest! {
    #[test]
    fn no_parser_panics_on_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        parse_all(&bytes);
    }

    /// A line is repeated, moved, cut, or has another byte.
    #[test]
    fn no_parser_panics_on_nearly_right_texts(
        seed in prop::sample::select(SEEDS), at in any::<prop::sample::Index>(), byte in any::<u8>(),
        from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), repeat in 0_usize..40,
    ) {
        let mut bytes = seed.as_bytes().to_vec();
        parse_all(&bytes);
        let place = at.index(bytes.len());
        bytes[place] = byte;
        parse_all(&bytes);
        let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
        parse_all(&bytes[from.min(to)..from.max(to)]);
        let lines: Vec<&str> = seed.split_inclusive('\n').collect();
        let mut more = lines.clone();
        more.splice(place % lines.len()..place % lines.len(), std::iter::repeat_n(lines[from % lines.len()], repeat));
        parse_all(more.concat().as_bytes());
    }
}
