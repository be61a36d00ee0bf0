//! The rights of a server on the docket's tables, and no more: what is final cannot be changed under them.

use crate::sql::rights::TableRights;

/// Each table of the schema, with what the statements of a server need. Locking a row takes `UPDATE`.
pub(crate) const RIGHTS: &[TableRights] = &[
    ("_sqlx_migrations", &["SELECT"]),
    ("rooms", &["SELECT", "INSERT", "UPDATE"]),
    ("cases", &["SELECT", "INSERT", "UPDATE"]),
    ("verdict_places", &["SELECT", "UPDATE"]),
    // A trigger keeps the ballots of recorded cases from deletion.
    ("ballots", &["SELECT", "INSERT", "DELETE"]),
    ("audit", &["SELECT", "INSERT"]),
    ("requests", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("outbox_places", &["SELECT", "UPDATE"]),
    ("outbox", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("current_store", &["SELECT", "INSERT", "UPDATE"]),
    ("oldest_program", &["SELECT"]),
    ("incarnations", &["SELECT", "INSERT"]),
    ("revocation_places", &["SELECT", "UPDATE"]),
    ("revocations", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("log_head", &["SELECT", "INSERT", "UPDATE"]),
    ("log_entries", &["SELECT", "INSERT"]),
    ("log_tiles", &["SELECT", "INSERT"]),
    ("log_note", &["SELECT", "INSERT", "UPDATE"]),
    // Triggers keep the seals of recorded cases from changes.
    ("case_seals", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("case_proofs", &["SELECT", "INSERT"]),
    // A call is final.
    ("panels", &["SELECT", "INSERT"]),
    ("objections", &["SELECT", "INSERT"]),
    ("checks", &["SELECT", "INSERT", "UPDATE"]),
    ("webhook_targets", &["SELECT", "INSERT", "UPDATE"]),
    ("webhook_waiting", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("ledger", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    // Their history is final.
    ("policies", &["SELECT", "INSERT"]),
    ("jurors", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    // Written with a call, and deleted once the panel is counted.
    ("serving", &["SELECT", "INSERT", "DELETE"]),
    ("practice", &["SELECT", "INSERT", "UPDATE"]),
    // Sums, which grow and are replaced.
    ("trust_party", &["SELECT", "INSERT", "UPDATE"]),
    ("trust_fact_seen", &["SELECT", "INSERT", "DELETE"]),
    ("trust_counter", &["SELECT", "INSERT", "UPDATE"]),
    ("trust_sums", &["SELECT", "INSERT", "UPDATE"]),
    ("trust_product", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("trust_host", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("trust_prior", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("trust_job", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("trust_fact", &["SELECT", "INSERT", "DELETE"]),
    ("trust_later", &["SELECT", "INSERT", "UPDATE"]),
    ("trust_tally", &["SELECT", "INSERT", "UPDATE"]),
    ("trust_exposure", &["SELECT", "INSERT", "UPDATE"]),
    ("trust_ruling", &["SELECT", "INSERT", "UPDATE"]),
    ("trust_violation", &["SELECT", "INSERT", "UPDATE"]),
    ("trust_measure", &["SELECT", "INSERT", "UPDATE"]),
    // A statement is final, and so is each line of the trail.
    ("trust_statement", &["SELECT", "INSERT"]),
    ("trust_appeal", &["SELECT", "INSERT", "UPDATE"]),
    ("trust_audit", &["SELECT", "INSERT"]),
    // A row lasts as long as its draft.
    ("trust_draft", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("trust_application", &["SELECT", "INSERT", "UPDATE"]),
    ("trust_identity", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("trust_token", &["SELECT", "INSERT", "DELETE"]),
    ("trust_cursor", &["SELECT", "UPDATE"]),
    ("trust_bucket", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("trust_report", &["SELECT", "INSERT", "DELETE"]),
    ("trust_reporter", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("trust_report_cursor", &["SELECT", "UPDATE"]),
    ("nodes", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
];
