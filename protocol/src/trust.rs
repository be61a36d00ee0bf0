//! What platforms, moderators and merchants read and write about trust; it computes nothing.

mod exposure;
mod facts;
mod index;
mod policy;
mod report;

pub use exposure::{
    ExposureAnswer, ExposureItem, ExposureRequest, GateInForce, RankAnswer, RankCandidate, RankRequest, RankedItem,
};
pub use facts::{FactsAnswer, RefusedLine};
pub use index::{DimensionPoints, IndexAnswer, IndexStep, SignalDefinition, SignalPoints, SignalsAnswer};
pub use policy::{PoliciesAnswer, PolicyDefinition, PolicyTitle};
pub use report::{
    Bucket, BucketDetails, BucketReport, Buckets, CloseBucket, OwnReport, OwnReports, ReportAnswer, ReportSubject,
    SendReport,
};
