//! Tables as NX-OS prints them: a head of one line or more, a ruler of dashes, and rows until an empty line or the next
//! ruler. Cells that are too long go on in indented lines below.
//!
//! ```text
//! Group Port-       Type     Protocol  Member Ports
//!       Channel
//! --------------------------------------------------------------------------------
//! 1     Po1(SU)     Eth      LACP      Eth1/1(P)    Eth1/2(P)
//!                                      Eth1/3(P)
//! ```

use super::ParseError;

/// One table.
#[derive(Debug, Default)]
pub(super) struct Table<'a> {
    /// The first line of its head.
    pub(super) head: &'a str,
    /// The rows in their order.
    pub(super) rows: Vec<Row<'a>>,
    /// Whether an empty line or a ruler followed; else the output ended with the last row.
    pub(super) closed: bool,
}

/// One row.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// Its first line.
    pub(super) line: &'a str,
    /// The indented lines below it.
    pub(super) more: Vec<&'a str>,
}

impl<'a> Row<'a> {
    /// The words of all its lines.
    pub(super) fn words(&self) -> impl Iterator<Item = &'a str> {
        self.line.split_whitespace().chain(self.more.iter().flat_map(|line| line.split_whitespace()))
    }
}

/// Where the reader of lines is.
enum At<'a> {
    Outside,
    /// After the first line of a head.
    Head(&'a str),
    Rows(Table<'a>),
}

/// Every table whose head begins with a line that `is_head` knows.
///
/// # Errors
/// When there is none, or a wrapped line belongs to no row.
pub(super) fn tables<'a>(
    text: &'a str,
    name: &'static str,
    is_head: impl Fn(&str) -> bool,
) -> Result<Vec<Table<'a>>, ParseError> {
    let mut found = Vec::new();
    let mut at = At::Outside;
    // Blanks after the last line end are the beginning of a line, not an empty one.
    let ended = text.get(..text.rfind('\n').map_or(0, |at| at + 1)).unwrap_or_default();
    for line in ended.lines().map(str::trim_end) {
        at = match at {
            At::Outside if is_head(line) => At::Head(line),
            At::Outside => At::Outside,
            At::Head(head) if is_ruler(line) => At::Rows(Table { head, ..Table::default() }),
            At::Head(head) => At::Head(head),
            At::Rows(table) if line.is_empty() || is_ruler(line) => {
                found.push(Table { closed: true, ..table });
                At::Outside
            }
            At::Rows(table) => At::Rows(with_line(table, line).ok_or(ParseError::Missing(name))?),
        };
    }
    if let At::Rows(table) = at {
        found.push(table);
    }
    if found.is_empty() { Err(ParseError::Missing(name)) } else { Ok(found) }
}

fn with_line<'a>(mut table: Table<'a>, line: &'a str) -> Option<Table<'a>> {
    if indentation(line) > indentation(table.head) {
        table.rows.last_mut()?.more.push(line);
    } else {
        table.rows.push(Row { line, more: Vec::new() });
    }
    Some(table)
}

/// `---- ------`, in the MAC table `-----+----`.
fn is_ruler(line: &str) -> bool {
    line.contains("--") && line.chars().all(|letter| matches!(letter, '-' | '+' | ' '))
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// A list of VLANs whose pieces stood in several lines. A switch breaks it at a comma or a dash; none where it is broken
/// between two digits: they may be one number or two.
pub(super) fn joined(pieces: &[&str]) -> Option<String> {
    let is_seam = |letter: char| matches!(letter, ',' | '-');
    let mut seams = pieces.iter().zip(pieces.iter().skip(1));
    seams.all(|(before, after)| before.ends_with(is_seam) || after.starts_with(is_seam)).then(|| pieces.concat())
}

/// The value behind the first `label`, where a line begins with it.
pub(super) fn labelled<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.trim_start().strip_prefix(label)).map(str::trim)
}
