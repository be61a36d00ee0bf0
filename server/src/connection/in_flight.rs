//! The request of a socket that its room has not answered: one cast or one receipt at a time. It handles the answers,
//! and sends nothing itself.

use live_jury_court::Remarks;
use live_jury_proof::text::base64;
use live_jury_protocol::{BallotStatus, CaseId, NoReceipt, OwnBallot, Refusal, ServerFrame};
use tokio::sync::oneshot;

use super::{Connection, Frames};
use crate::frame::EncodedFrame;
use crate::room::{CastReply, ReceiptReply, Refused, count_none, retry_after_ms};

/// A request that the room has not answered. A socket has one at a time: one frame more is read and held until the
/// answer, and further ones wait in the client's own connection.
pub(super) enum InFlight {
    /// A cast.
    Cast(CastInFlight),
    /// A request for a receipt.
    Receipt(ReceiptInFlight),
}

/// A cast that the room has not answered.
pub(super) struct CastInFlight {
    case: String,
    option: String,
    request: Option<String>,
    answer: oneshot::Receiver<CastReply>,
}

/// A request for a receipt that the room has not answered.
pub(super) struct ReceiptInFlight {
    /// The case id as it was sent.
    case: String,
    id: CaseId,
    request: Option<String>,
    answer: oneshot::Receiver<ReceiptReply>,
}

/// An answer of the room; none if the room's task has ended.
pub(super) enum Answer {
    /// To a cast.
    Cast(Option<CastReply>),
    /// To a request for a receipt.
    Receipt(Option<ReceiptReply>),
}

/// The answer to what is in flight. It never completes while nothing is.
pub(super) async fn answer(in_flight: &mut Option<Box<InFlight>>) -> Answer {
    match in_flight.as_deref_mut() {
        Some(InFlight::Cast(cast)) => Answer::Cast((&mut cast.answer).await.ok()),
        Some(InFlight::Receipt(receipt)) => Answer::Receipt((&mut receipt.answer).await.ok()),
        None => std::future::pending().await,
    }
}

impl Connection {
    /// Whether a cast is in flight. Its answer goes before the view.
    pub(super) fn is_casting(&self) -> bool {
        matches!(self.in_flight.as_deref(), Some(InFlight::Cast(_)))
    }

    /// Hands a ballot to the room.
    pub(super) fn cast(
        &mut self,
        case: String,
        option: String,
        request: Option<String>,
        change: Option<u32>,
        remarks: Remarks,
    ) -> Frames {
        let Ok(id) = case.parse::<CaseId>() else {
            return refuse(case, option, request, Refusal::UnknownCase.into());
        };
        // A ballot without a number follows the last one that this socket knows.
        let change = change.unwrap_or_else(|| self.own(id).map_or(0, |ballot| ballot.change.saturating_add(1)));
        let (juror, joined_at_ms) = (self.juror.clone(), self.joined_at_ms);
        match self.subscription.cast(id, option.clone(), change, remarks, juror, joined_at_ms) {
            Ok(answer) => {
                self.in_flight = Some(Box::new(InFlight::Cast(CastInFlight { case, option, request, answer })));
                Frames::new()
            }
            Err(reason) => {
                metrics::counter!("live_jury_casts_total", "answer" => reason.as_str()).increment(1);
                refuse(case, option, request, self.retryable(reason))
            }
        }
    }

    /// Asks the room for a receipt.
    pub(super) fn receipt(&mut self, case: String, request: Option<String>) -> Frames {
        let asked = match case.parse::<CaseId>() {
            Ok(id) => self.subscription.receipt(id, self.juror.clone(), self.now()).map(|answer| (id, answer)),
            Err(_) => Err(NoReceipt::UnknownCase),
        };
        match asked {
            Ok((id, answer)) => {
                self.in_flight = Some(Box::new(InFlight::Receipt(ReceiptInFlight { case, id, request, answer })));
                Frames::new()
            }
            Err(reason) => {
                count_none(reason);
                self.no_receipt(case, reason, request)
            }
        }
    }

    /// The frames that follow from an answer of the room.
    pub(super) fn on_answer(&mut self, answer: Answer) -> Frames {
        match (self.in_flight.take().map(|in_flight| *in_flight), answer) {
            (Some(InFlight::Cast(cast)), Answer::Cast(reply)) => self.on_cast_answer(cast, reply),
            (Some(InFlight::Receipt(receipt)), Answer::Receipt(reply)) => self.on_receipt_answer(receipt, reply),
            _ => Frames::new(),
        }
    }

    /// The frames for what the room has not answered in time.
    pub(super) fn give_up(&mut self) -> Frames {
        match self.in_flight.as_deref() {
            Some(InFlight::Cast(_)) => self.on_answer(Answer::Cast(None)),
            Some(InFlight::Receipt(_)) => self.on_answer(Answer::Receipt(None)),
            None => Frames::new(),
        }
    }

    fn on_cast_answer(&mut self, cast: CastInFlight, reply: Option<CastReply>) -> Frames {
        let CastInFlight { case, option, request, .. } = cast;
        match reply {
            Some(CastReply::Recorded { status, ballot }) => {
                let OwnBallot { case, option, epoch, change } = ballot.clone();
                let answer = ServerFrame::Ballot { case, option, status, epoch, change, request };
                let mut frames = vec![EncodedFrame::encode(&answer)];
                self.remember(ballot);
                self.day_mark.set_due();
                // A counted ballot may reveal counts that were hidden until now.
                if status == BallotStatus::Counted {
                    frames.extend(self.new_frames());
                }
                frames
            }
            Some(CastReply::Refused(refused)) => refuse(case, option, request, refused),
            None => refuse(case, option, request, self.retryable(Refusal::Unavailable)),
        }
    }

    fn on_receipt_answer(&self, asked: ReceiptInFlight, reply: Option<ReceiptReply>) -> Frames {
        let ReceiptInFlight { case, id, request, .. } = asked;
        match reply {
            Some(ReceiptReply::Given { epoch, change, receipt }) => {
                let receipt = base64(&receipt);
                vec![EncodedFrame::encode(&ServerFrame::Receipt { case: id, epoch, change, receipt, request })]
            }
            Some(ReceiptReply::None(reason)) => self.no_receipt(case, reason, request),
            None => self.no_receipt(case, NoReceipt::Unavailable, request),
        }
    }

    fn no_receipt(&self, case: String, reason: NoReceipt, request: Option<String>) -> Frames {
        let retry_after_ms = reason.is_retryable().then(|| retry_after_ms(&*self.shared.clock));
        vec![EncodedFrame::encode(&ServerFrame::NoReceipt { case, reason, retry_after_ms, request })]
    }

    fn retryable(&self, reason: Refusal) -> Refused {
        Refused::retryable(reason, &*self.shared.clock)
    }
}

fn refuse(
    case: String,
    option: String,
    request: Option<String>,
    Refused { reason, retry_after_ms }: Refused,
) -> Frames {
    vec![EncodedFrame::encode(&ServerFrame::Refused { case, option, reason, request, retry_after_ms })]
}
