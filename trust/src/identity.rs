//! Identities of applicants: forms, keyed tokens, the weight of what two have in common, and the outcome. It keeps no
//! value and reads no store.

pub mod decide;
pub mod estimate;
pub mod form;
pub mod kept;
pub mod token;
pub mod weigh;
pub mod weights;

use std::fmt;

/// Limits the values of one field. A sixth one is refused: nobody has six.
pub const VALUES_MAX: usize = 5;
/// Limits a value, in bytes. A longer one is refused: an address fits.
pub const VALUE_BYTES_MAX: usize = 256;
/// Limits the tokens of an application under one key. More are refused: a usual application has about 60.
pub const TOKENS_MAX: usize = 600;

/// A part of life in which two applicants may meet. Fields of one group are not independent of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// The person or the company.
    Own,
    /// The ways to reach it.
    Reach,
    /// The account that is paid.
    Money,
    /// The devices.
    Kit,
    /// The places.
    Place,
    /// The shop's name.
    Shop,
}

impl Group {
    /// All groups.
    pub const ALL: [Self; 6] = [Self::Own, Self::Reach, Self::Money, Self::Kit, Self::Place, Self::Shop];

    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "self",
            Self::Reach => "reach",
            Self::Money => "money",
            Self::Kit => "kit",
            Self::Place => "place",
            Self::Shop => "shop",
        }
    }

    /// The group with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == name)
    }

    /// The words for what is the same, in a reason.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Own => "the identity",
            Self::Reach => "a way to be reached",
            Self::Money => "the payout account",
            Self::Kit => "a device",
            Self::Place => "a place",
            Self::Shop => "the name of the shop",
        }
    }
}

/// A field of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Field {
    IdNumber,
    CompanyNumber,
    GivenName,
    FamilyName,
    BirthDate,
    Phone,
    Email,
    PayoutAccount,
    Device,
    Ip,
    Address,
    ShipFrom,
    ReturnAddress,
    StoreName,
    CompanyName,
    Logo,
}

/// How equal two values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// They differ.
    Differs,
    /// They differ a little.
    Close,
    /// They are equal.
    Equal,
}

impl Level {
    /// All levels, in the order of a row's probabilities.
    pub const ALL: [Self; 3] = [Self::Equal, Self::Close, Self::Differs];

    /// The place among a row's probabilities.
    #[must_use]
    pub const fn place(self) -> usize {
        match self {
            Self::Equal => 0,
            Self::Close => 1,
            Self::Differs => 2,
        }
    }

    /// The name in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Close => "close",
            Self::Differs => "differs",
        }
    }

    /// The level with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }
}

/// The row of a field in the published table. It has the probabilities of levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The name on the wire and in the ledger.
    pub name: &'static str,
    /// The group.
    pub group: Group,
    /// The probabilities of equal, close and different values, for one who comes back.
    pub m: [f64; 3],
    /// The least probability that two strangers' values are equal.
    pub u2: f64,
    /// The probability that two strangers' values are close.
    pub u1: f64,
}

const fn row(name: &'static str, group: Group, m: [f64; 3], u2: f64, u1: f64) -> Row {
    Row { name, group, m, u2, u1 }
}

impl Field {
    /// All fields, in the table's order.
    pub const ALL: [Self; 16] = [
        Self::IdNumber,
        Self::CompanyNumber,
        Self::GivenName,
        Self::FamilyName,
        Self::BirthDate,
        Self::Phone,
        Self::Email,
        Self::PayoutAccount,
        Self::Device,
        Self::Ip,
        Self::Address,
        Self::ShipFrom,
        Self::ReturnAddress,
        Self::StoreName,
        Self::CompanyName,
        Self::Logo,
    ];

    /// The field's row of the table.
    #[must_use]
    pub const fn row(self) -> Row {
        match self {
            Self::IdNumber => row("id_number", Group::Own, [0.24, 0.01, 0.75], 1e-4, 1e-4),
            Self::CompanyNumber => row("company_number", Group::Own, [0.24, 0.01, 0.75], 1e-4, 1e-4),
            Self::GivenName => row("given_name", Group::Own, [0.32, 0.08, 0.60], 3e-3, 2e-3),
            Self::FamilyName => row("family_name", Group::Own, [0.40, 0.08, 0.52], 3.5e-3, 1e-3),
            Self::BirthDate => row("birth_date", Group::Own, [0.38, 0.02, 0.60], 1e-4, 3.5e-3),
            Self::Phone => row("phone", Group::Reach, [0.20, 0.0, 0.80], 1e-4, 0.0),
            Self::Email => row("email", Group::Reach, [0.20, 0.0, 0.80], 1e-4, 0.0),
            Self::PayoutAccount => row("payout_account", Group::Money, [0.39, 0.0, 0.61], 1e-4, 0.0),
            Self::Device => row("device", Group::Kit, [0.47, 0.0, 0.53], 1e-4, 0.0),
            Self::Ip => row("ip", Group::Place, [0.53, 0.0, 0.47], 5e-4, 0.0),
            Self::Address => row("address", Group::Place, [0.34, 0.07, 0.59], 1e-4, 2e-4),
            Self::ShipFrom => row("ship_from", Group::Place, [0.60, 0.06, 0.34], 1e-4, 2e-4),
            Self::ReturnAddress => row("return_address", Group::Place, [0.60, 0.06, 0.34], 1e-4, 2e-4),
            Self::StoreName => row("store_name", Group::Shop, [0.40, 0.05, 0.55], 1e-4, 1e-4),
            Self::CompanyName => row("company_name", Group::Shop, [0.30, 0.08, 0.62], 1e-4, 1e-4),
            Self::Logo => row("logo", Group::Shop, [0.30, 0.0, 0.70], 1e-4, 0.0),
        }
    }

    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The group.
    #[must_use]
    pub const fn group(self) -> Group {
        self.row().group
    }

    /// The field with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }

    /// Whether it is a number that one person or company alone has.
    #[must_use]
    pub const fn is_number(self) -> bool {
        matches!(self, Self::IdNumber | Self::CompanyNumber)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probabilities_of_a_row_add_up_to_1() {
        for field in Field::ALL {
            let sum: f64 = field.row().m.iter().sum();
            assert!((sum - 1.0).abs() < 1e-12, "{field}: {sum}");
            assert_eq!(Field::from_name(field.as_str()), Some(field));
        }
        for group in Group::ALL {
            assert_eq!(Group::from_name(group.as_str()), Some(group));
        }
        for (place, level) in Level::ALL.into_iter().enumerate() {
            assert_eq!((Level::from_name(level.as_str()), level.place()), (Some(level), place));
        }
    }
}
