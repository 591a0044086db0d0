//! A TOML text taken apart with the place of every key, gathering faults on the way.
//!
//! Deserializing into structs would stop at the first wrong type and lose the place of unknown keys; here every
//! section says which keys it knows, takes each one in the type it needs, and goes on after a fault.

use std::{
    cell::RefCell,
    ops::{Range, RangeInclusive},
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::fault::{Fault, Faults};

/// A text and what was found wrong with it so far.
pub(super) struct Source<'a> {
    text: &'a str,
    path: &'a Path,
    faults: RefCell<Vec<Fault>>,
    warnings: RefCell<Vec<Fault>>,
}

/// One table of it.
pub(super) struct Section<'a> {
    source: &'a Source<'a>,
    name: String,
    span: Range<usize>,
    table: DeTable<'a>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) key: String,
    pub(super) span: Range<usize>,
}

impl<'a> Source<'a> {
    pub(super) const fn new(text: &'a str, path: &'a Path) -> Self {
        Self { text, path, faults: RefCell::new(Vec::new()), warnings: RefCell::new(Vec::new()) }
    }

    /// The whole text as a section; none if it is no TOML, with every place where it is not.
    pub(super) fn root(&'a self) -> Option<Section<'a>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            self.fault(String::new(), error.span().unwrap_or_default(), error.message());
        }
        let span = table.span();
        errors.is_empty().then(|| Section { source: self, name: String::new(), span, table: table.into_inner() })
    }

    /// What came of it: the configuration and its warnings, or all faults.
    pub(super) fn verdict<T>(&self, result: Option<T>) -> Result<(T, Vec<Fault>), Faults> {
        let mut faults = self.faults.take();
        faults.sort_by_key(|fault| fault.line);
        match result {
            Some(result) if faults.is_empty() => Ok((result, self.warnings.take())),
            Some(_) | None => Err(Faults(faults)),
        }
    }

    pub(super) fn fault(&self, key: String, span: Range<usize>, text: impl Into<String>) {
        let fault = self.describe(key, span, text.into());
        self.faults.borrow_mut().push(fault);
    }

    pub(super) fn warn(&self, key: String, span: Range<usize>, text: impl Into<String>) {
        let fault = self.describe(key, span, text.into());
        self.warnings.borrow_mut().push(fault);
    }

    fn describe(&self, key: String, span: Range<usize>, text: String) -> Fault {
        let before = self.text.as_bytes().iter().take(span.start);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        Fault { file: self.path.to_owned(), line, key, text }
    }

    /// A path of the configuration; a relative one starts at the configuration's own directory.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }
}

impl<'a> Section<'a> {
    /// The keys that may be here; any other is a fault that names the nearest of them.
    pub(super) fn allow(&self, known: &[&str]) {
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let advice = match nearest(name, known) {
                    Some(near) => format!("unknown key; did you mean {near:?}?"),
                    None => format!("unknown key; known here: {}", known.join(", ")),
                };
                self.source.fault(self.path_of(name), key.span(), advice);
            }
        }
    }

    /// A fault of one of the section's keys, or of the section itself.
    pub(super) fn fault(&self, key: &str, text: impl Into<String>) {
        let span = self.find(key).map_or_else(|| self.span.clone(), Spanned::span);
        self.source.fault(self.path_of(key), span, text);
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    pub(super) fn is_text(&self, key: &str) -> bool {
        self.find(key).is_some_and(|value| matches!(value.get_ref(), DeValue::String(_)))
    }

    /// A text; a value of another type is a fault.
    pub(super) fn text(&self, key: &str) -> Option<Located<String>> {
        let value = self.find(key)?;
        let DeValue::String(text) = value.get_ref() else {
            self.fault(key, "must be a text in quotes");
            return None;
        };
        Some(Located { value: text.clone().into_owned(), key: self.path_of(key), span: value.span() })
    }

    /// A list of texts; any other value is a fault.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let Some(value) = self.find(key) else { return Vec::new() };
        let text = |item: &Spanned<DeValue<'a>>| {
            let DeValue::String(text) = item.get_ref() else { return None };
            Some(text.clone().into_owned())
        };
        let texts: Option<Vec<String>> =
            if let DeValue::Array(array) = value.get_ref() { array.iter().map(text).collect() } else { None };
        texts.unwrap_or_else(|| {
            self.fault(key, "must be a list of texts in quotes: [\"…\"]");
            Vec::new()
        })
    }

    /// `true` or `false`; a value of another type is a fault.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        let DeValue::Boolean(flag) = self.find(key)?.get_ref() else {
            self.fault(key, "must be true or false");
            return None;
        };
        Some(*flag)
    }

    /// A whole number inside a range; anything else is a fault.
    pub(super) fn number(&self, key: &str, range: RangeInclusive<u16>) -> Option<Located<u16>> {
        let value = self.find(key)?;
        let read = if let DeValue::Integer(number) = value.get_ref() {
            u16::from_str_radix(number.as_str(), number.radix()).ok()
        } else {
            None
        };
        let Some(number) = read.filter(|number| range.contains(number)) else {
            self.fault(key, format!("must be a number from {} to {}", range.start(), range.end()));
            return None;
        };
        Some(Located { value: number, key: self.path_of(key), span: value.span() })
    }

    /// A text that must be there and must not be empty.
    pub(super) fn required(&self, key: &str) -> Option<Located<String>> {
        if !self.has(key) {
            self.fault(key, "is missing");
            return None;
        }
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            self.fault(key, "is empty");
            return None;
        }
        Some(text)
    }

    /// A text in a type's own syntax; what that type says against it is the fault.
    pub(super) fn parse<T>(&self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<Located<T>> {
        let text = self.text(key)?;
        match parse(&text.value) {
            Ok(value) => Some(Located { value, key: text.key, span: text.span }),
            Err(why) => {
                self.fault(key, why);
                None
            }
        }
    }

    /// A table below.
    pub(super) fn section(&self, key: &str) -> Option<Self> {
        let value = self.find(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            self.fault(key, format!("must be a table: [{key}]"));
            return None;
        };
        Some(Self { source: self.source, name: self.path_of(key), span: value.span(), table: table.clone() })
    }

    /// The tables of an array below, such as `[[switch]]`.
    pub(super) fn sections(&self, key: &str) -> Vec<Self> {
        let Some(value) = self.find(key) else { return Vec::new() };
        let DeValue::Array(array) = value.get_ref() else {
            self.fault(key, format!("must be a list of tables: [[{key}]]"));
            return Vec::new();
        };
        array.iter().enumerate().filter_map(|(index, item)| self.element(key, index, item)).collect()
    }

    fn element(&self, key: &str, index: usize, item: &Spanned<DeValue<'a>>) -> Option<Self> {
        let name = format!("{}[{}]", self.path_of(key), index + 1);
        let DeValue::Table(table) = item.get_ref() else {
            self.source.fault(name, item.span(), format!("must be a table: [[{key}]]"));
            return None;
        };
        Some(Self { source: self.source, name, span: item.span(), table: table.clone() })
    }

    fn find(&self, key: &str) -> Option<&Spanned<DeValue<'a>>> {
        self.table.iter().find(|(name, _)| name.get_ref().as_ref() == key).map(|(_, value)| value)
    }

    pub(super) fn path_of(&self, key: &str) -> String {
        match (self.name.is_empty(), key.is_empty()) {
            (true, _) => key.to_owned(),
            (false, true) => self.name.clone(),
            (false, false) => format!("{}.{key}", self.name),
        }
    }
}

/// The known name that a person may have meant: at most a third of its letters differ.
fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    // A beginning is nearer than any slip: `password` means `password_file`.
    let steps = |one: &str| if one.starts_with(name) { 1 } else { distance(name, one) };
    let (near, steps) = known.iter().map(|one| (*one, steps(one))).min_by_key(|(_, steps)| *steps)?;
    (steps <= near.len().div_ceil(3).max(2)).then_some(near)
}

/// How many letters must be added, dropped or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (index, left) in a.chars().enumerate() {
        let mut diagonal = index;
        let mut last = index + 1;
        for (slot, right) in row.iter_mut().skip(1).zip(b.chars()) {
            let changed = diagonal + usize::from(left != right);
            diagonal = *slot;
            *slot = changed.min(*slot + 1).min(last + 1);
            last = *slot;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_what_a_person_meant() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(nearest(name, &["username", "password_file", "url", "hold_down"]), expected, "{name}");
        };
        check("user_name", Some("username"));
        check("holddown", Some("hold_down"));
        check("password", Some("password_file"));
        check("colour", None);
    }

    #[test]
    fn distance_counts_letters() {
        let check = |a: &str, b: &str, expected: usize| assert_eq!(distance(a, b), expected, "{a} {b}");
        check("", "abc", 3);
        check("abc", "abc", 0);
        check("kitten", "sitting", 3);
    }
}
