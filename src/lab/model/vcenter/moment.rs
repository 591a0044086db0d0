//! Moments as the API writes and reads them.

/// `2026-01-31T12:00:00.000Z`, from milliseconds since 1970.
pub(super) fn date_time(unix_ms: u64) -> String {
    let (days, ms) = (unix_ms / 86_400_000, unix_ms % 86_400_000);
    // Days to civil date: eras of 400 years that begin on 1 March, so that the leap day comes last.
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + u64::from(month <= 2);
    let (hour, minute) = (ms / 3_600_000, ms / 60_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}.{:03}Z", ms / 1000 % 60, ms % 1000)
}

/// Milliseconds since 1970, from `2026-01-31T12:00:00[.000][Z|±00:00]`; without a zone it is UTC. None: it is no moment.
pub(super) fn unix_ms(text: &str) -> Option<u64> {
    let (date, clock) = text.trim().split_once('T')?;
    let (clock, shift) = zone(clock)?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut clock = clock.splitn(3, ':');
    let (hour, minute) = (clock.next()?.parse::<i64>().ok()?, clock.next()?.parse::<i64>().ok()?);
    let (second, fraction) = clock.next().map(|text| text.split_once('.').unwrap_or((text, "")))?;
    let millis: i64 = format!("{fraction:0<3.3}").parse().ok()?;
    // The same eras as above, from the other side.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = y.div_euclid(400) * 146_097 + y.rem_euclid(400) * 365 + y.rem_euclid(400) / 4 - y.rem_euclid(400) / 100
        + (153 * m + 2) / 5
        + day
        - 1
        - 719_468;
    let seconds = ((days * 24 + hour) * 60 + minute - shift) * 60 + second.parse::<i64>().ok()?;
    u64::try_from(seconds * 1000 + millis).ok()
}

/// The time of day without its zone, and by how many minutes that zone is ahead of UTC.
fn zone(clock: &str) -> Option<(&str, i64)> {
    if let Some(clock) = clock.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let Some(at) = clock.rfind(['+', '-']) else { return Some((clock, 0)) };
    let (clock, zone) = clock.split_at_checked(at)?;
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
    Some((clock, if zone.starts_with('-') { -minutes } else { minutes }))
}

#[cfg(test)]
mod tests {
    use super::{date_time, unix_ms};

    #[test]
    fn a_moment_is_read_in_every_zone() {
        let check = |text: &str, expected| assert_eq!(unix_ms(text), expected, "{text}");
        for at in [0, 951_827_696_789, 1_767_225_599_999] {
            check(&date_time(at), Some(at));
        }
        check("1970-01-01T02:00:00.5+02:00", Some(500));
        check("1969-12-31T23:30:00-00:30", Some(0));
        check("1970-01-01T00:00:01", Some(1000));
        for text in ["", "T", "1970-01-01", "1970-01-01T00:00", "x-01-01T00:00:00Z", "1960-01-01T00:00:00Z", "é+é"] {
            check(text, None);
        }
    }

    #[test]
    fn dates_are_written_as_the_schema_wants_them() {
        let check = |unix_ms, expected: &str| assert_eq!(date_time(unix_ms), expected);
        check(0, "1970-01-01T00:00:00.000Z");
        check(951_827_696_789, "2000-02-29T12:34:56.789Z");
        check(1_767_225_599_999, "2025-12-31T23:59:59.999Z");
    }
}
