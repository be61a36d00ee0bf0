//! Every limit of the wire, once: what the server enforces and the front end shows beside its fields.

/// Largest WebSocket frame a client may send, in bytes: a token of 2 KiB and room to spare.
pub const FRAME_BYTES_MAX: usize = 4 * 1024;
/// Largest HTTP request body, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Largest whole case as JSON, in bytes: eight of them still make a view that a phone takes in one go.
pub const CASE_BYTES_MAX: usize = 12 * 1024;

/// Characters in a case's title.
pub const TITLE_CHARS_MAX: usize = 200;
/// Characters in an option's label.
pub const LABEL_CHARS_MAX: usize = 60;
/// Characters in a case's summary.
pub const SUMMARY_CHARS_MAX: usize = 1_000;
/// Characters in one side's statement.
pub const STATEMENT_CHARS_MAX: usize = 2_000;
/// Characters in the text of a piece of evidence.
pub const EVIDENCE_TEXT_CHARS_MAX: usize = 2_000;
/// Characters in the caption of a piece of evidence.
pub const CAPTION_CHARS_MAX: usize = 300;
/// Characters in the remedy.
pub const REMEDY_CHARS_MAX: usize = 200;
/// Characters in the reason a moderator gives for voiding a case.
pub const REASON_CHARS_MAX: usize = 500;
/// Characters in each reference of a case's subject.
pub const SUBJECT_CHARS_MAX: usize = 128;
/// Bytes in an evidence URL.
pub const URL_BYTES_MAX: usize = 2_048;
/// Pieces of evidence in a case.
pub const EVIDENCE_MAX: usize = 10;
/// Viewer ids that a case may recuse.
pub const RECUSED_MAX: usize = 100;

/// Options in a case, at least.
pub const OPTIONS_MIN: usize = 2;
/// Options in a case, at most: more do not fit a thumb.
pub const OPTIONS_MAX: usize = 5;
/// Options that do not abstain, at least: with one there is nothing to judge.
pub const DECIDING_OPTIONS_MIN: usize = 2;
/// Bytes in an option's id.
pub const OPTION_ID_BYTES_MAX: usize = 32;
/// Bytes in a room's name.
pub const ROOM_BYTES_MAX: usize = 64;
/// Bytes in a case's kind.
pub const KIND_BYTES_MAX: usize = 40;
/// Bytes in a viewer id, the token's `sub`.
pub const SUB_BYTES_MAX: usize = 128;
/// Bytes in the `request` of a cast.
pub const REQUEST_BYTES_MAX: usize = 64;
/// Bytes in an `Idempotency-Key`.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 128;

/// Shortest time a case is open, in seconds.
pub const DURATION_S_MIN: u64 = 5;
/// Longest time a case is open, extensions included, in seconds: a day.
pub const DURATION_S_MAX: u64 = 24 * 60 * 60;
/// Smallest quorum, in ballots.
pub const QUORUM_MIN: u64 = 1;
/// Largest quorum, in ballots.
pub const QUORUM_MAX: u64 = 1_000_000_000;
/// Quorum where a case names none, in ballots.
pub const QUORUM_DEFAULT: u64 = 30;
/// Parts of one in which a threshold is counted: four decimals.
pub const THRESHOLD_SCALE: u32 = 10_000;
/// Largest minimum account age, in days: a hundred years.
pub const ACCOUNT_AGE_DAYS_MAX: u32 = 36_500;

/// Open and sealed cases in one room, at most.
pub const LIVE_CASES_PER_ROOM_MAX: usize = 8;
/// Drafts in one room, at most: more than anybody prepares, and not enough to fill a database.
pub const DRAFTS_PER_ROOM_MAX: usize = 200;
/// Time for which an `Idempotency-Key` is remembered at least, in milliseconds: a day, in which every repeat has come.
pub const REQUEST_KEPT_MS: u64 = 24 * 60 * 60 * 1_000;
/// Decided and void cases that a docket message carries, newest first.
pub const ENDED_CASES_IN_DOCKET: usize = 10;
/// Items on one page of a list where the caller names no `limit`.
pub const PAGE_ITEMS_DEFAULT: u32 = 20;
/// Items on one page of a list, at most.
pub const PAGE_ITEMS_MAX: u32 = 100;

/// Time a new socket has to send `join`, in milliseconds.
pub const JOIN_TIMEOUT_MS: u64 = 5_000;
/// Shortest time between two tallies of one case, in milliseconds: five a second.
pub const TALLY_INTERVAL_MS: u64 = 200;
/// Time between two `presence` and two `stats` messages, in milliseconds.
pub const PRESENCE_INTERVAL_MS: u64 = 2_000;
/// Silence after which a socket is dropped, in milliseconds: three of the server's pings.
pub const SILENCE_MAX_MS: u64 = 90_000;
/// Time a case stays open at least after its tally was lost, in milliseconds: enough to cast again.
pub const REOPENED_MIN_MS: u64 = 10_000;
/// Spread of the automatic second cast after a loss, in milliseconds.
pub const RECAST_JITTER_MAX_MS: u64 = 2_000;
/// Shortest back-off of a reconnecting client, in milliseconds.
pub const BACKOFF_MIN_MS: u64 = 500;
/// Longest back-off of a reconnecting client, in milliseconds.
pub const BACKOFF_MAX_MS: u64 = 30_000;
