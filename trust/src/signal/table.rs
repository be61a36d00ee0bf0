//! The 90 signals as one table: the one place of their definitions, priors and weights. It computes nothing.

use super::Effect::{Bad, Good};
use super::Form::{Exposure, Rate, State};
use super::Source::{Applications, Cases, Claims, Facts, Promises, Remedies, Screening, Standing, Verdicts};
use super::{Signal, SignalId};

/// Makes the ids, and the table that they point into.
macro_rules! signals {
    ($($id:ident $name:literal, $what:literal, $form:expr, $effect:expr, $half_life:literal, $prior:literal,
        $kappa:literal, $weight:literal, $source:expr;)*) => {
        impl SignalId {
            $(#[doc = $what] pub const $id: Self = Self(Place::$id as u8);)*
        }

        /// The place of each signal in the table.
        enum Place { $($id,)* }

        /// All signals, in the order of their ids.
        pub static SIGNALS: [Signal; SignalId::COUNT] = [$(Signal {
            id: SignalId::$id,
            name: $name,
            what: $what,
            form: $form,
            effect: $effect,
            half_life_days: $half_life,
            prior: $prior,
            kappa: $kappa,
            weight: $weight,
            source: $source,
        },)*];
    };
}

// Columns: id, meaning, form, effect of a higher number, half-life in days (a state has none), prior, weight of the
// prior (κ), weight, source. The weights of each dimension sum to 100.
signals! {
    Q01 "q01", "refunds for quality / delivered", Rate, Bad, 60, 0.02, 200.0, 12, Facts;
    Q02 "q02", "refunds not as described / delivered", Rate, Bad, 60, 0.015, 200.0, 12, Facts;
    Q03 "q03", "refunds defective on arrival / delivered", Rate, Bad, 60, 0.008, 200.0, 7, Facts;
    Q04 "q04", "counterfeit upheld / delivered", Rate, Bad, 180, 0.0005, 2000.0, 12, Verdicts;
    Q05 "q05", "failed / sample inspections", Rate, Bad, 180, 0.08, 10.0, 9, Facts;
    Q06 "q06", "failed / mystery purchases", Rate, Bad, 180, 0.05, 10.0, 8, Facts;
    Q07 "q07", "held and confirmed / listings submitted", Rate, Bad, 90, 0.02, 50.0, 5, Screening;
    Q08 "q08", "blocked and not overturned / submitted", Rate, Bad, 180, 0.004, 100.0, 7, Screening;
    Q09 "q09", "removed after going live / live listings", Rate, Bad, 180, 0.003, 100.0, 6, Facts;
    Q10 "q10", "look-alike brand upheld / submitted", Rate, Bad, 180, 0.001, 200.0, 4, Verdicts;
    Q11 "q11", "image copies confirmed / submitted", Rate, Bad, 180, 0.002, 200.0, 3, Screening;
    Q12 "q12", "branded listings with authorisation / branded", Rate, Good, 90, 0.8, 20.0, 4, Screening;
    Q13 "q13", "valid GTIN / listings of GTIN categories", Rate, Good, 90, 0.7, 20.0, 1, Screening;
    Q14 "q14", "price below .3 of median / submitted", Rate, Bad, 60, 0.01, 100.0, 2, Screening;
    Q15 "q15", "safety notices / delivered, thousands", Exposure, Bad, 365, 0.01, 4.0, 4, Facts;
    Q16 "q16", "batch or label mismatch upheld / delivered", Rate, Bad, 120, 0.001, 1000.0, 2, Claims;
    Q17 "q17", "products with ≥ 3 upheld quality claims in 30 d / sold", Rate, Bad, 90, 0.01, 50.0, 1, Claims;
    Q18 "q18", "complete attributes / live listings", Rate, Good, 90, 0.85, 20.0, 1, Facts;
    S01 "s01", "shipped in promised time / due", Rate, Good, 45, 0.95, 100.0, 14, Facts;
    S02 "s02", "tracking valid in 24 h / shipped", Rate, Good, 45, 0.97, 100.0, 8, Facts;
    S03 "s03", "cancelled by merchant / placed", Rate, Bad, 60, 0.01, 200.0, 12, Facts;
    S04 "s04", "delivered in promised time / delivered", Rate, Good, 45, 0.92, 100.0, 7, Facts;
    S05 "s05", "false shipment upheld / shipped", Rate, Bad, 180, 0.0005, 2000.0, 8, Verdicts;
    S06 "s06", "wrong or missing item / delivered", Rate, Bad, 60, 0.006, 200.0, 7, Facts;
    S07 "s07", "first reply ≤ 3 min in opening hours / chats", Rate, Good, 30, 0.8, 50.0, 8, Facts;
    S08 "s08", "reply ≤ 24 h / chats", Rate, Good, 30, 0.97, 50.0, 5, Facts;
    S09 "s09", "rated unsatisfied / rated chats", Rate, Bad, 45, 0.08, 30.0, 7, Facts;
    S10 "s10", "decided ≤ 48 h / refund requests", Rate, Good, 45, 0.9, 50.0, 8, Facts;
    S11 "s11", "refusals overturned / refusals", Rate, Bad, 120, 0.1, 20.0, 6, Facts;
    S12 "s12", "order notes met / asked", Rate, Good, 60, 0.9, 20.0, 1, Facts;
    S13 "s13", "invoices in time / asked", Rate, Good, 60, 0.9, 20.0, 2, Facts;
    S14 "s14", "inspected ≤ 72 h / returns received", Rate, Good, 60, 0.92, 30.0, 4, Facts;
    S15 "s15", "off-platform upheld / chats, thousands", Exposure, Bad, 180, 0.05, 4.0, 2, Verdicts;
    S16 "s16", "damaged on arrival / delivered", Rate, Bad, 60, 0.004, 200.0, 1, Facts;
    H01 "h01", "upheld buckets / viewer-hours, ten thousands", Exposure, Bad, 90, 0.5, 4.0, 16, Verdicts;
    H02 "h02", "cases lost by the host's side / decided", Rate, Bad, 180, 0.6, 10.0, 14, Verdicts;
    H03 "h03", "false advertising upheld / live hours, hundreds", Exposure, Bad, 180, 0.05, 4.0, 14, Verdicts;
    H04 "h04", "abuse upheld / live hours, hundreds", Exposure, Bad, 180, 0.02, 4.0, 8, Verdicts;
    H05 "h05", "price fraud upheld / live hours, hundreds", Exposure, Bad, 180, 0.02, 4.0, 8, Verdicts;
    H06 "h06", "staged drama upheld / live hours, hundreds", Exposure, Bad, 180, 0.01, 4.0, 5, Verdicts;
    H07 "h07", "sampled live checks passed / checks", Rate, Good, 90, 0.93, 20.0, 9, Facts;
    H08 "h08", "spoken claims that match the listing / sampled", Rate, Good, 90, 0.95, 20.0, 7, Facts;
    H09 "h09", "corrections on air in time / owed", Rate, Good, 180, 0.8, 10.0, 5, Remedies;
    H10 "h10", "reporters muted ≤ 10 min after / reporters", Rate, Bad, 90, 0.05, 50.0, 3, Facts;
    H11 "h11", "remedies fulfilled in time / owed", Rate, Good, 180, 0.9, 10.0, 5, Remedies;
    H12 "h12", "statements given in time / cases", Rate, Good, 180, 0.7, 10.0, 2, Cases;
    H13 "h13", "rooms cut by patrol / live sessions", Rate, Bad, 180, 0.002, 200.0, 3, Facts;
    H14 "h14", "hosts with an active violation / hosts who sell for it", Rate, Bad, 180, 0.05, 10.0, 1, Standing;
    E01 "e01", "1–2 stars / delivered (silence counts)", Rate, Bad, 90, 0.006, 200.0, 14, Facts;
    E02 "e02", "quality named badly / verified reviews", Rate, Bad, 90, 0.03, 50.0, 8, Facts;
    E03 "e03", "fit named badly / verified reviews", Rate, Bad, 90, 0.03, 50.0, 3, Facts;
    E04 "e04", "smell, taste, feel named badly / verified reviews", Rate, Bad, 90, 0.02, 50.0, 3, Facts;
    E05 "e05", "\"as described\" yes / answered", Rate, Good, 90, 0.92, 50.0, 10, Facts;
    E06 "e06", "buyers again within 90 d / buyers", Rate, Good, 120, 0.25, 100.0, 14, Facts;
    E07 "e07", "returns without fault / delivered", Rate, Bad, 60, 0.08, 200.0, 7, Facts;
    E08 "e08", "returned unopened / returns", Rate, Good, 60, 0.3, 50.0, 2, Facts;
    E09 "e09", "follow-ups turned bad / follow-ups", Rate, Bad, 120, 0.1, 20.0, 6, Facts;
    E10 "e10", "4–5 stars / reviews with own photo", Rate, Good, 90, 0.9, 30.0, 5, Facts;
    E11 "e11", "\"would buy again\" yes / answered", Rate, Good, 90, 0.8, 30.0, 12, Facts;
    E12 "e12", "quality refunds after 30 d / delivered 30 d ago", Rate, Bad, 180, 0.004, 200.0, 6, Facts;
    E13 "e13", "products returned > 2 × category / products", Rate, Bad, 60, 0.05, 20.0, 5, Facts;
    E14 "e14", "\"arrived in good state\" yes / answered", Rate, Good, 60, 0.95, 30.0, 5, Facts;
    P01 "p01", "covered / orders", Rate, Good, 60, 0.4, 200.0, 10, Promises;
    P02 "p02", "active kinds / kinds open to the category", State, Good, 0, 0.4, 0.0, 8, Promises;
    P03 "p03", "granted without escalation / claims", Rate, Good, 90, 0.9, 30.0, 14, Claims;
    P04 "p04", "escalated / covered orders", Rate, Bad, 120, 0.0007, 3000.0, 14, Claims;
    P05 "p05", "fulfilled in time / granted", Rate, Good, 90, 0.97, 30.0, 14, Claims;
    P06 "p06", "breaches / covered orders", Rate, Bad, 180, 0.0002, 5000.0, 12, Claims;
    P07 "p07", "silent past 48 h / claims", Rate, Bad, 90, 0.05, 30.0, 6, Claims;
    P08 "p08", "merchant's refusals overturned / refusals of claims", Rate, Bad, 180, 0.2, 10.0, 6, Claims;
    P09 "p09", "satisfied with after-sales / answered", Rate, Good, 90, 0.95, 50.0, 8, Facts;
    P10 "p10", "return freight paid ≤ 48 h / owed", Rate, Good, 60, 0.95, 30.0, 2, Claims;
    P11 "p11", "deposit paid / asked, ≤ 1", State, Good, 0, 0.9, 0.0, 2, Facts;
    P12 "p12", "promises ended within 30 d of a claims' peak / ended", Rate, Bad, 365, 0.05, 5.0, 1, Promises;
    P13 "p13", "reopened / closed claims", Rate, Bad, 90, 0.02, 50.0, 2, Claims;
    P14 "p14", "evidence given / asked", Rate, Good, 90, 0.8, 20.0, 1, Claims;
    X01 "x01", "verdicts for the merchant / decided", Rate, Good, 365, 0.4, 10.0, 16, Verdicts;
    X02 "x02", "votes for the merchant / deciding votes (≤ 100 a case)", Rate, Good, 365, 0.4, 200.0, 8, Verdicts;
    X03 "x03", "points / orders, thousands", Exposure, Bad, 180, 0.02, 4.0, 14, Standing;
    X04 "x04", "days since the last suspension / 365, ≤ 1", State, Good, 0, 0.95, 0.0, 8, Standing;
    X05 "x05", "licences verified and unexpired / needed", State, Good, 0, 0.95, 0.0, 8, Facts;
    X06 "x06", "application 1 passed, .5 on probation", State, Good, 0, 0.98, 0.0, 10, Applications;
    X07 "x07", "unfollowed within 7 d of a delivery / follows", Rate, Bad, 90, 0.03, 50.0, 4, Facts;
    X08 "x08", "upheld buckets with a proven order / orders, thousands", Exposure, Bad, 90, 0.2, 4.0, 10, Verdicts;
    X09 "x09", "fake reviews upheld / reviews, thousands", Exposure, Bad, 365, 0.1, 4.0, 10, Verdicts;
    X10 "x10", "0 with an authority's finding in 730 d, else 1", State, Good, 0, 0.98, 0.0, 4, Facts;
    X11 "x11", "bad reviews answered ≤ 7 d / bad reviews", Rate, Good, 90, 0.6, 20.0, 3, Facts;
    X12 "x12", "years without suspension / 3, ≤ 1", State, Good, 0, 0.3, 0.0, 3, Standing;
    X13 "x13", "remedies accepted by the buyer / remedies", Rate, Good, 180, 0.8, 10.0, 1, Remedies;
    X14 "x14", "brand owners' notices upheld / listings, thousands", Exposure, Bad, 365, 0.5, 4.0, 1, Facts;
}
