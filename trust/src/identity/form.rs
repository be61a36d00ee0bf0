//! Forms of values: two ways to write the same thing have one form. It keeps no value.

use std::net::IpAddr;

use live_jury_protocol::text::is_visible;
use pinyin::ToPinyin;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::confusable_detection::skeleton as uts_39;

use super::Field;

/// The letters of a form of which one may be missing. A longer form has no more such tokens, which are its cost.
const DELETIONS_MAX: usize = 40;
/// The digits of a telephone number with its country, by E.164; shorter ones are no numbers.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// The bits of an address that name its network: one subscriber's, or a few.
const IPV4_KEPT: u32 = u32::MAX << 8;
const IPV6_KEPT: u128 = u128::MAX << 80;

/// The form of a value, and forms that are close to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The form. Equal ones are the same value.
    pub whole: String,
    /// Forms that a close value has, too: one letter less, or a part of a date.
    pub parts: Vec<String>,
}

/// The form of a field's value.
///
/// # Errors
/// The value is none of the field; what it must be.
pub fn of(field: Field, value: &str) -> Result<Form, &'static str> {
    let folded = folded(value);
    let text = match field {
        Field::BirthDate => return date(&folded).ok_or("must be a date: year, month, day"),
        Field::Phone => return phone(&folded).map(exact).ok_or("must be a telephone number with +, by E.164"),
        Field::Email => return email(&folded).map(exact).ok_or("must be an address of electronic mail"),
        Field::Ip => return network(&folded).map(exact).ok_or("must be an address of the internet"),
        Field::Device => return Some(folded.trim().to_owned()).filter(|it| is_visible(it)).map(exact).ok_or(EMPTY),
        Field::PayoutAccount => {
            return Some(alphanumeric(&folded)).filter(|it| !it.is_empty()).map(exact).ok_or(EMPTY);
        }
        Field::GivenName | Field::FamilyName => spelled(&folded),
        Field::StoreName => skeleton(value),
        Field::CompanyName => sorted_words(&folded),
        Field::IdNumber | Field::CompanyNumber | Field::Address | Field::ShipFrom | Field::ReturnAddress => {
            alphanumeric(&folded)
        }
        Field::Logo => return Err("must stand beside the fields: a logo is a picture"),
    };
    if text.is_empty() {
        return Err(EMPTY);
    }
    let parts = deletions(&text);
    Ok(Form { whole: text, parts })
}

const EMPTY: &str = "must have a letter or a digit";

fn exact(whole: String) -> Form {
    Form { whole, parts: Vec::new() }
}

/// NFKC with cases folded. Upper case comes first, so that ß is ss, and each letter alone, so that σ and ς are one.
pub(crate) fn folded(value: &str) -> String {
    value.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect()
}

fn alphanumeric(folded: &str) -> String {
    folded.chars().filter(|sign| sign.is_alphanumeric()).collect()
}

/// Chinese characters as they are spelled, other letters as they are: 李 and Li are the same name.
fn spelled(folded: &str) -> String {
    let mut text = String::new();
    for sign in folded.chars().filter(|sign| sign.is_alphanumeric()) {
        match sign.to_pinyin() {
            Some(spelled) => text.push_str(spelled.plain()),
            None => text.push(sign),
        }
    }
    text
}

fn sorted_words(folded: &str) -> String {
    let mut words: Vec<&str> = folded.split(|sign: char| !sign.is_alphanumeric()).filter(|it| !it.is_empty()).collect();
    words.sort_unstable();
    words.join(" ")
}

/// The form of a name as people read it: letters that look alike are one, and signs between them are none.
#[must_use]
pub fn skeleton(value: &str) -> String {
    let compatible: String = value.nfkc().collect();
    let bare: String = uts_39(&compatible).nfd().filter(|sign| !is_combining_mark(*sign)).collect();
    let again: String = uts_39(&folded(&bare)).collect();
    let letters: String = again.chars().flat_map(char::to_lowercase).filter(|sign| sign.is_alphanumeric()).collect();
    let as_letter = |sign| match sign {
        '0' => 'o',
        '1' => 'l',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        '8' => 'b',
        other => other,
    };
    letters.replace("rn", "m").chars().map(as_letter).collect()
}

/// The form without each of its first letters in turn.
fn deletions(form: &str) -> Vec<String> {
    let places = form.char_indices().take(DELETIONS_MAX);
    let without = |(place, sign): (usize, char)| format!("{}{}", &form[..place], &form[place + sign.len_utf8()..]);
    let mut found: Vec<String> = places.map(without).filter(|rest| !rest.is_empty()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// A date as `YYYYMMDD`, and the three pairs of its parts.
fn date(folded: &str) -> Option<Form> {
    let text = folded.trim();
    let digits = if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        [&text[..4], &text[4..6], &text[6..]].map(str::to_owned)
    } else {
        let mut parts = text.split(['-', '/', '.']).map(str::to_owned);
        [parts.next()?, parts.next()?, parts.next().filter(|_| parts.next().is_none())?]
    };
    let [year, month, day] = digits.map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (year?, month?, day?);
    if !(1_800..=2_200).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let parts = vec![format!("{year:04}-{month:02}-"), format!("{year:04}--{day:02}"), format!("-{month:02}-{day:02}")];
    Some(Form { whole: format!("{year:04}{month:02}{day:02}"), parts })
}

/// The digits of a number that names its country. The signs with which people part digits count nothing.
fn phone(folded: &str) -> Option<String> {
    let signs: String = folded.chars().filter(|sign| !matches!(sign, ' ' | '-' | '(' | ')' | '.' | '/')).collect();
    let digits = signs.strip_prefix('+').or_else(|| signs.strip_prefix("00"))?;
    let fits = PHONE_DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.to_owned())
}

/// The address without what follows a `+` in its local part.
fn email(folded: &str) -> Option<String> {
    let (local, domain) = folded.trim().rsplit_once('@')?;
    let local = local.split('+').next().unwrap_or(local);
    let fits = !local.is_empty() && domain.contains('.') && !folded.trim().contains(char::is_whitespace);
    fits.then(|| format!("{local}@{domain}"))
}

fn network(folded: &str) -> Option<String> {
    let address: IpAddr = folded.trim().parse().ok()?;
    Some(match address.to_canonical() {
        IpAddr::V4(address) => std::net::Ipv4Addr::from_bits(address.to_bits() & IPV4_KEPT).to_string(),
        IpAddr::V6(address) => std::net::Ipv6Addr::from_bits(address.to_bits() & IPV6_KEPT).to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(field: Field, value: &str) -> String {
        of(field, value).unwrap().whole
    }

    #[test]
    fn two_ways_to_write_one_thing_have_one_form() {
        for (field, one, other, form) in [
            (Field::IdNumber, "11010519491231002x", "１１０１０５-19491231-002X", "11010519491231002x"),
            (Field::GivenName, "小明", "Xiao Ming", "xiaoming"),
            (Field::FamilyName, "Groß", "GROSS", "gross"),
            (Field::BirthDate, "1990-02-03", "1990/2/3", "19900203"),
            (Field::BirthDate, "19900203", "1990.02.03", "19900203"),
            (Field::Phone, "+86 138-0013-8000", "008613800138000", "8613800138000"),
            (Field::Email, "Li.Ming+shop@Mail.example", "li.ming@mail.example", "li.ming@mail.example"),
            (Field::PayoutAccount, "DE89 3704 0044", "de8937040044", "de8937040044"),
            (Field::Ip, "203.0.113.7", "::ffff:203.0.113.250", "203.0.113.0"),
            (Field::Ip, "2001:db8:1:2::3", "2001:DB8:1:ffff::", "2001:db8:1::"),
            (Field::Address, "12, Main St.", "12 MAIN ST", "12mainst"),
            (Field::CompanyName, "Blue Sky Ltd", "LTD Sky, Blue", "blue ltd sky"),
            (Field::StoreName, "G00gle", "goögle", "google"),
            (Field::StoreName, "Mоdern", "modem", "modem"),
        ] {
            assert_eq!(whole(field, one), form, "{field}");
            assert_eq!(whole(field, other), form, "{field}");
        }
    }

    #[test]
    fn a_value_of_another_kind_is_refused() {
        for (field, value) in [
            (Field::BirthDate, "1990-13-01"),
            (Field::BirthDate, "3 May"),
            (Field::Phone, "13800138000"),
            (Field::Phone, "+1 two three"),
            (Field::Email, "nobody"),
            (Field::Ip, "203.0.113"),
            (Field::Address, " - "),
            (Field::Device, "  "),
        ] {
            assert!(of(field, value).is_err(), "{field}: {value}");
        }
    }

    #[test]
    fn a_close_form_is_one_letter_less_or_a_part_of_a_date() {
        assert_eq!(of(Field::GivenName, "Anna").unwrap().parts, ["ana", "ann", "nna"]);
        let long = "x1".repeat(50);
        assert!(of(Field::Address, &long).unwrap().parts.len() <= DELETIONS_MAX);
        assert_eq!(of(Field::BirthDate, "1990-02-03").unwrap().parts, ["1990-02-", "1990--03", "-02-03"]);
        assert!(of(Field::Phone, "+8613800138000").unwrap().parts.is_empty());
    }
}
