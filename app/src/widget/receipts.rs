//! Tells the module of receipts which own ballots are recorded, and lends it the socket. It asks for no receipt: the
//! module does, and loads only once there is a ballot.

use js_sys::{Function, Reflect};
use live_jury_protocol::CaseState;
use wasm_bindgen::JsValue;

use super::events::Detail;
use crate::jury::Jury;
use crate::session::Session;
use crate::time::{left_s, local_ms};

/// Tells of the recorded ballots in open cases, by the page's function that loads modules. The module of receipts knows
/// which of them it was told of before.
pub(super) fn tell(load: &Function, session: Session, jury: &Jury) {
    let Some(socket) = session.browser_socket() else { return };
    for case in jury.cases().iter().filter(|case| case.state == CaseState::Open) {
        let Some(ballot) = jury.ballots().recorded(case.id) else { continue };
        let left_s = left_s(case.closes_at_ms.unwrap_or(0), jury.server_ms(local_ms()));
        let told = Detail::new()
            .with("case", &case.id)
            .with("epoch", &ballot.epoch)
            .with("change", &Some(ballot.change))
            .with("ballots", &jury.tally(case.id).map_or(0, |tally| tally.ballots))
            .with("left_s", &left_s);
        // A plain object accepts any property.
        let _ = Reflect::set(told.value(), &"socket".into(), &socket);
        // The page's function reports its failures itself.
        let _ = load.call1(&JsValue::UNDEFINED, told.value());
    }
}
