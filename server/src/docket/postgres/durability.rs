//! Durability of PostgreSQL: its settings are read and judged here, as they hold in this node's sessions.

use std::collections::BTreeMap;

use sqlx::{PgConnection, Row};

use crate::docket::DocketError;
use crate::health::{Durability, FoundDurability};

/// The settings on which a committed record depends, each with the values that lose some in a crash.
const SETTINGS: [(&str, &str); 3] = [("fsync", "off"), ("full_page_writes", "off"), ("synchronous_commit", "off")];

/// Reads the settings.
pub(super) async fn read(db: &mut PgConnection) -> Result<FoundDurability, DocketError> {
    let names: Vec<&str> = SETTINGS.iter().map(|(name, _)| *name).collect();
    let rows = sqlx::query("SELECT name, setting FROM pg_settings WHERE name = ANY($1)").bind(names).fetch_all(db);
    let rows = rows.await?;
    let found = rows.iter().map(|row| Ok((row.try_get("name")?, row.try_get("setting")?)));
    Ok(judge(&found.collect::<Result<BTreeMap<String, String>, sqlx::Error>>()?))
}

fn judge(found: &BTreeMap<String, String>) -> FoundDurability {
    let of = |(name, weak): &(&str, &str)| match found.get(*name) {
        None => Durability::Unknown,
        Some(value) if value == weak => Durability::Weak,
        Some(_) => Durability::Durable,
    };
    let durability = SETTINGS.iter().map(of).min().unwrap_or(Durability::Unknown);
    FoundDurability { durability, settings: format!("PostgreSQL: {found:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_weak_setting_makes_the_docket_weak_and_a_silent_one_makes_it_unknown() {
        let judged = |settings: &[(&str, &str)]| {
            judge(&settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()).durability
        };
        let strong = [("fsync", "on"), ("full_page_writes", "on"), ("synchronous_commit", "remote_apply")];
        assert_eq!(judged(&strong), Durability::Durable);
        assert_eq!(judged(&strong[1..]), Durability::Unknown);
        assert_eq!(judged(&[("fsync", "off")]), Durability::Weak);
        for (name, _) in SETTINGS {
            let weaker = strong.map(|(own, value)| (own, if own == name { "off" } else { value }));
            assert_eq!(judged(&weaker), Durability::Weak, "{name}");
        }
    }
}
