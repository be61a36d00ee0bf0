//! `proofs`: jurors of a recorded case ask for the proofs of their ballots at a steady rate. It measures the latency of
//! an answer, and checks each answer with the crate `proof`.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use live_jury_proof::entry::Entry;
use live_jury_proof::merkle::{leaf_hash, verify_inclusion};
use live_jury_proof::note::VerifierKey;
use live_jury_proof::row::{ROW_BYTES, Row};
use live_jury_proof::seal::SealProof;
use live_jury_proof::statement::Statement;
use live_jury_proof::text::{array_from_hex, from_base64, hash_from_base64, hex};
use live_jury_proof::tlog_proof::TlogProof;
use live_jury_proof::{CaseBytes, Hash};
use live_jury_protocol::{BallotProof, CaseId, CaseProof, Role};
use live_jury_tests::tokens::token;

use super::RunContext;
use super::facts::{Latencies, US_A_MS, join, new_latencies};
use crate::bars::{Bar, Figures};
use crate::check;
use crate::clock::{now_us, seconds};
use crate::deployment::{Deployment, ROOM, open_for};
use crate::fleet::fill;
use crate::report::Outcome;
use crate::target::Target;
use crate::worker::Worker;

/// Seconds for which the case is open, at most: the scenario closes it when all have voted.
const OPEN_S: u64 = 3_600;
/// Proofs a second: 450,000 jurors' devices ask for 470, as one in 16 checks within a minute.
const RATE: f64 = 500.0;
/// The share of the rate that must be answered while it is asked for.
const ANSWERED_SHARE_MIN: f64 = 0.99;
/// The longest time of 99 % of the answers, in milliseconds.
const P99_MS_MAX: f64 = 50.0;
/// Requests that are under way at once, at most. A node refuses the 17th read of one address.
const SENDERS: usize = 16;
/// The step between the numbers of two jurors who ask one after the other. It is a prime, so that all jurors have their
/// turn; their seals and rows are all over the case in any order.
const STEP: usize = 7_919;
/// The longest time until the log has signed a case's entry.
const SIGNED_WAIT_MAX: Duration = Duration::from_secs(60);
/// The pause between two looks for the signature.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// The time after which a request has failed.
const TIMEOUT: Duration = Duration::from_secs(30);

/// `proofs`
#[derive(Args, Clone, Debug)]
pub struct Proofs {
    /// Jurors, who all have a ballot in the case
    #[arg(long, default_value_t = 450_000)]
    pub jurors: usize,
    /// Proofs a second
    #[arg(long, default_value_t = RATE)]
    pub per_s: f64,
    /// Seconds; no juror asks twice
    #[arg(long, default_value_t = 20.0)]
    pub for_s: f64,
}

/// The jurors' client of one thread. It keeps its connection.
struct Client {
    agent: ureq::Agent,
    url: String,
}

impl Client {
    fn new(node: SocketAddr, case: CaseId) -> Self {
        let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(TIMEOUT)).build();
        Self { agent: ureq::Agent::new_with_config(config), url: format!("http://{node}/api/v1/cases/{case}/proof") }
    }

    /// The answer to a juror.
    fn ask(&self, token: &str) -> Result<String> {
        let request = self.agent.get(&self.url).header("Authorization", format!("Bearer {token}"));
        Ok(request.call()?.body_mut().read_to_string()?)
    }
}

/// The load and its answers.
struct Load {
    seconds: f64,
    latencies: Latencies,
    answers: Vec<(usize, String)>,
}

impl Proofs {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed, an answer proves nothing, or a bar is missed.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        let requests = (self.per_s * self.for_s) as usize;
        ensure!((1..=self.jurors).contains(&requests), "{} jurors for {requests} requests", self.jurors);
        let mut deployment = Deployment::new(&context.program, context.for_nodes());
        deployment.sign_log()?;
        deployment.serve(1)?;
        let (case, poll) = deployment.open(open_for(OPEN_S)).await;
        let addresses = deployment.addresses();
        let node = addresses[0];
        let begun_us = now_us();
        fill(0..self.jurors, &poll, &context.for_load(), &addresses)?;
        eprintln!("{} voted in {:.0} s", self.jurors, seconds(begun_us, now_us()));
        let closed = deployment.moderator_api().act(case, "close").await;
        ensure!(closed.status < 300, "the case is not closed: {}", closed.text);
        check::decided(node, case)?;
        wait_until_signed(node, case)?;

        let node_s = deployment.cpu_s();
        let load = self.load(node, case, requests)?;
        let node_s = deployment.cpu_s() - node_s;
        let bytes: usize = load.answers.iter().map(|(_, answer)| answer.len()).sum();
        let path = Checker { case, key: log_key(node)?, options: &poll.options, jurors: self.jurors }.all(&load)?;

        let mut figures = Figures::new("proofs", Target::LiveJury.name());
        figures.outcome.add("ballots of the case", self.jurors as f64, "");
        figures.outcome.add("proofs asked for", self.per_s, "/s");
        let least = Bar::Least(ANSWERED_SHARE_MIN * self.per_s);
        figures.add("proofs answered, each verified", requests as f64 / load.seconds, "/s", least);
        let ms = |share| load.latencies.value_at_quantile(share) as f64 / US_A_MS;
        figures.outcome.add("proof, median", ms(0.5), "ms");
        figures.add("proof, 99 %", ms(0.99), "ms", Bar::Most(P99_MS_MAX));
        figures.outcome.add("proof, longest", ms(1.0), "ms");
        figures.outcome.add("hashes of a seal's path", path as f64, "");
        figures.outcome.add("bytes of an answer", bytes as f64 / requests as f64, "B");
        figures.outcome.add("processor of the node", node_s / load.seconds * 100.0, "%");
        figures.outcome.add("memory of the node", deployment.peak_memory_kib() as f64 / 1_024.0, "MiB");
        figures.end()
    }

    /// Asks at the rate. A latency begins when the request is due, so an answer that holds up the next requests counts
    /// in each of them.
    fn load(&self, node: SocketAddr, case: CaseId, requests: usize) -> Result<Load> {
        // A platform has minted its tokens before.
        let juror = |place: usize| place * STEP % self.jurors;
        let mint = |place| (juror(place), token(Role::Viewer, ROOM, &Worker::sub(juror(place))));
        let asked: Vec<(usize, String)> = (0..requests).map(mint).collect();
        let (sent, begun_us) = (AtomicUsize::new(0), now_us());
        let sender = || -> Result<(Latencies, Vec<(usize, String)>)> {
            let (client, mut latencies, mut answers) = (Client::new(node, case), new_latencies()?, Vec::new());
            loop {
                let place = sent.fetch_add(1, Ordering::Relaxed);
                let Some((juror, token)) = asked.get(place) else { return Ok((latencies, answers)) };
                let due_us = begun_us + (place as f64 / self.per_s * 1e6) as u64;
                std::thread::sleep(Duration::from_micros(due_us.saturating_sub(now_us())));
                answers.push((*juror, client.ask(token)?));
                latencies.record(now_us().saturating_sub(due_us))?;
            }
        };
        std::thread::scope(|threads| {
            let senders: Vec<ScopedJoinHandle<'_, _>> = (0..SENDERS).map(|_| threads.spawn(sender)).collect();
            let (mut latencies, mut answers) = (new_latencies()?, Vec::new());
            for sender in senders {
                let (own, answered) = join(sender)?;
                latencies.add(own)?;
                answers.extend(answered);
            }
            Ok(Load { seconds: seconds(begun_us, now_us()), latencies, answers })
        })
    }
}

/// Checks answers as a device does, and compares them with the ballots that were acknowledged.
struct Checker<'o> {
    case: CaseId,
    key: VerifierKey,
    options: &'o [String],
    jurors: usize,
}

impl Checker<'_> {
    /// Checks all answers, and returns the most hashes of a seal's path.
    fn all(&self, load: &Load) -> Result<usize> {
        let mut longest = 0;
        for (juror, answer) in &load.answers {
            let path = self.one(*juror, answer).with_context(|| format!("the answer to juror {juror}: {answer}"))?;
            longest = longest.max(path);
        }
        Ok(longest)
    }

    /// Checks one answer, and returns the number of hashes of the seal's path.
    fn one(&self, juror: usize, answer: &str) -> Result<usize> {
        let CaseProof { statement: text, proof, ballot } = serde_json::from_str(answer)?;
        let case: CaseBytes = *self.case.0.as_bytes();
        let entry = Entry::of_statement(&case, &text).to_text();
        TlogProof::parse(&proof)?.verify(entry.as_bytes(), &self.key, &[])?;
        let statement = Statement::parse(&text)?;
        ensure!(statement.ballots == self.jurors as u64, "{} ballots are stated", statement.ballots);
        let BallotProof { seal, index, path, tracker, rows, .. } = ballot.context("it has no ballot")?;
        let seal = array_from_hex(&seal).context("the seal is no hash")?;
        let path = hashes(&path)?;
        let hashes_of_seal = path.len();
        ensure!(SealProof { seal, index, path }.is_in(&statement.seals), "the seal is not in the record");
        ensure!(tracker == check::pseudonym(self.case, &Worker::sub(juror)), "the ballot is another juror's");
        let (rows, tree) = rows.zip(statement.rows).context("it has no row")?;
        let leaf = from_base64(&rows.bytes).context("the rows are not in base64")?;
        let is_in = verify_inclusion(rows.chunk, tree.size, leaf_hash(&leaf), &hashes(&rows.path)?, &tree.root);
        ensure!(is_in, "the rows are not in the record");
        let row = leaf.chunks_exact(ROW_BYTES).nth(usize::try_from(rows.place)?).and_then(|row| row.as_array());
        let row = Row::parse(row.context("the leaf has no such row")?)?;
        ensure!(hex(&row.pseudonym) == tracker, "the row is another juror's");
        let (recorded, cast) = (usize::from(row.option), juror % self.options.len());
        let id = statement.options.get(recorded).map(|option| option.id.as_str());
        ensure!(id == Some(self.options[cast].as_str()), "option {recorded} is recorded, and {cast} was acknowledged");
        Ok(hashes_of_seal)
    }
}

fn hashes(path: &[String]) -> Result<Vec<Hash>> {
    let hashes: Option<Vec<Hash>> = path.iter().map(|hash| hash_from_base64(hash)).collect();
    hashes.context("a hash of the path is not in base64")
}

/// Waits until the log has signed the case's entry.
fn wait_until_signed(node: SocketAddr, case: CaseId) -> Result<()> {
    let (client, token) = (Client::new(node, case), token(Role::Viewer, ROOM, &Worker::sub(0)));
    let until_us = now_us() + SIGNED_WAIT_MAX.as_micros() as u64;
    loop {
        match client.ask(&token) {
            Ok(_) => return Ok(()),
            Err(error) if now_us() > until_us => return Err(error.context("the log did not sign the case")),
            Err(_) => std::thread::sleep(POLL_INTERVAL),
        }
    }
}

/// The key of the log, as the node publishes it.
fn log_key(node: SocketAddr) -> Result<VerifierKey> {
    let keys = ureq::get(format!("http://{node}/log/keys")).call()?.body_mut().read_to_string()?;
    match keys.lines().collect::<Vec<_>>().as_slice() {
        [key] => Ok(VerifierKey::parse(key)?),
        _ => bail!("the log has not one key: {keys}"),
    }
}
