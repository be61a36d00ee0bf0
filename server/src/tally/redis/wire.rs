//! Encodes the arguments of the scripts and parses their replies, in the forms that `case.lua` and `record.lua` define.

use live_jury_court::{Marks, Pseudonym, SealedBy, StoredBallot};
use live_jury_protocol::{CaseId, Side};
use redis::{FromRedisValue, Value, from_redis_value};

use crate::entrant::{Entrant, Entrants};
use crate::tally::offer::{OFFER_BYTES, from_bytes, to_bytes};
use crate::tally::{Cast, RecordResult, Seal, TallyError, TallyState};

/// The length of a cast in a batch, in bytes: pseudonym, option, side, marks, change.
const CAST_BYTES: usize = 23;
/// The length of a result in a reply, in bytes: code, option, change.
const RESULT_BYTES: usize = 6;

/// Packs a batch.
pub(super) fn pack(ballots: &[Cast]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(ballots.len() * CAST_BYTES);
    for cast in ballots {
        packed.extend_from_slice(&cast.juror.0);
        packed.extend_from_slice(&[cast.option, side_byte(cast.side), cast.marks.byte()]);
        packed.extend_from_slice(&cast.change.to_be_bytes());
    }
    packed
}

/// Packs the offers of a list.
pub(super) fn pack_offers(offers: &[Entrant]) -> Vec<u8> {
    offers.iter().flat_map(to_bytes).collect()
}

/// Parses the reply of a draw.
pub(super) fn offers_of(case: CaseId, reply: Value) -> Result<Entrants, TallyError> {
    let mut reply = Fields::of(reply)?;
    match reply.next::<String>()?.as_str() {
        "drawn" => {}
        refusal => return Err(refused(case, refusal, &mut reply)),
    }
    let mut list = || {
        let packed: Vec<u8> = reply.next()?;
        let (offers, rest) = packed.as_chunks::<OFFER_BYTES>();
        let offers = offers.iter().map(from_bytes).collect();
        if rest.is_empty() { Ok(offers) } else { Err(malformed("whole offers")) }
    };
    Ok([list()?, list()?, list()?])
}

/// Parses a stored ballot: option, side, marks, change, minute. An earlier version wrote no marks.
pub(super) fn ballot(juror: Pseudonym, value: &[u8]) -> Result<StoredBallot, TallyError> {
    let (option, side, marks, [c0, c1, c2, c3, m0, m1, m2, m3]) = match *value {
        [option, side, marks, c0, c1, c2, c3, m0, m1, m2, m3] => {
            (option, side, marks, [c0, c1, c2, c3, m0, m1, m2, m3])
        }
        [option, side, c0, c1, c2, c3, m0, m1, m2, m3] => (option, side, 0, [c0, c1, c2, c3, m0, m1, m2, m3]),
        _ => return Err(malformed("a ballot of eleven bytes")),
    };
    Ok(StoredBallot {
        juror,
        option,
        side: side_of(side)?,
        marks: Marks::from_byte(marks),
        change: u32::from_be_bytes([c0, c1, c2, c3]),
        cast_at_min: u32::from_be_bytes([m0, m1, m2, m3]).into(),
    })
}

const fn side_byte(side: Option<Side>) -> u8 {
    match side {
        None => 0,
        Some(Side::Buyer) => 1,
        Some(Side::Merchant) => 2,
    }
}

fn side_of(byte: u8) -> Result<Option<Side>, TallyError> {
    match byte {
        0 => Ok(None),
        1 => Ok(Some(Side::Buyer)),
        2 => Ok(Some(Side::Merchant)),
        _ => Err(malformed("a side of the market")),
    }
}

/// The reply of a script about a case that exists.
pub(super) struct Reply {
    pub state: TallyState,
    pub results: Vec<RecordResult>,
}

impl Reply {
    pub fn parse(case: CaseId, reply: Value) -> Result<Self, TallyError> {
        let mut reply = Fields::of(reply)?;
        match reply.next::<String>()?.as_str() {
            "state" => Self::of(&mut reply),
            refusal => Err(refused(case, refusal, &mut reply)),
        }
    }

    fn of(reply: &mut Fields) -> Result<Self, TallyError> {
        let (epoch, rev) = (reply.next()?, reply.next()?);
        let counts = reply.next::<String>()?.split(',').map(str::parse).collect::<Result<_, _>>().map_err(malformed)?;
        let (closes_at_ms, now_ms) = (reply.next()?, reply.next()?);
        let (by, at_ms): (String, u64) = (reply.next()?, reply.next()?);
        let seal = if by.is_empty() { None } else { Some(Seal { by: sealed_by(&by)?, at_ms }) };
        let results = match reply.0.next() {
            Some(packed) => results(&read::<Vec<u8>>(packed)?)?,
            None => Vec::new(),
        };
        Ok(Self { state: TallyState { epoch, rev, counts, closes_at_ms, seal, now_ms }, results })
    }
}

/// The error of a script that did not do what it was asked to.
fn refused(case: CaseId, refusal: &str, reply: &mut Fields) -> TallyError {
    match refusal {
        "lost" => TallyError::Lost(case),
        "full" => TallyError::Full,
        "superseded" => reply.next().map_or_else(|error| error, |epoch| TallyError::Superseded { case, epoch }),
        _ => malformed("the state of a case"),
    }
}

fn results(packed: &[u8]) -> Result<Vec<RecordResult>, TallyError> {
    packed.chunks(RESULT_BYTES).map(result).collect()
}

fn result(packed: &[u8]) -> Result<RecordResult, TallyError> {
    let &[code, option, c0, c1, c2, c3] = packed else { return Err(malformed("a result of six bytes")) };
    let change = u32::from_be_bytes([c0, c1, c2, c3]);
    match code {
        0 => Ok(RecordResult::Closed),
        1 => Ok(RecordResult::Counted { option, change }),
        2 => Ok(RecordResult::Changed { option, change }),
        3 => Ok(RecordResult::Duplicate { option, change }),
        4 => Ok(RecordResult::AlreadyVoted { option, change }),
        _ => Err(malformed("the code of a result")),
    }
}

fn sealed_by(json: &str) -> Result<SealedBy, TallyError> {
    serde_json::from_str(json).map_err(malformed)
}

/// The fields of a reply, read in order.
struct Fields(std::vec::IntoIter<Value>);

impl Fields {
    fn of(reply: Value) -> Result<Self, TallyError> {
        let Value::Array(reply) = reply else { return Err(malformed("a list")) };
        Ok(Self(reply.into_iter()))
    }

    fn next<T: FromRedisValue>(&mut self) -> Result<T, TallyError> {
        read(self.0.next().ok_or_else(|| malformed("one field more"))?)
    }
}

fn read<T: FromRedisValue>(value: Value) -> Result<T, TallyError> {
    from_redis_value(value).map_err(malformed)
}

/// The error for a reply that is not the expected one: `what`, or the message of its parser.
pub(super) fn malformed(what: impl ToString) -> TallyError {
    TallyError::Malformed(what.to_string())
}
