//! The order that a crowd is at: what is still to be begun, and when it is done; it touches no socket.

use std::collections::VecDeque;

use super::publisher::Publisher;
use crate::clock::now_us;
use crate::commands::Order;

/// An order under way.
#[derive(Debug)]
pub struct Task {
    /// What was ordered.
    pub order: Order,
    /// When it ends by the clock, in Unix microseconds, where it does.
    pub until_us: Option<u64>,
    /// When it began.
    pub began_us: u64,
    /// Casts or visits that are begun.
    pub begun: usize,
    /// Jurors that wait to begin.
    pub waiting: VecDeque<usize>,
    /// Jurors that wait to try again, and from when on.
    pub later: VecDeque<(u64, usize)>,
    /// Jurors under way.
    pub under_way: usize,
    /// Who posts tallies, if somebody does.
    pub publisher: Option<Publisher>,
}

impl Task {
    /// The order, begun now.
    pub fn new(order: Order) -> Self {
        let began_us = now_us();
        let for_s = match &order {
            Order::Loop { for_s, .. } | Order::Steady { for_s, .. } | Order::Publish { for_s, .. } => Some(*for_s),
            Order::Listen { for_s } => Some(*for_s),
            _ => None,
        };
        let until_us = for_s.map(|for_s| began_us + (for_s * 1e6) as u64);
        let (waiting, later) = (VecDeque::new(), VecDeque::new());
        Self { order, until_us, began_us, begun: 0, waiting, later, under_way: 0, publisher: None }
    }

    /// Whether its time is over; never, where it has none.
    pub fn is_over(&self, now_us: u64) -> bool {
        self.until_us.is_some_and(|until_us| now_us >= until_us)
    }

    /// Puts off a juror.
    pub fn put_off(&mut self, juror: usize, until_us: u64) {
        self.later.push_back((until_us, juror));
    }

    /// Lets those wait for their turn whose time has come.
    pub fn take_up(&mut self, now_us: u64) {
        let due = self.later.iter().filter(|(at_us, _)| *at_us <= now_us).count();
        if due > 0 {
            let (ready, later) = self.later.drain(..).partition::<Vec<_>, _>(|(at_us, _)| *at_us <= now_us);
            self.later = later.into();
            self.waiting.extend(ready.into_iter().map(|(_, juror)| juror));
        }
    }
}
