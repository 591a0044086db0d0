//! `show fex`, as text: the names of its keys in JSON are not documented.
//!
//! ```text
//!   FEX         FEX           FEX              FEX              Fex
//! Number    Description      State            Model            Serial
//! ------------------------------------------------------------------------
//! 101      rack 1 left              Online   N2K-C2248TP-E-1GE   SSI00000AR0
//! ```

use std::collections::BTreeMap;

use super::ParseError;
use crate::tracker::Fex;

/// What the state of a FEX begins or ends with while it is not `Online`; its model and serial number may be missing
/// then. Beside `Offline` the words are remembered, not documented.
const NOT_ONLINE: [&str; 7] =
    ["Offline", "Discovered", "Connected", "Registered", "Configured", "Download", "Sequence"];

/// Every FEX whose serial number is told.
pub(super) fn parse(text: &str) -> Result<BTreeMap<u16, Fex>, ParseError> {
    let mut fexes = BTreeMap::new();
    let mut headed = text.trim().is_empty();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        headed |= words.first() == Some(&"Number") && words.last() == Some(&"Serial");
        let Some(number) = words.first().and_then(|word| word.parse::<u16>().ok()) else { continue };
        if let Some(fex) = fex(&words)? {
            fexes.insert(number, fex);
        }
    }
    if headed { Ok(fexes) } else { Err(ParseError::Missing("the head of the table of FEXes")) }
}

fn fex(words: &[&str]) -> Result<Option<Fex>, ParseError> {
    // The description before the state may hold blanks; what follows it does not.
    if let [.., state, model, serial] = words
        && model.contains('-')
        && is_serial(serial)
    {
        return Ok(Some(Fex { serial: (*serial).to_owned(), online: *state == "Online" }));
    }
    let known = words.iter().any(|word| NOT_ONLINE.contains(word));
    if known { Ok(None) } else { Err(ParseError::value("fex", &words.join(" "))) }
}

/// Three letters of the factory, year, week, and four characters: `SSI00000AR0`.
fn is_serial(word: &str) -> bool {
    word.len() == 11 && word.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit())
}
