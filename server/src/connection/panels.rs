//! A socket and the panels of its room: it offers its juror once, and tells a called juror.

use live_jury_protocol::Role;

use super::{Connection, Frames};
use crate::room::{OwnPanel, View};

impl Connection {
    /// The messages about panels of `view` that are new to this socket. A juror of a pool is offered to the room; where
    /// the room is busy, that is tried again with the next view.
    pub(super) fn panel_frames(&mut self, view: &View) -> Frames {
        let mut frames = Frames::new();
        if self.juror.role != Role::Viewer {
            return frames;
        }
        let mut newest = self.panels_seen;
        for panel in view.panels.iter().filter(|panel| panel.rev > self.panels_seen) {
            match panel.of(&self.juror, self.joined_at_ms) {
                Some(OwnPanel::Offer(offer)) => {
                    let offered = self.subscription.offer(offer);
                    if offered.is_err() {
                        return frames;
                    }
                }
                Some(OwnPanel::Called(frame)) => frames.push(frame),
                None => {}
            }
            newest = newest.max(panel.rev);
        }
        self.panels_seen = newest;
        frames
    }
}
