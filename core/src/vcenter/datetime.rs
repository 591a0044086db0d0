//! `xsd:dateTime`, as vCenter writes it: `2026-11-20T12:00:00.123456Z` or with an offset.

/// Milliseconds since 1970 began. None when the text is no `xsd:dateTime` with a time zone from 1970 to 9999.
pub fn unix_ms(text: &str) -> Option<i64> {
    let (date, time) = text.trim().split_once('T')?;
    let (clock, offset) = zone(time)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(clock, ':')?;
    let valid = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !valid || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let minutes = (days(year, month, day) * 24 + hour) * 60 + minute - offset;
    Some((minutes * 60 + second) * 1000 + millis(fraction)?)
}

/// Splits the time zone off; its offset in minutes.
fn zone(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let (clock, offset) = time.split_at_checked(time.find(['+', '-'])?)?;
    let [hours, minutes] = numbers(offset.trim_start_matches(['+', '-']), ':')?;
    let span = hours * 60 + minutes;
    Some((clock, if offset.starts_with('-') { -span } else { span }))
}

fn numbers<const N: usize>(text: &str, separator: char) -> Option<[i64; N]> {
    let parts = text.split(separator).map(number).collect::<Option<Vec<_>>>()?;
    parts.try_into().ok()
}

fn number(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// The first three digits of a fraction; vcsim writes nine.
fn millis(fraction: &str) -> Option<i64> {
    number(&fraction.chars().chain("00".chars()).take(3).collect::<String>())
}

/// Days since 1970-01-01 in the Gregorian calendar, years counted from March so that a leap day comes last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year / 4 - year / 100 + year / 400;
    year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_vcenter_writes() {
        let check = |text: &str, expected: Option<i64>| assert_eq!(unix_ms(text), expected, "{text:?}");
        check("1970-01-01T00:00:00Z", Some(0));
        check("2000-02-29T12:00:00Z", Some(951_825_600_000));
        check("2026-11-20T12:00:00.5Z", Some(1_795_176_000_500));
        check("2026-11-20T12:00:00.123456789Z", Some(1_795_176_000_123));
        check("2026-11-20T14:00:00+02:00", Some(1_795_176_000_000));
        check("2026-11-20T06:30:00.000-05:30", Some(1_795_176_000_000));
        check("2026-11-20T12:00:00", None);
        check("2026-13-20T12:00:00Z", None);
        check("yesterday", None);
        check("", None);
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,40}") {
            unix_ms(&text);
        }
    }
}
