//! `claim-steps`: claims on promises are opened by the platform, answered by merchants, and escalated, without a pause.
//! It measures the steps a second that are filed, and their latency.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use live_jury_tests::tokens::now_s;

use super::RunContext;
use super::claims::takers::{ClaimedOrder, Shops, Steps, Takers};
use super::facts::{Store, join};
use crate::clock::{now_us, seconds};
use crate::report::Outcome;
use crate::target::Target;

/// Claims before the measurement: the database's pages are in memory then.
const WARM_UP_CLAIMS: usize = 200;
/// Every second claim is refused, and all that are refused are escalated: this many steps a pair of claims.
const REFUSED_ONE_IN: usize = 2;
/// The time by which an order was placed before the load, in milliseconds: its promise was in force then.
const PLACED_MS: u64 = 1_000;

/// `claim-steps`
#[derive(Args, Clone, Debug)]
pub struct ClaimSteps {
    /// The ledger's database
    #[arg(long, value_enum, default_value_t = Store::Sqlite)]
    store: Store,
    /// Shops with a promise
    #[arg(long, default_value_t = 50)]
    shops: usize,
    /// Claims: each is opened and answered, and every second one is refused and escalated
    #[arg(long, default_value_t = 8_000)]
    claims: usize,
    /// Claims that are under way at once
    #[arg(long, default_value_t = 16)]
    senders: usize,
}

impl ClaimSteps {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed, or a step was not filed.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        ensure!(self.shops > 0 && self.senders > 0, "there must be a shop and a sender");
        let mut deployment = self.store.deployment(context)?;
        deployment.name_buyers();
        deployment.serve(1)?;
        let address = deployment.addresses()[0];
        let shops = Shops::promising(address, self.shops).await?;
        tokio::time::sleep(Duration::from_millis(2 * PLACED_MS)).await;
        self.load(address, &shops, "warm-up", WARM_UP_CLAIMS)?;
        let (begun_us, node_s) = (now_us(), deployment.cpu_s());
        let steps = self.load(address, &shops, "claim", self.claims)?;
        let (seconds, node_s) = (seconds(begun_us, now_us()), deployment.cpu_s() - node_s);

        let name = if self.store == Store::Sqlite { "claim-steps, SQLite" } else { "claim-steps, PostgreSQL" };
        let mut outcome = Outcome::new(name, Target::LiveJury.name());
        outcome.add("claims", self.claims as f64, "");
        outcome.add("steps of claims", steps.number() as f64 / seconds, "/s");
        steps.add_to(&mut outcome);
        outcome.add("processor of the node", node_s / seconds * 100.0, "%");
        outcome.add("processor of the node a step", node_s / steps.number() as f64 * 1e3, "ms");
        Ok(outcome)
    }

    /// Takes so many claims through their steps, and checks the state after each.
    fn load(&self, address: SocketAddr, shops: &Shops, kind: &str, claims: usize) -> Result<Steps> {
        let (next, placed_ms) = (AtomicUsize::new(0), now_s() * 1_000 - PLACED_MS);
        let send = || -> Result<Steps> {
            let (takers, mut steps) = (Takers::new(address, shops), Steps::new()?);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= claims {
                    return Ok(steps);
                }
                let shop = number % shops.number();
                let (claim, order) = (format!("{kind}-{number}"), format!("order-of-{kind}-{number}"));
                let id = takers.open(&mut steps, &ClaimedOrder { claim, order, shop, placed_ms })?;
                // Neighbours go to different shops, so it is the number of the round that tells.
                let refuses = (number / shops.number() + shop).is_multiple_of(REFUSED_ONE_IN);
                takers.answer(&mut steps, shop, &id, !refuses)?;
                if refuses {
                    takers.escalate(&mut steps, &id)?;
                }
            }
        };
        std::thread::scope(|threads| {
            let senders: Vec<_> = (0..self.senders).map(|_| threads.spawn(send)).collect();
            let mut steps = Steps::new()?;
            senders.into_iter().try_for_each(|sender| steps.add(&join(sender)?))?;
            Ok(steps)
        })
    }
}
