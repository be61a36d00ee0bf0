//! What platforms, moderators and merchants read and write about trust; it computes nothing.

mod appeal;
mod application;
mod claim;
mod draft;
mod edition;
mod event;
mod exposure;
mod facts;
mod index;
mod listing;
mod party;
mod policy;
mod promise;
mod remedy;
mod report;
mod statement;

pub use appeal::{Appeal, AppealTarget, DecideAppeal, NewAppeal};
pub use application::{
    Application, ApplicationAnswer, ApplicationReason, DecideApplication, FieldWeights, IdentityAnswer, IdentityFields,
    IdentityWeights, NewApplication,
};
pub use claim::{AnswerClaim, Claim, ClaimAnswer, DecideClaim, NewClaim};
pub use draft::{PartyDraft, SideStatement};
pub use edition::{DayCount, Edition, EditionChange, Figure, FigureText, ListedEdition, NewEdition, Report};
pub use event::{
    AppealChange, ApplicationChange, ClaimChange, ListingChange, MeasureChange, PromiseChange, RemedyChange,
    TRUST_EVENT_FORMAT, TrustChange, TrustEvent, ViolationChange,
};
pub use exposure::{
    ExposureAnswer, ExposureItem, ExposureRequest, GateInForce, RankAnswer, RankCandidate, RankRequest, RankedItem,
};
pub use facts::{FactsAnswer, RefusedLine};
pub use index::{DimensionPoints, IndexAnswer, IndexStep, SignalDefinition, SignalPoints, SignalsAnswer};
pub use listing::{
    DecideListing, DraftListing, Listing, ListingAnswer, ListingHit, ListingImage, ListingJury, NewListing,
    NewListingImage,
};
pub use party::{Measure, NewBan, NewViolation, PartyStanding, StepWords, TrustAuditEntry, TrustParty, Violation};
pub use policy::{PoliciesAnswer, PolicyDefinition, PolicyTitle};
pub use promise::{NewPromise, Promise, PromiseDeposit, PromiseLimits, PromiseVersion, Promises, SetPromises};
pub use remedy::PartyRemedy;
pub use report::{
    Bucket, BucketDetails, BucketReport, Buckets, CloseBucket, OwnReport, OwnReports, ReportAnswer, ReportSubject,
    SendReport,
};
pub use statement::{FiledStatement, Statement};
