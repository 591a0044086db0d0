//! Printing. A reader that went away (`| head`) is no fault, and names from vCenter cannot drive the terminal.

use std::{
    io::{self, Write},
    time::Duration,
};

use comfy_table::{ContentArrangement, Table, TableStyle};
use serde::Serialize;
use vmtracker_core::tracker::Moment;

/// A line, or several, on standard output.
pub(super) fn say(text: &str) {
    drop(writeln!(io::stdout().lock(), "{}", clean(text)));
}

/// The same on standard error.
pub(super) fn complain(text: &str) {
    drop(writeln!(io::stderr().lock(), "{}", clean(text)));
}

/// A value as one line of JSON.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string(value)?;
    drop(writeln!(io::stdout().lock(), "{text}"));
    Ok(())
}

/// A table with a head, as wide as the terminal.
pub(super) fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Dynamic).set_header(head);
    for row in rows {
        table.add_row(row.map(|cell| clean(&cell)));
    }
    drop(writeln!(io::stdout().lock(), "{table}"));
}

/// How long ago something was: `12s`, `5m`, `3h`, `2d`.
pub(super) fn age(since_ms: u64) -> String {
    let span = crate::clock::now().since(Moment::from_unix_ms(since_ms));
    short(span)
}

fn short(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        172_800.. => format!("{}d", seconds / 86_400),
    }
}

/// Control characters become visible; only line ends stay.
fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter.is_control() && letter != '\n' {
            true => clean.extend(letter.escape_default()),
            false => clean.push(letter),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_drive_the_terminal() {
        assert_eq!(clean("vm\u{1b}[2J\n\u{9b}x"), "vm\\u{1b}[2J\n\\u{9b}x");
    }

    #[test]
    fn spans_are_short() {
        let check = |seconds: u64, expected: &str| assert_eq!(short(Duration::from_secs(seconds)), expected);
        check(0, "0s");
        check(119, "119s");
        check(120, "2m");
        check(7_200, "2h");
        check(172_800, "2d");
    }
}
