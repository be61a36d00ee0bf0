//! Answers joins with the jurors' recorded ballots; it sends one call for each case, not one for each juror.

use futures_util::FutureExt;
use live_jury_protocol::OwnBallot;

use super::{Done, DoneFuture, JobRunner, as_own, time_since};
use crate::room::{Join, StoreUnavailable, WelcomeData};
use crate::tally::StoredBallotAt;
use live_jury_court::Case;
use live_jury_court::Pseudonym;

impl JobRunner {
    /// Reads the jurors' ballots in `cases` and answers each join. All are rejected if the store does not answer.
    pub(super) fn welcome_jurors(&self, joins: Vec<Join>, cases: Vec<Case>, now_ms: u64) -> DoneFuture {
        let (tally, key) = (self.lifecycle.tally.clone(), self.key.clone());
        let (clock, count) = (self.lifecycle.clock.clone(), joins.len());
        async move {
            let began = clock.instant();
            let done = |ok| Done::Welcomed { ok, joins: count, took: time_since(&clock, began) };
            let mut ballots: Vec<Vec<OwnBallot>> = vec![Vec::new(); joins.len()];
            for case in cases {
                let jurors: Vec<Pseudonym> = joins.iter().map(|join| key.pseudonym(case.id, &join.juror.sub)).collect();
                let Ok(found) = tally.ballots_of(case.id, &jurors).await else {
                    joins.into_iter().for_each(|join| drop(join.reply.send(Err(StoreUnavailable))));
                    return done(false);
                };
                for (own, stored) in ballots.iter_mut().zip(found) {
                    own.extend(stored.and_then(|StoredBallotAt { epoch, ballot }| as_own(&case, epoch, ballot)));
                }
            }
            for (join, ballots) in joins.into_iter().zip(ballots) {
                // A juror whose socket has closed needs no answer.
                let _ = join.reply.send(Ok(WelcomeData { now_ms, ballots }));
            }
            done(true)
        }
        .boxed()
    }
}
