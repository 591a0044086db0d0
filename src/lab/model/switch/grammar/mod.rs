//! Words to commands, with unique-prefix abbreviation.

mod action;
mod argument;
mod mode;
mod table;

use std::fmt::Display;

pub(super) use action::{Action, DomainChange, Filter, GlobalChange, Line, Place, PortChange, Saved, Show, VlanChange};
use argument::{Arg, Args, argument};
pub(super) use mode::Mode;
use table::{CONFIG, DOMAIN, EXEC, INTERFACE, LINE, Make, PIPE, Row, VLAN};

use super::Rejection;

/// A line understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) action: Action,
    /// The line with every word spelled out, as the accounting log has it.
    pub(super) canonical: String,
}

/// Understands one line in `mode`. The layers lie over each other: a sub-mode takes what global configuration takes,
/// and that what exec takes.
pub(super) fn parse(mode: &Mode, line: &str) -> Result<Parsed, Rejection> {
    let layers: &[&[Row]] = match mode {
        Mode::Exec => &[EXEC],
        Mode::Config => &[CONFIG, EXEC],
        Mode::Interface(_) => &[INTERFACE, CONFIG, EXEC],
        Mode::Vlan(_) => &[VLAN, CONFIG, EXEC],
        Mode::VpcDomain => &[DOMAIN, CONFIG, EXEC],
        Mode::Line(_) => &[LINE, CONFIG, EXEC],
    };
    let (action, canonical) = walk(layers, line, 0)?;
    Ok(Parsed { action, canonical })
}

/// Understands what stands behind a `|`, which begins at `column` of the line.
pub(super) fn parse_filter(text: &str, column: usize) -> Result<Filter, Rejection> {
    walk(&[PIPE], text, column).map(|(filter, _)| filter)
}

/// Names with commas between, as the accounting log has a range.
pub(super) fn listed(names: &[impl Display]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn walk<T>(layers: &[&[Row<T>]], line: &str, column: usize) -> Result<(T, String), Rejection> {
    let mut walk = Walk::new(layers);
    let words = words(line, column);
    let mut rest = words.as_slice();
    while let Some((first, _)) = rest.split_first() {
        let used = walk.step(*first, rest)?;
        rest = rest.get(used..).unwrap_or_default();
    }
    walk.finish()
}

/// The words of a line and their columns; the first letter of the line is at `column`.
fn words(line: &str, column: usize) -> Vec<(usize, &str)> {
    let start = |word: &str| word.as_ptr() as usize - line.as_ptr() as usize + column;
    line.split_whitespace().map(|word| (start(word), word)).collect()
}

/// The commands that the words so far may become.
struct Walk<T> {
    rows: Vec<(Vec<&'static str>, Make<T>)>,
    depth: usize,
    /// Where the last argument stood.
    column: usize,
    args: Vec<Arg>,
    canonical: Vec<String>,
}

impl<T> Walk<T> {
    fn new(layers: &[&[Row<T>]]) -> Self {
        let rows = layers.iter().flat_map(|layer| layer.iter());
        let rows = rows.map(|(pattern, make)| (pattern.split(' ').collect(), *make)).collect();
        Self { rows, depth: 0, column: 0, args: Vec::new(), canonical: Vec::new() }
    }

    /// Takes the next word, or the words of the next argument; how many.
    fn step(&mut self, (column, word): (usize, &str), rest: &[(usize, &str)]) -> Result<usize, Rejection> {
        if let Some(keyword) = self.keyword(column, word)? {
            self.keep(keyword);
            self.canonical.push(keyword.to_owned());
            return Ok(1);
        }
        let element = self.next_elements().find(|element| element.starts_with('<'));
        let element = element.ok_or(Rejection::Invalid(column))?;
        let (arg, canonical, used) = argument(element, rest).map_err(|refused| refused.at(column))?;
        self.keep(element);
        self.args.push(arg);
        self.column = column;
        self.canonical.push(canonical);
        Ok(used)
    }

    fn next_elements(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.rows.iter().filter_map(|(pattern, _)| pattern.get(self.depth).copied())
    }

    fn keep(&mut self, element: &str) {
        let depth = self.depth;
        self.rows.retain(|(pattern, _)| pattern.get(depth).is_some_and(|next| *next == element));
        self.depth += 1;
    }

    /// The keyword that `word` spells or begins, when there is one; two are ambiguous.
    fn keyword(&self, column: usize, word: &str) -> Result<Option<&'static str>, Rejection> {
        let lower = word.to_ascii_lowercase();
        let mut begun: Vec<_> = self.next_elements().filter(|element| element.starts_with(&lower)).collect();
        begun.retain(|element| !element.starts_with('<'));
        begun.sort_unstable();
        begun.dedup();
        match begun.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(only)),
            several => match several.iter().find(|element| **element == lower) {
                Some(exact) => Ok(Some(exact)),
                None => Err(Rejection::Ambiguous(column)),
            },
        }
    }

    fn finish(self) -> Result<(T, String), Rejection> {
        let complete = self.rows.iter().find(|(pattern, _)| pattern.len() == self.depth);
        let (_, make) = complete.ok_or(Rejection::Incomplete)?;
        let made = make(&Args(self.args)).ok_or(Rejection::Invalid(self.column))?;
        Ok((made, self.canonical.join(" ")))
    }
}
