//! Requests for receipts and their answers, as connections and the room's task exchange them; it signs nothing.

use std::sync::Arc;

use live_jury_court::Juror;
use live_jury_protocol::{CaseId, NoReceipt};
use metrics::Counter;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::Subscription;

/// Requests for receipts that wait in a room's channel, at most: five seconds of 1,500 each. Beyond it a request is
/// answered busy. The channel is not the mailbox, so that no number of requests keeps a ballot out.
pub const RECEIPT_REQUESTS_MAX: usize = 8_192;

/// A juror's request for a receipt.
#[derive(Debug)]
pub struct ReceiptRequest {
    /// The case.
    pub case: CaseId,
    /// The juror.
    pub juror: Arc<Juror>,
    /// When it arrived.
    pub asked_at: Instant,
    /// The reply channel.
    pub reply: oneshot::Sender<ReceiptReply>,
}

/// The answer to a request for a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptReply {
    /// The log took the seal of the juror's ballot.
    Given {
        /// The ballot's epoch.
        epoch: u64,
        /// The ballot's number.
        change: u32,
        /// The receipt's bytes.
        receipt: Vec<u8>,
    },
    /// There is no receipt.
    None(NoReceipt),
}

/// A request that gets no receipt, with the reason.
#[derive(Debug)]
pub struct RefusedRequest {
    /// The reply channel.
    pub reply: oneshot::Sender<ReceiptReply>,
    /// The reason.
    pub reason: NoReceipt,
}

impl RefusedRequest {
    /// Answers and counts a request that gets no receipt. A juror whose socket has closed needs no answer.
    pub fn answer(self) {
        count_none(self.reason);
        let _ = self.reply.send(ReceiptReply::None(self.reason));
    }
}

/// Counts an answer without a receipt.
pub fn count_none(reason: NoReceipt) {
    metrics::counter!("live_jury_receipts_total", "answer" => reason.as_str()).increment(1);
}

/// The counter of receipts that were given.
pub fn given() -> Counter {
    metrics::counter!("live_jury_receipts_total", "answer" => "given")
}

impl Subscription {
    /// Asks for a receipt of the juror's ballot. The receiver gets the answer; it closes without one if the node stops.
    ///
    /// # Errors
    /// [`NoReceipt::Busy`] if too many requests wait, [`NoReceipt::Unavailable`] if the room's task has ended.
    pub fn receipt(
        &self,
        case: CaseId,
        juror: Arc<Juror>,
        asked_at: Instant,
    ) -> Result<oneshot::Receiver<ReceiptReply>, NoReceipt> {
        let (reply, answer) = oneshot::channel();
        match self.handle.receipts.try_send(ReceiptRequest { case, juror, asked_at, reply }) {
            Ok(()) => Ok(answer),
            Err(mpsc::error::TrySendError::Full(_)) => Err(NoReceipt::Busy),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(NoReceipt::Unavailable),
        }
    }
}
