//! What a terminal shows of the bytes that a switch sends: letters, line ends and steps back; escapes are dropped.

/// What one byte, with those before it, puts on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A letter, or a byte of one.
    Letter(u8),
    /// The line is over.
    LineEnd,
    /// The cursor goes one letter back.
    Back,
}

/// Where in a sequence of bytes the stream is. Line ends vary: `\r\n`, `\r\r\n`, `\n\r`, `\r` (facts: NX-OS §4.7).
#[derive(Clone, Copy, Debug)]
enum State {
    Plain,
    /// After `\n`: a `\r` belongs to it.
    AfterLineFeed,
    /// After `\r`: a line end whatever follows, but only one with the `\n` that may follow.
    AfterReturn,
    /// After ESC.
    Escape,
    /// In a control sequence, `ESC [` and so on up to a letter.
    Control,
    /// In a string to the terminal, such as a title: `ESC ]` up to BEL or ESC.
    Title,
}

/// A terminal without a size.
#[derive(Clone, Debug)]
pub(super) struct Terminal {
    state: State,
}

const BELL: u8 = 7;
const BACKSPACE: u8 = 8;
const ESCAPE: u8 = 27;
const DELETE: u8 = 127;

impl Terminal {
    pub(super) const fn new() -> Self {
        Self { state: State::Plain }
    }

    /// What `byte` shows: nothing, one mark, or a line end that was held back and another mark.
    pub(super) fn feed(&mut self, byte: u8) -> [Option<Mark>; 2] {
        match self.state {
            State::Escape => self.state = escaped(byte),
            State::Control if (0x40..=0x7e).contains(&byte) => self.state = State::Plain,
            State::Title if byte == BELL => self.state = State::Plain,
            State::Title if byte == ESCAPE => self.state = State::Escape,
            State::Control | State::Title => {}
            State::Plain | State::AfterLineFeed | State::AfterReturn => return self.shown(byte),
        }
        [None; 2]
    }

    fn shown(&mut self, byte: u8) -> [Option<Mark>; 2] {
        let before = self.state;
        self.state = match (byte, before) {
            (b'\n', _) => State::AfterLineFeed,
            (b'\r', State::AfterLineFeed) => State::AfterLineFeed,
            (b'\r', _) => State::AfterReturn,
            (ESCAPE, _) => State::Escape,
            (_, _) => State::Plain,
        };
        let mark = match byte {
            b'\n' => Some(Mark::LineEnd),
            BACKSPACE => Some(Mark::Back),
            b'\t' => Some(Mark::Letter(byte)),
            DELETE | 0..=31 => None,
            _ => Some(Mark::Letter(byte)),
        };
        // A lone return ends the line, too: what follows would overwrite it.
        let held = matches!(before, State::AfterReturn) && !matches!(byte, b'\n' | b'\r');
        [held.then_some(Mark::LineEnd), mark]
    }
}

/// What follows the byte after ESC.
const fn escaped(byte: u8) -> State {
    match byte {
        b'[' => State::Control,
        b']' => State::Title,
        // Intermediate bytes, as in `ESC ( B`.
        0x20..=0x2f => State::Escape,
        _ => State::Plain,
    }
}
