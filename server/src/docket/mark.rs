//! The docket's mark in Redis: the incarnation, the highest verdict place that nodes have seen, and where each log was
//! signed. A docket that went back is noticed by it. It reads no docket.

use std::sync::LazyLock;

use live_jury_proof::merkle::Tree;
use live_jury_proof::text::{array_from_hex, hex};
use live_jury_protocol::CaseId;
use redis::{RedisError, cmd};
use uuid::Uuid;

use super::incarnation::{Incarnation, Place};
use crate::authorities::Authorities;
use crate::redis::{Redis, Script};

/// The number of verdicts whose places are remembered. A docket that lost more of them sends its followers back to the
/// first verdict.
pub const PLACES_MARKED_MAX: u32 = 1_000;

static ADVANCE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("mark.lua")));
static SIGN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("signed.lua")));

/// The marks of dockets in one Redis. Without a Redis there is none: tally and docket then go back together.
#[derive(Clone, Default)]
pub struct DocketMark(Option<Redis>);

/// The content of a docket's mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The incarnation's number.
    pub number: u64,
    /// The incarnation's id.
    pub incarnation: Uuid,
    /// The highest place that was seen in it, with its case.
    pub last: Option<Place>,
}

/// The reason for which a mark cannot be read or advanced.
#[derive(Debug, thiserror::Error)]
#[error("the docket's mark in Redis is not available: {0}")]
pub struct MarkError(String);

impl DocketMark {
    /// Marks in the Redis at this URL.
    ///
    /// # Errors
    /// The URL is malformed, or Redis did not answer.
    pub async fn connect(url: &str, authorities: &Authorities) -> Result<Self, MarkError> {
        Ok(Self(Some(Redis::connect(url, authorities).await?)))
    }

    /// Reads a docket's mark; none if there is none.
    ///
    /// # Errors
    /// Redis did not answer.
    pub async fn read(&self, docket: Uuid) -> Result<Option<Marked>, MarkError> {
        let Some(redis) = &self.0 else { return Ok(None) };
        type Fields = (Option<u64>, Option<String>, Option<u64>, Option<String>);
        let mut command = cmd("HMGET");
        command.arg(key(docket)).arg(&["number", "incarnation", "place", "case"]);
        let (number, incarnation, place, case): Fields = redis.command(&command).await?;
        let (Some(number), Some(incarnation)) = (number, incarnation) else { return Ok(None) };
        let last = match (place, case) {
            (Some(place), Some(case)) => Some((place, parse_case(&case)?)),
            _ => None,
        };
        let incarnation = Uuid::parse_str(&incarnation).map_err(|error| MarkError(error.to_string()))?;
        Ok(Some(Marked { number, incarnation, last }))
    }

    /// Reads the last places that the docket's mark remembers, at most [`PLACES_MARKED_MAX`], the lowest first.
    ///
    /// # Errors
    /// Redis did not answer.
    pub async fn places(&self, docket: Uuid) -> Result<Vec<Place>, MarkError> {
        let Some(redis) = &self.0 else { return Ok(Vec::new()) };
        let mut command = cmd("ZRANGE");
        command.arg(places_key(docket)).arg(0).arg(-1).arg("WITHSCORES");
        let found: Vec<(String, u64)> = redis.command(&command).await?;
        found.into_iter().map(|(case, place)| Ok((place, parse_case(&case)?))).collect()
    }

    /// Advances a docket's mark by places in order. The mark of an earlier incarnation is replaced, that of a later one
    /// stays.
    ///
    /// # Errors
    /// Redis did not answer, or has no memory left.
    pub async fn advance(&self, docket: Uuid, current: &Incarnation, places: &[Place]) -> Result<(), MarkError> {
        let Some(redis) = &self.0 else { return Ok(()) };
        let mut call = ADVANCE.on([key(docket), places_key(docket)]);
        call.arg(current.number).arg(current.id.to_string()).arg(PLACES_MARKED_MAX);
        for (place, case) in places {
            call.arg(*place).arg(case.to_string());
        }
        let _: u64 = redis.call(&call).await?;
        Ok(())
    }

    /// Reads the tree that a log of a docket was signed at; none if there is no mark.
    ///
    /// # Errors
    /// Redis did not answer, or the mark is damaged.
    pub async fn signed(&self, docket: Uuid, log: u64) -> Result<Option<Tree>, MarkError> {
        let Some(redis) = &self.0 else { return Ok(None) };
        let mut command = cmd("HMGET");
        command.arg(log_key(docket, log)).arg(&["size", "root"]);
        let (size, root): (Option<u64>, Option<String>) = redis.command(&command).await?;
        size.zip(root).map(|(size, root)| parse_tree(size, &root)).transpose()
    }

    /// Marks that a log of a docket is signed at this tree, and returns the tree of the mark. It is another one if the
    /// log is marked at this size already, or at a larger one.
    ///
    /// # Errors
    /// Redis did not answer, or has no memory left.
    pub async fn sign(&self, docket: Uuid, log: u64, tree: Tree) -> Result<Tree, MarkError> {
        let Some(redis) = &self.0 else { return Ok(tree) };
        let mut call = SIGN.on([log_key(docket, log)]);
        call.arg(tree.size).arg(hex(&tree.root));
        let (size, root): (u64, String) = redis.call(&call).await?;
        parse_tree(size, &root)
    }
}

fn key(docket: Uuid) -> String {
    format!("lj:docket:{{{docket}}}")
}

fn places_key(docket: Uuid) -> String {
    format!("lj:docket:{{{docket}}}:places")
}

fn log_key(docket: Uuid, log: u64) -> String {
    format!("lj:docket:{{{docket}}}:log:{log}")
}

fn parse_tree(size: u64, root: &str) -> Result<Tree, MarkError> {
    let root = array_from_hex(root).ok_or_else(|| MarkError(format!("{root:?} is no root")))?;
    Ok(Tree { size, root })
}

fn parse_case(text: &str) -> Result<CaseId, MarkError> {
    text.parse().map_err(|_| MarkError(format!("{text:?} is no case")))
}

impl From<RedisError> for MarkError {
    fn from(error: RedisError) -> Self {
        Self(error.to_string())
    }
}
