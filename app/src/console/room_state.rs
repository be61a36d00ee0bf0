//! The state of one room on the console: its session, its lists, its form, and notices on its cases. It draws nothing.

mod buckets;
mod case_actions;
mod drafts;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use live_jury_protocol::{AuditEntry, Case, CaseId, CaseState, RoomId};

use self::buckets::BucketList;
use super::ballot_rate::BallotRate;
use super::case_editor::CaseEditor;
use crate::api::{Api, ApiError};
use crate::jury::{Jury, JuryEvent};
use crate::pages::{CaseList, CaseListKind, origin};
use crate::session::Session;
use crate::socket::SocketConfig;
use crate::token::TokenSource;

/// Time between a confirmed void or discard and its request, in milliseconds. The moderator can undo until then.
pub const UNDO_MS: u64 = 10_000;

/// Poll interval of drafts and reports while the page is visible. The socket does not carry another moderator's drafts.
const DRAFTS_POLL_INTERVAL: Duration = Duration::from_secs(3);

/// A notice on a case's card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseNotice {
    /// Another moderator or the deadline changed the case first; with the newest audit line, if it could be read.
    Conflict(Option<AuditEntry>),
    /// The request failed, or its outcome is unknown.
    Failed(ApiError),
    /// The deadline moved by this many seconds.
    Extended(u64),
}

/// A confirmed void of a case, or discard of a draft, that is not sent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingVoid {
    /// The moderator's reason. None discards a draft, which needs no reason.
    pub reason: Option<String>,
    /// The time of its request, in Unix milliseconds of the local clock.
    pub acts_at_ms: u64,
    timer: Option<TimeoutHandle>,
}

/// One room. Cheap to copy: every field is a handle. It ends with the reactive owner that it was started under.
#[derive(Clone, Copy)]
pub struct RoomState {
    name: StoredValue<RoomId>,
    /// The HTTP API.
    pub api: Api,
    /// The room's socket and its view.
    pub session: Session,
    /// Drafts.
    pub drafts: CaseList,
    /// Decided and void cases.
    pub past: CaseList,
    /// Reports by viewers, merged.
    pub buckets: BucketList,
    /// The form.
    pub editor: CaseEditor,
    /// Cases that ended since the page was opened, newest first. [`RoomState::dismiss`] removes one.
    pub ended: RwSignal<Vec<CaseId>>,
    rates: RwSignal<BTreeMap<CaseId, BallotRate>>,
    notices: RwSignal<BTreeMap<CaseId, CaseNotice>>,
    pending_voids: RwSignal<BTreeMap<CaseId, PendingVoid>>,
    busy: RwSignal<BTreeSet<CaseId>>,
    /// Versions from HTTP answers, which may be newer than the socket's.
    versions: StoredValue<BTreeMap<CaseId, u64>>,
}

impl RoomState {
    /// Connects to a room. `on_ended` is called for each case that ends.
    #[must_use]
    pub fn start(room: RoomId, api: Api, token: TokenSource, on_ended: impl Fn(&RoomId, &Case) + 'static) -> Self {
        let ended = RwSignal::new(Vec::new());
        let name = room.clone();
        let on_news = Rc::new(move |_: Session, news: &JuryEvent, jury: &Jury| {
            if let JuryEvent::Ended(id) = news {
                ended.update(|ended| ended.insert(0, *id));
                if let Some(case) = jury.case(*id) {
                    on_ended(&name, case);
                }
            }
        });
        let session = Session::start(SocketConfig { server: origin(), room: room.clone(), token }, on_news);
        let state = Self {
            api,
            session,
            drafts: CaseList::new(api, room.clone(), CaseListKind::Drafts),
            past: CaseList::new(api, room.clone(), CaseListKind::Past),
            buckets: BucketList::new(api, room.clone()),
            name: StoredValue::new(room),
            editor: CaseEditor::new(),
            ended,
            rates: RwSignal::default(),
            notices: RwSignal::default(),
            pending_voids: RwSignal::default(),
            busy: RwSignal::default(),
            versions: StoredValue::default(),
        };
        state.sample_rates();
        state.refresh_lists();
        state
    }

    /// The room's name.
    #[must_use]
    pub fn name(self) -> RoomId {
        self.name.get_value()
    }

    /// Open and sealed cases, the next to close first.
    #[must_use]
    pub fn running(self) -> Vec<CaseId> {
        self.session.jury().with(|jury| {
            let mut running: Vec<_> = jury
                .cases()
                .iter()
                .filter(|case| matches!(case.state, CaseState::Open | CaseState::Sealed))
                .map(|case| (case.closes_at_ms, case.id))
                .collect();
            running.sort_unstable();
            running.into_iter().map(|(_, id)| id).collect()
        })
    }

    /// The ballot rate of a case.
    #[must_use]
    pub fn rate(self, id: CaseId) -> BallotRate {
        self.rates.with(|rates| rates.get(&id).cloned().unwrap_or_default())
    }

    /// The notice on a case's card.
    #[must_use]
    pub fn notice(self, id: CaseId) -> Option<CaseNotice> {
        self.notices.with(|notices| notices.get(&id).cloned())
    }

    /// The pending void of a case.
    #[must_use]
    pub fn pending_void(self, id: CaseId) -> Option<PendingVoid> {
        self.pending_voids.with(|voids| voids.get(&id).cloned())
    }

    /// Whether any void is pending. It is lost if the page is closed.
    #[must_use]
    pub fn has_pending_void(self) -> bool {
        self.pending_voids.with_untracked(|voids| !voids.is_empty())
    }

    /// Whether a request for a case is in flight.
    #[must_use]
    pub fn is_busy(self, id: CaseId) -> bool {
        self.busy.with(|busy| busy.contains(&id))
    }

    /// Removes an ended case from the running ones. It stays in the list of past cases.
    pub fn dismiss(self, id: CaseId) {
        self.ended.update(|ended| ended.retain(|other| *other != id));
    }

    /// Samples each open case's ballots once a second.
    fn sample_rates(self) {
        let read = move || {
            let samples: Vec<(CaseId, u64)> = self.session.jury().with_untracked(|jury| {
                let running = jury.cases().iter().filter(|case| case.state == CaseState::Open);
                running.filter_map(|case| Some((case.id, jury.tally(case.id)?.ballots))).collect()
            });
            self.rates.update(|rates| {
                rates.retain(|id, _| samples.iter().any(|(running, _)| running == id));
                for (id, ballots) in samples {
                    rates.entry(id).or_default().push(ballots);
                }
            });
        };
        if let Ok(interval) = set_interval_with_handle(read, Duration::from_secs(1)) {
            on_cleanup(move || interval.clear());
        }
    }

    /// Keeps both lists current. Both are read again when a case changes, because the socket carries no drafts and only
    /// the newest past cases. Drafts are also polled while the page is visible, and read at once when it is focused.
    fn refresh_lists(self) {
        let versions = Memo::new(move |_| {
            self.session.jury().with(|jury| jury.cases().iter().map(|case| (case.id, case.version)).collect::<Vec<_>>())
        });
        Effect::new(move || {
            // The memo must be read: tracking alone does not make it compute.
            versions.with(|_| ());
            self.drafts.refresh();
            self.past.refresh();
            self.buckets.refresh();
        });
        let read = move || {
            self.drafts.refresh();
            self.buckets.refresh();
        };
        let focus = window_event_listener(leptos::ev::focus, move |_| read());
        let poll = move || {
            if !document().hidden() {
                read();
            }
        };
        let interval = set_interval_with_handle(poll, DRAFTS_POLL_INTERVAL).ok();
        on_cleanup(move || {
            focus.remove();
            if let Some(interval) = interval {
                interval.clear();
            }
        });
    }
}
