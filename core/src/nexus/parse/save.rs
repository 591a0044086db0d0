//! `copy running-config startup-config`: it worked only if the switch says so (facts: NX-OS §4.6).
//!
//! ```text
//! [########################################] 100%
//! Copy complete, now saving to disk (please wait)...
//! Copy complete.
//! ```

/// Whether it is complete; else the switch's words.
pub(super) fn parse(text: &str) -> Result<(), String> {
    let lower = text.to_ascii_lowercase();
    let mut words = lower.split(|letter: char| !letter.is_ascii_alphabetic());
    let fails = text.lines().map(str::trim_start).any(|line| line.starts_with('%') || line.starts_with("ERROR"));
    if words.any(|word| word == "complete") && !fails {
        return Ok(());
    }
    let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Err(if said.is_empty() {
        "the switch did not say that the copy is complete".to_owned()
    } else {
        said.chars().take(200).collect()
    })
}
