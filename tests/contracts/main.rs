//! The contracts of the server's seams on real stores, and the documents, compared with the code.

mod buckets;
mod docket;
mod documents;
mod forgotten;
mod identities;
mod migrations;
mod night;
mod peers;
mod standing;
mod tally;
mod trust;
