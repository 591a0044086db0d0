//! The command line of a switch over a terminal: bytes in, answers out (facts: NX-OS §4.7).
//!
//! Call [`Screen::feed`] with what comes, [`Screen::quiet`] when nothing has come for a while, and, at a prompt,
//! [`Screen::typed`] with the line that is sent:
//!
//! ```text
//! Greeting ── quiet, at a prompt ─▶ Ready ── typed ─▶ Echo ── line end ─▶ Answer ── prompt ─▶ Ready
//! ```
//!
//! How the bytes are cut into pieces makes no difference, but for where it is quiet.

use thiserror::Error;

use super::answer::one_line;
use terminal::{Mark, Terminal};

mod terminal;

/// The longest answer; a whole running-config of a large switch has a few megabytes.
pub const ANSWER_MAX: usize = 32 << 20;

/// Why an answer cannot be had.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ScreenError {
    /// The switch waits for a key between pages, although paging was turned off.
    #[error("the switch shows page by page and waits (--More--)")]
    Paged,
    /// The switch asks something; nothing is ever confirmed.
    #[error("the switch asks {0:?}, which is not answered")]
    Question(String),
    /// The answer is larger than any switch's answer should be.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// Something else came than the echo of the line that was typed, or something came without a line.
    #[error("the switch sends {0:?} unasked")]
    OutOfStep(String),
    /// A line was typed before there was a prompt, or one that would be several.
    #[error("there is no prompt to type at")]
    NotReady,
}

/// What came back of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What was printed between the line and the next prompt, each line ended by `\n`.
    pub text: String,
    /// What stands in the prompt after the host's name: `(config-if)`; nothing in exec mode.
    pub mode: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Greeting,
    Ready,
    /// What is still to be echoed, last letter first, without blanks: a terminal may wrap the line anywhere.
    Echo(Vec<u8>),
    Answer,
}

/// One session's terminal.
#[derive(Clone, Debug)]
pub struct Screen {
    terminal: Terminal,
    state: State,
    /// The host's name, and what ends its prompt: `# `, with the blank or without it.
    host: Vec<u8>,
    tail: Vec<u8>,
    text: Vec<u8>,
    line: Vec<u8>,
    /// How many bytes an answer may have.
    limit: usize,
    fault: Option<ScreenError>,
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

impl Screen {
    /// A terminal that has shown nothing yet.
    pub const fn new() -> Self {
        Self {
            terminal: Terminal::new(),
            state: State::Greeting,
            host: Vec::new(),
            tail: Vec::new(),
            text: Vec::new(),
            line: Vec::new(),
            limit: ANSWER_MAX,
            fault: None,
        }
    }

    /// The host's name, once its prompt was seen.
    pub fn host(&self) -> Option<String> {
        (self.state != State::Greeting).then(|| String::from_utf8_lossy(&self.host).into_owned())
    }

    /// `line` is sent now, with `\n` after it.
    ///
    /// # Errors
    /// When there is no prompt, when something came after it, or when `line` is empty or has a control character.
    pub fn typed(&mut self, line: &str) -> Result<(), ScreenError> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if self.state != State::Ready || line.trim().is_empty() || line.contains(char::is_control) {
            return Err(ScreenError::NotReady);
        }
        self.state = State::Echo(line.bytes().rev().filter(|byte| *byte != b' ').collect());
        self.line.clear();
        Ok(())
    }

    /// Bytes of the switch. An answer when the prompt is there again; what comes after it is judged by the next call.
    ///
    /// # Errors
    /// See [`ScreenError`]; every later call fails alike.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Option<Output>, ScreenError> {
        let mut output = None;
        for byte in bytes {
            for mark in self.terminal.feed(*byte).into_iter().flatten() {
                output = self.show(mark).or(output);
            }
        }
        match (&self.fault, output) {
            (Some(fault), None) => Err(fault.clone()),
            (_, output) => Ok(output),
        }
    }

    /// Nothing has come for a while: what stands on the last line was meant to be waited at. In the greeting that is
    /// the first prompt; in an answer a question, or a prompt right after an output without a line end.
    ///
    /// # Errors
    /// A page or a question.
    pub fn quiet(&mut self) -> Result<Option<Output>, ScreenError> {
        match &self.state {
            State::Greeting => self.learn(),
            State::Answer => return self.waited(),
            State::Ready | State::Echo(_) => {}
        }
        self.fault.clone().map_or(Ok(None), Err)
    }

    fn show(&mut self, mark: Mark) -> Option<Output> {
        if self.fault.is_some() {
            return None;
        }
        match (&mut self.state, mark) {
            (State::Greeting, Mark::LineEnd) => self.line.clear(),
            (State::Greeting | State::Answer, Mark::Back) => drop(self.line.pop()),
            (State::Greeting, Mark::Letter(letter)) => self.write(letter),
            (State::Answer, Mark::LineEnd) => self.end_line(),
            (State::Answer, Mark::Letter(letter)) => {
                self.write(letter);
                return self.prompted();
            }
            (State::Echo(rest), Mark::LineEnd) if rest.is_empty() => self.state = State::Answer,
            (State::Echo(_) | State::Ready, Mark::LineEnd | Mark::Back | Mark::Letter(b' ' | b'\t')) => {}
            (State::Echo(rest), Mark::Letter(letter)) if rest.last() == Some(&letter) => drop(rest.pop()),
            (State::Echo(_) | State::Ready, Mark::Letter(letter)) => {
                self.fault = Some(ScreenError::OutOfStep(char::from(letter).to_string()));
            }
        }
        None
    }

    fn write(&mut self, letter: u8) {
        self.line.push(letter);
        if self.text.len() + self.line.len() > self.limit {
            self.fault = Some(ScreenError::TooLarge(self.limit));
        }
    }

    fn end_line(&mut self) {
        self.write(b'\n');
        self.text.append(&mut self.line);
    }

    /// The line so far is the prompt: the host's name at its beginning, perhaps modes, and what ends it.
    fn prompted(&mut self) -> Option<Output> {
        let mode = self.line.strip_prefix(&*self.host)?.strip_suffix(&*self.tail)?;
        let mode = is_mode(mode).then(|| String::from_utf8_lossy(mode).into_owned())?;
        Some(self.answer(mode))
    }

    fn answer(&mut self, mode: String) -> Output {
        self.state = State::Ready;
        self.line.clear();
        let text = String::from_utf8_lossy(&std::mem::take(&mut self.text)).into_owned();
        Output { text, mode }
    }

    /// The first prompt tells the host's name. A message of the day may have lines that end in `#`, too, but the switch
    /// does not wait there.
    fn learn(&mut self) {
        let end = self.line.iter().position(|byte| matches!(byte, b'(' | b'#')).unwrap_or_default();
        let (host, rest) = self.line.split_at_checked(end).unwrap_or_default();
        let end = rest.iter().rposition(|byte| *byte == b'#').unwrap_or_default();
        let (mode, tail) = rest.split_at_checked(end).unwrap_or_default();
        if is_host(host) && is_mode(mode) && tail.trim_ascii_end() == b"#" {
            (self.host, self.tail) = (host.to_vec(), tail.to_vec());
            self.state = State::Ready;
            self.line.clear();
        }
    }

    fn waited(&mut self) -> Result<Option<Output>, ScreenError> {
        if let Some(mode) = self.prompt_at_end() {
            return Ok(Some(self.answer(mode)));
        }
        let line = one_line(&String::from_utf8_lossy(&self.line));
        let lower = line.to_lowercase();
        let asks = lower.ends_with('?') || ["(y/n)", "(yes/no", "[y/n]"].iter().any(|mark| lower.contains(mark));
        // Both come with other words around them (facts: NX-OS §4.6, §5).
        let fault = match lower.contains("--more--") {
            true => Some(ScreenError::Paged),
            false => asks.then_some(ScreenError::Question(line)),
        };
        self.fault = self.fault.take().or(fault);
        self.fault.clone().map_or(Ok(None), Err)
    }

    /// The prompt at the end of an output that does not end its last line, as one line of JSON may; that line is ended.
    fn prompt_at_end(&mut self) -> Option<String> {
        let line = self.line.strip_suffix(&*self.tail)?;
        let at = (0..line.len()).rev().find(|at| line.get(*at..).is_some_and(|rest| rest.starts_with(&self.host)))?;
        let (before, prompt) = line.split_at_checked(at)?;
        let mode = prompt.strip_prefix(&*self.host).filter(|mode| is_mode(mode))?;
        let mode = String::from_utf8_lossy(mode).into_owned();
        self.text.extend_from_slice(before);
        self.text.push(b'\n');
        Some(mode)
    }
}

/// The words of refusal in the output of a `show` command, if it is one: after a caret line, `% …`, `ERROR: …` and the
/// like come first; what is off may say `Note:  process currently not running` (facts: NX-OS §1.4, §4.7).
pub fn refusal(text: &str) -> Option<String> {
    let is_caret = |line: &&str| line.chars().all(|letter| letter == '^' || letter.is_whitespace());
    let first = text.lines().find(|line| !is_caret(line))?.trim_start().to_lowercase();
    let marks = ["%", "error:", "syntax error", "cmd exec error", "permission denied"];
    let is_off = first.starts_with("note:") && first.contains("not running");
    let refused = is_off || marks.iter().any(|mark| first.starts_with(mark));
    refused.then(|| one_line(text.trim_start_matches(['^', ' ', '\n'])))
}

fn is_host(name: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    name.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') && name.iter().all(plain)
}

/// Nothing, or `(config-if)`, or several such.
fn is_mode(text: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-/()".contains(byte);
    text.is_empty() || text.starts_with(b"(") && text.ends_with(b")") && text.iter().all(plain)
}

#[cfg(test)]
mod tests;
