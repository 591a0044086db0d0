//! The accounting log: one entry per line typed, with the whole configuration path in front (facts: NX-OS §4.6b).

use std::collections::VecDeque;

/// How many entries are kept. A real switch keeps 250,000 bytes; this is about as many lines.
const KEPT: usize = 1500;

/// The accounting log.
#[derive(Clone, Debug, Default)]
pub struct Accounting {
    entries: VecDeque<String>,
}

/// Who typed a line: the log's `id` and `user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Where the session comes from, such as `192.0.2.7@pts/3`.
    pub origin: String,
    /// The user's name.
    pub user: String,
}

impl Accounting {
    /// Writes down one line; `path` is the configuration path and the line itself.
    pub fn note(&mut self, author: &Author, path: &str, accepted: bool, unix_s: u64) {
        let result = if accepted { "SUCCESS" } else { "FAILURE" };
        let Author { origin, user } = author;
        let time = timestamp(unix_s);
        self.entries.push_back(format!("{time}:type=update:id={origin}:user={user}:cmd={path} ({result})"));
        while self.entries.len() > KEPT {
            self.entries.pop_front();
        }
    }

    /// The entries, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(String::as_str)
    }
}

/// Seconds since 1970 as the log prints them: `Mon Feb 10 09:30:45 2020` (the switch runs on UTC).
pub(super) fn timestamp(unix_s: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, second) = (unix_s / 86_400, unix_s % 86_400);
    let (year, month, day) = civil(days);
    let name = |names: &[&'static str], index: u64| {
        usize::try_from(index).ok().and_then(|index| names.get(index).copied()).unwrap_or_default()
    };
    let (weekday, month) = (name(&DAYS, days % 7), name(&MONTHS, month - 1));
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{weekday} {month} {day:>2} {hour:02}:{minute:02}:{second:02} {year}")
}

/// Year, month (1–12) and day of a number of days since 1970, by Howard Hinnant's `civil_from_days`.
const fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_looks_as_on_a_real_switch() {
        let mut log = Accounting::default();
        let author = Author { origin: "192.0.2.7@pts/3".to_owned(), user: "ann".to_owned() };
        log.note(&author, "configure terminal ; vlan 30", true, 1_581_327_045);
        log.note(&author, "configure terminal ; vlan 4000", false, 1_709_164_800);
        let entries: Vec<_> = log.entries().collect();
        assert_eq!(
            entries,
            [
                "Mon Feb 10 09:30:45 2020:type=update:id=192.0.2.7@pts/3:user=ann:cmd=configure terminal ; vlan 30 (SUCCESS)",
                "Thu Feb 29 00:00:00 2024:type=update:id=192.0.2.7@pts/3:user=ann:cmd=configure terminal ; vlan 4000 (FAILURE)",
            ]
        );
    }

    #[test]
    fn only_the_last_entries_are_kept() {
        let mut log = Accounting::default();
        let author = Author { origin: "console0".to_owned(), user: "ann".to_owned() };
        for number in 0..KEPT + 10 {
            log.note(&author, &format!("line {number}"), true, 0);
        }
        assert_eq!(log.entries().count(), KEPT);
        assert!(log.entries().next().is_some_and(|first| first.ends_with("cmd=line 10 (SUCCESS)")));
    }
}
