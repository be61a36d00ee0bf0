//! Makes a batch of receipts: reads the ballots in one call, and seals and signs them outside of the room's task.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use live_jury_court::{Pseudonym, State};
use live_jury_proof::Hash;
use live_jury_protocol::{CaseId, NoReceipt};
use tokio::time::timeout_at;

use super::{Done, DoneFuture, JobRunner, time_since};
use crate::docket::sealed_form;
use crate::log::{ReceiptSigner, SealedIn};
use crate::pseudonym::BallotKey;
use crate::room::planner::ReceiptBatch;
use crate::room::receipts::{ReceiptReply, ReceiptRequest, RefusedRequest, given};
use crate::tally::{StoreEpoch, StoredBallotAt};

/// Cases that one look-up reads from the docket, at most. Requests for further cases are answered busy.
const LOOKED_UP_CASES_MAX: usize = 16;
/// Longest time of one look-up; beyond it the requests that are left are answered unavailable.
const LOOK_UP_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Seals and signs the ballots of one case.
struct Sealer {
    key: BallotKey,
    signer: Arc<ReceiptSigner>,
    case: CaseId,
    epoch: u64,
    changes_allowed: bool,
}

impl JobRunner {
    /// Answers a batch of requests.
    pub(super) fn sign_receipts(&self, batch: ReceiptBatch) -> DoneFuture {
        let ReceiptBatch { case, epoch, store, seen_rev, changes_allowed, requests } = batch;
        let Some(signer) = self.receipts.clone().filter(|signer| signer.is_signing()) else {
            refuse_all(requests, NoReceipt::Off);
            return async { Done::ReceiptsSigned }.boxed();
        };
        let (tally, clock) = (self.lifecycle.tally.clone(), self.lifecycle.clock.clone());
        let sealer = Sealer { key: self.key.clone(), signer, case, epoch, changes_allowed };
        async move {
            let began = clock.instant();
            let (requests, jurors) = sealer.pseudonyms(requests).await;
            let Ok(found) = tally.kept_ballots_of(case, &jurors).await else {
                refuse_all(requests, NoReceipt::Unavailable);
                return Done::ReceiptsSigned;
            };
            let lacks_some = found.iter().any(|ballot| ballot.is_none());
            let asked = requests.into_iter().zip(found).collect();
            // A store that has lost the case, or is not the current one, knows nothing about a ballot.
            let known = StoreEpoch { number: epoch, store };
            let none = match lacks_some && tally.poll(case, known, seen_rev).await.is_ok() {
                true => NoReceipt::NoBallot,
                false => NoReceipt::Unavailable,
            };
            sealer.answer(asked, none).await;
            metrics::histogram!("live_jury_receipts_seconds").record(time_since(&clock, began));
            Done::ReceiptsSigned
        }
        .boxed()
    }

    /// Finds out from the docket why the room does not show the cases of these requests.
    pub(super) fn look_up_requests(&self, requests: Vec<ReceiptRequest>) -> DoneFuture {
        let (lifecycle, room) = (self.lifecycle.clone(), self.room.clone());
        let mut by_case: BTreeMap<CaseId, Vec<ReceiptRequest>> = BTreeMap::new();
        for request in requests {
            by_case.entry(request.case).or_default().push(request);
        }
        async move {
            let deadline = lifecycle.clock.instant() + LOOK_UP_TIMEOUT;
            for (at, (id, requests)) in by_case.into_iter().enumerate() {
                if at >= LOOKED_UP_CASES_MAX {
                    refuse_all(requests, NoReceipt::Busy);
                    continue;
                }
                let reason = match timeout_at(deadline, lifecycle.docket.case(id)).await {
                    Ok(Ok(Some(case))) if case.room == room => match case.state {
                        State::Draft => NoReceipt::NoBallot,
                        // The case went live a moment ago, and the room will show it.
                        State::Open(_) | State::Sealed(_) => NoReceipt::Unavailable,
                        _ => NoReceipt::Ended,
                    },
                    Ok(Ok(_)) => NoReceipt::UnknownCase,
                    Ok(Err(_)) | Err(_) => NoReceipt::Unavailable,
                };
                refuse_all(requests, reason);
            }
            Done::RequestsLookedUp
        }
        .boxed()
    }
}

impl Sealer {
    /// The jurors' pseudonyms, in the order of the requests.
    async fn pseudonyms(&self, requests: Vec<ReceiptRequest>) -> (Vec<ReceiptRequest>, Vec<Pseudonym>) {
        let (key, case) = (self.key.clone(), self.case);
        blocking(move || {
            let jurors = requests.iter().map(|request| key.pseudonym(case, &request.juror.sub)).collect();
            (requests, jurors)
        })
        .await
    }

    /// Answers each request with a receipt of its ballot, or with `none`. A ballot of another epoch is one of a store
    /// that the docket does not know, or knows no more.
    async fn answer(self, asked: Vec<(ReceiptRequest, Option<StoredBallotAt>)>, none: NoReceipt) {
        blocking(move || {
            let (mut sealed, mut seals): (Vec<_>, Vec<Hash>) = (Vec::new(), Vec::new());
            let key = self.key.case_key(self.case);
            for (request, found) in asked {
                match found {
                    Some(StoredBallotAt { epoch, ballot }) if epoch == self.epoch => {
                        seals.push(key.seal(self.case.0.as_bytes(), &sealed_form(&ballot)));
                        sealed.push((request, ballot.change));
                    }
                    Some(_) => refuse(request, NoReceipt::Unavailable),
                    None => refuse(request, none),
                }
            }
            if seals.is_empty() {
                return;
            }
            let (epoch, changes_allowed) = (self.epoch, self.changes_allowed);
            match self.signer.sign(SealedIn { case: self.case, epoch, changes_allowed }, &seals) {
                Ok(receipts) => {
                    given().increment(sealed.len() as u64);
                    for ((request, change), receipt) in sealed.into_iter().zip(receipts) {
                        let receipt = receipt.to_bytes();
                        // A juror whose socket has closed needs no answer.
                        let _ = request.reply.send(ReceiptReply::Given { epoch, change, receipt });
                    }
                }
                Err(error) => {
                    tracing::error!(case = %self.case, %error, "a batch of receipts was not signed");
                    sealed.into_iter().for_each(|(request, _)| refuse(request, NoReceipt::Unavailable));
                }
            }
        })
        .await;
    }
}

fn refuse(request: ReceiptRequest, reason: NoReceipt) {
    RefusedRequest { reply: request.reply, reason }.answer();
}

fn refuse_all(requests: Vec<ReceiptRequest>, reason: NoReceipt) {
    requests.into_iter().for_each(|request| refuse(request, reason));
}

/// Runs work of the processor outside of the room's task, which serves ballots meanwhile.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
