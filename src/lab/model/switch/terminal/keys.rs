//! Bytes that a terminal sends, as keys.

/// What a byte means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A letter, echoed as it is.
    Letter(u8),
    /// The end of a line.
    Enter,
    /// Takes back the last letter.
    Erase,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-Z.
    End,
    /// Nothing.
    Nothing,
}

/// Where in a line end the input is.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    after_return: bool,
}

impl Keys {
    /// The key that `byte` is. `\r`, `\n` and `\r\n` are one line end each; NUL is nothing (facts: NX-OS §5), nor are
    /// the control characters that the facts do not name.
    pub(super) fn press(&mut self, byte: u8) -> Key {
        let after_return = std::mem::replace(&mut self.after_return, byte == b'\r');
        match byte {
            b'\n' if after_return => Key::Nothing,
            b'\r' | b'\n' => Key::Enter,
            0x08 | 0x7f => Key::Erase,
            0x03 => Key::Interrupt,
            0x1a => Key::End,
            0x00..0x20 => Key::Nothing,
            0x20.. => Key::Letter(byte),
        }
    }
}
