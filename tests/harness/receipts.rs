//! Receipts as a juror's client gets them; it checks no signature by itself.

use live_jury_protocol::{CaseId, ClientFrame, NoReceipt};

use crate::juror::{Answer, Juror};

/// A receipt of the own ballot, as the server sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnReceipt {
    /// The case.
    pub case: CaseId,
    /// The ballot's epoch.
    pub epoch: u64,
    /// The ballot's number.
    pub change: u32,
    /// The receipt's bytes in base64.
    pub receipt: String,
    /// The client's id of its request.
    pub request: Option<String>,
}

impl Juror {
    /// Asks for a receipt and does not wait for the answer.
    pub async fn send_receipt_request(&mut self, case: &str) {
        self.send(&ClientFrame::Receipt { case: case.to_owned(), request: None }).await;
    }

    /// Asks for a receipt and requires that there is one.
    pub async fn receipt(&mut self, case: CaseId) -> OwnReceipt {
        self.send_receipt_request(&case.to_string()).await;
        match self.answer().await {
            Answer::Receipt(receipt) => receipt,
            other => panic!("there was to be a receipt, and there is {other:?}"),
        }
    }

    /// Asks for a receipt and requires that there is none for this reason.
    pub async fn expect_no_receipt(&mut self, case: &str, reason: NoReceipt) -> Option<u64> {
        self.send_receipt_request(case).await;
        match self.answer().await {
            Answer::NoReceipt(found, retry_after_ms) if found == reason => retry_after_ms,
            other => panic!("there was to be no receipt ({reason}), and there is {other:?}"),
        }
    }
}
