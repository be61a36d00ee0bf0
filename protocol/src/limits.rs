//! The limits of the wire. The server enforces them, and the front end shows them beside its fields. A request beyond
//! one is refused with its field named, unless the limit says otherwise.

/// Limits a WebSocket frame from a client, in bytes. A larger one closes the socket with 1009. A 2 KiB token fits
/// twice.
pub const FRAME_BYTES_MAX: usize = 4 * 1024;
/// Limits an HTTP request body, in bytes. A larger one gets 413. The largest case fits five times.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Limits a case as JSON, in bytes. Eight live cases make 96 KiB, which a phone loads within a second.
pub const CASE_BYTES_MAX: usize = 12 * 1024;

/// Limits a case's title, in characters: one or two sentences.
pub const TITLE_CHARS_MAX: usize = 200;
/// Limits an option's label, in characters: two lines on a phone.
pub const LABEL_CHARS_MAX: usize = 60;
/// Limits a case's summary, in characters: a paragraph or two.
pub const SUMMARY_CHARS_MAX: usize = 1_000;
/// Limits a side's statement, in characters: a page of text.
pub const STATEMENT_CHARS_MAX: usize = 2_000;
/// Limits the text of a piece of evidence, in characters: a chat record of a screen or two.
pub const EVIDENCE_TEXT_CHARS_MAX: usize = 2_000;
/// Limits the caption of a piece of evidence, in characters: a sentence or two.
pub const CAPTION_CHARS_MAX: usize = 300;
/// Limits the remedy, in characters. The widget shows it as one sentence.
pub const REMEDY_CHARS_MAX: usize = 200;
/// The shortest time within which a remedy is due, in hours.
pub const REMEDY_DUE_H_MIN: u32 = 1;
/// The longest time within which a remedy is due, in hours: 30 days, in which any return travels and is looked at.
pub const REMEDY_DUE_H_MAX: u32 = 720;
/// The time within which a remedy is due if the case names none, in hours: three days.
pub const REMEDY_DUE_H_DEFAULT: u32 = 72;
/// Limits the id of a policy, in bytes.
pub const POLICY_ID_BYTES_MAX: usize = 40;
/// Limits a moderator's reason for voiding a case, in characters: a short paragraph, which jurors read.
pub const REASON_CHARS_MAX: usize = 500;
/// Limits each reference of a case's subject, in characters: any id of a platform.
pub const SUBJECT_CHARS_MAX: usize = 128;
/// Limits an evidence URL, in bytes: the length that all browsers and proxies accept.
pub const URL_BYTES_MAX: usize = 2_048;
/// The length of the SHA-256 of a piece of evidence, in hexadecimal digits.
pub const SHA256_DIGITS: usize = 64;
/// Limits the pieces of evidence in a case: more would not be looked at before voting.
pub const EVIDENCE_MAX: usize = 10;
/// Limits the items of practice. A juror's answers are 64 bits each.
pub const PRACTICE_ITEMS_MAX: usize = 64;
/// Limits the reason of an item of practice, in characters: a short paragraph.
pub const PRACTICE_WHY_CHARS_MAX: usize = 600;
/// Limits the recused viewers of a case: the parties and their staff.
pub const RECUSED_MAX: usize = 100;

/// The fewest options of a case: a vote needs a choice.
pub const OPTIONS_MIN: usize = 2;
/// The most options of a case: five buttons fit on a phone without scrolling.
pub const OPTIONS_MAX: usize = 5;
/// The fewest options that do not abstain: a verdict needs two that compete.
pub const DECIDING_OPTIONS_MIN: usize = 2;
/// Limits an option's id, in bytes. Each ballot and tally carries it.
pub const OPTION_ID_BYTES_MAX: usize = 32;
/// Limits a room's name, in bytes. Store keys and URLs carry it.
pub const ROOM_BYTES_MAX: usize = 64;
/// Limits a case's kind, in bytes: a short identifier.
pub const KIND_BYTES_MAX: usize = 40;
/// Limits a viewer id, the token's `sub`, in bytes. It fits a UUID, a hash or an address.
pub const SUB_BYTES_MAX: usize = 128;
/// Limits a token's own id, its `jti`, in bytes: a UUID or a hash.
pub const JTI_BYTES_MAX: usize = 128;
/// Limits the id of a live session in a token, in bytes: a UUID or a number.
pub const SESSION_BYTES_MAX: usize = 64;
/// Limits the orders that a token names. Each request carries them, and a viewer reports a recent one.
pub const ORDERS_MAX: usize = 8;
/// Limits the id of an order in a token, in bytes: a UUID or a number.
pub const ORDER_BYTES_MAX: usize = 64;
/// Limits the text of a report, in characters: a short paragraph, which a moderator reads.
pub const REPORT_TEXT_CHARS_MAX: usize = 500;
/// Limits the reports of a viewer in a day (UTC). More is what somebody with a grudge sends.
pub const REPORTS_A_DAY_MAX: u64 = 5;
/// Limits the answer of `GET /reports`: what a viewer wants to look up.
pub const OWN_REPORTS_MAX: u32 = 20;
/// The fewest characters of a moderator's words about a decision: a short sentence.
pub const WORDS_CHARS_MIN: usize = 20;
/// Limits a moderator's words about a decision, in characters: a page of text.
pub const WORDS_CHARS_MAX: usize = 2_000;
/// Limits the `request` of a cast or of a request for a receipt, in bytes: a client's own id of a request.
pub const REQUEST_BYTES_MAX: usize = 64;
/// Limits an `Idempotency-Key`, in bytes: a UUID or a hash.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 128;

/// The shortest time that a case is open, in seconds: long enough to read a title and vote.
pub const DURATION_S_MIN: u64 = 5;
/// The longest time that a case is open, extensions included, in seconds: a day.
pub const DURATION_S_MAX: u64 = 24 * 60 * 60;
/// The shortest extension, in seconds. Each sends the room's docket to all of its viewers.
pub const EXTENSION_S_MIN: u64 = 10;
/// The smallest quorum, in ballots.
pub const QUORUM_MIN: u64 = 1;
/// The largest quorum, in ballots: more than the viewers of any stream.
pub const QUORUM_MAX: u64 = 1_000_000_000;
/// The quorum of a case that names none, in ballots.
pub const QUORUM_DEFAULT: u64 = 30;
/// The largest limit that a policy may set on the cases on one subject.
pub const ATTEMPTS_MAX: u64 = 1_000;
/// The time for which a moderator's request waits for another moderator, in milliseconds. Later the step must be asked
/// for anew, since the case has moved on.
pub const ASKED_FOR_MS: u64 = 10 * 60 * 1_000;
/// The parts of one in which a threshold counts: four decimals, compared as integers.
pub const THRESHOLD_SCALE: u32 = 10_000;
/// The smallest `min_per_side` of a rule by side, in ballots. Fewer would tell how single jurors of a side voted.
pub const PER_SIDE_MIN: u64 = 5;
/// The largest `min_per_side`, in ballots: more than the buyers or merchants of any stream.
pub const PER_SIDE_MAX: u64 = 1_000_000;
/// The `min_per_side` of a rule that names none, in ballots: a side's share then moves by 5 % a ballot at most.
pub const PER_SIDE_DEFAULT: u64 = 20;
/// The fewest seats of a stratum of a panel that has any. Two thirds of them must vote, and these are then five: fewer
/// would tell how single jurors voted.
pub const PANEL_SEATS_MIN: u64 = 7;
/// The most seats of a stratum of a panel. A larger panel is hardly ever right where this one is wrong.
pub const PANEL_SEATS_MAX: u64 = 101;
/// The most jurors who are called for each seat of a panel. Where fewer than one in four votes, more would not help.
pub const PANEL_CALL_MAX: u64 = 4;
/// The jurors who are called for each seat of a panel that names no number: about half of them vote.
pub const PANEL_CALL_DEFAULT: u64 = 2;
/// The longest time for which a panel may want its jurors to have been there, in seconds: an hour of a stream.
pub const PANEL_PRESENT_S_MAX: u64 = 3_600;
/// The time for which the jurors of a panel must have been there if it names none, in seconds.
pub const PANEL_PRESENT_S_DEFAULT: u64 = 60;
/// The shortest time that a case with a panel is open, in seconds. Five of them pass before anybody is called.
pub const PANEL_DURATION_S_MIN: u64 = 30;
/// The time after a verdict in which it can be appealed, in milliseconds: three days, so that a weekend fits.
pub const APPEAL_WINDOW_MS: u64 = 72 * 60 * 60 * 1_000;
/// The highest level of a juror.
pub const LEVEL_MAX: u8 = 3;
/// Limits the reasons of a case. Three bits of a ballot hold the chosen one, and none is a choice, too.
pub const REASONS_MAX: usize = 6;
/// Limits the label of a reason, in characters: one line on a phone.
pub const REASON_LABEL_CHARS_MAX: usize = 40;
/// The largest minimum account age, in days: a hundred years.
pub const ACCOUNT_AGE_DAYS_MAX: u32 = 36_500;

/// Limits the open and sealed cases of a room. One more is refused with 409. Each costs every viewer a share of the
/// view. Cases that wait for a lost tally are not counted, since no moderator of the room can end them.
pub const LIVE_CASES_PER_ROOM_MAX: usize = 8;
/// Limits the drafts of a room. One more is refused with 409. Moderators prepare fewer, and the database stays small.
pub const DRAFTS_PER_ROOM_MAX: usize = 200;
/// The time for which an `Idempotency-Key` is remembered, in milliseconds. Later, a repeat creates a second case.
/// Clients retry within minutes; a day leaves room for an outage.
pub const REQUEST_KEPT_MS: u64 = 24 * 60 * 60 * 1_000;
/// The decided and void cases in a docket, newest first. Older ones come by HTTP.
pub const ENDED_CASES_IN_DOCKET: usize = 10;
/// The items on a page of a list if the caller names no `limit`.
pub const PAGE_ITEMS_DEFAULT: u32 = 20;
/// The most items on a page of a list. A larger `limit` is refused.
pub const PAGE_ITEMS_MAX: u32 = 100;
/// Limits a page of a list, in bytes. Beyond it the page ends early, and its `next` goes on from there. Twenty of the
/// largest cases fit.
pub const PAGE_BYTES_MAX: usize = 256 * 1024;

/// The time that a new socket has to send `join`, in milliseconds. Later, the node closes it with 4408. A token source
/// on a slow network answers within a second or two.
pub const JOIN_TIMEOUT_MS: u64 = 5_000;
/// The shortest time between two tallies of one case, in milliseconds. More than five a second are not readable.
pub const TALLY_INTERVAL_MS: u64 = 200;
/// The time between two `presence` and between two `stats` messages, in milliseconds. Neither is urgent.
pub const PRESENCE_INTERVAL_MS: u64 = 2_000;
/// The silence after which the server drops a socket, in milliseconds. A third of it lies between two pings. The kernel
/// notices most dead connections within three minutes, so the pings are for the rest.
pub const SILENCE_MAX_MS: u64 = 900_000;
/// The shortest time that a case stays open after its tally was lost, in milliseconds: enough for every widget to
/// reconnect and cast again.
pub const REOPENED_MIN_MS: u64 = 10_000;
/// The longest random delay of the second cast after a loss, in milliseconds. It spreads the load of a room's ballots.
pub const RECAST_JITTER_MAX_MS: u64 = 2_000;
/// The shortest delay before a client reconnects, in milliseconds.
pub const BACKOFF_MIN_MS: u64 = 500;
/// The longest delay before a client reconnects, in milliseconds: a viewer waits this long after an outage at most.
pub const BACKOFF_MAX_MS: u64 = 30_000;
