//! A small generic tree of one VIM value. Tolerant of versions: unknown elements are carried and ignored.

/// A managed object reference: a type such as `HostSystem` and an id such as `host-17`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MoRef {
    /// The managed object's type.
    pub kind: String,
    /// Its id, unique in one vCenter.
    pub id: String,
}

impl MoRef {
    /// The object `id` of type `kind`.
    pub fn new(kind: &str, id: &str) -> Self {
        Self { kind: kind.to_owned(), id: id.to_owned() }
    }
}

/// One element of an answer with what is inside of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VimValue {
    /// The element's local name.
    pub name: String,
    /// `xsi:type` without its prefix, matched by namespace; empty when there is none.
    pub class: String,
    /// The plain `type` attribute: the type of a managed object reference; empty when there is none.
    pub kind: String,
    /// The text of an element without children.
    pub text: String,
    /// The elements inside, in order.
    pub children: Vec<Self>,
}

impl VimValue {
    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Every child of this name: VIM writes lists as repeated elements.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The element at the end of a path of names, first matches only.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, name| value.child(name))
    }

    /// The text at the end of a path; none when the element is absent or empty.
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(|value| value.text.as_str()).filter(|text| !text.is_empty())
    }

    /// The texts of every child of this name.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.all(name).map(|child| child.text.clone()).collect()
    }

    /// An `xsd:boolean`: `true` and `1`; anything else is false.
    pub fn flag(&self) -> bool {
        matches!(self.text.trim(), "true" | "1")
    }

    /// The element as a managed object reference; none without an id.
    pub fn reference(&self) -> Option<MoRef> {
        let id = self.text.trim();
        (!id.is_empty()).then(|| MoRef::new(&self.kind, id))
    }
}

/// Decodes the names of managed entities: vCenter escapes `/`, `\` and `%` in them as in a URL (facts: vCenter §B4).
/// What is no valid escape stays as it is.
pub(super) fn unescaped(name: &str) -> String {
    let bytes = name.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        let escape = (*byte == b'%').then(|| bytes.get(index + 1..index + 3)).flatten().and_then(hex_octet);
        out.push(escape.unwrap_or(*byte));
        index += if escape.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| name.to_owned())
}

fn hex_octet(digits: &[u8]) -> Option<u8> {
    let text = str::from_utf8(digits).ok()?;
    let plain = digits.iter().all(u8::is_ascii_hexdigit);
    plain.then(|| u8::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_entities_are_unescaped() {
        let check = |text: &str, expected: &str| assert_eq!(unescaped(text), expected, "{text:?}");
        check("Prod%2fBlue", "Prod/Blue");
        check("100%25", "100%");
        check("a%5cb", "a\\b");
        check("50% off", "50% off");
        check("tail%2", "tail%2");
        check("%+1", "%+1");
        check("%ff", "%ff");
        check("Zürich", "Zürich");
    }
}
