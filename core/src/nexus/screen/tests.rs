//! The terminal's machine against what a switch may send.

use std::{fs, path::Path};

use proptest::prelude::*;

use super::*;

/// A screen at the first prompt of `leaf1`.
fn ready() -> Screen {
    let mut screen = Screen::new();
    assert_eq!(screen.feed(b"\r\n# Access is logged #\r\nroom7#\r\nleaf1# "), Ok(None));
    assert_eq!(screen.quiet(), Ok(None));
    assert_eq!(screen.host().as_deref(), Some("leaf1"));
    screen
}

/// Types `line`, and has the switch send `bytes`.
fn answer(line: &str, bytes: &str) -> Result<Option<(String, String)>, ScreenError> {
    let mut screen = ready();
    screen.typed(line)?;
    Ok(screen.feed(bytes.as_bytes())?.map(|output| (output.text, output.mode)))
}

fn check(bytes: &str, text: &str, mode: &str) {
    assert_eq!(answer("show x", bytes), Ok(Some((text.to_owned(), mode.to_owned()))), "{bytes:?}");
}

#[test]
fn an_answer_is_what_stands_between_echo_and_prompt() {
    check("show x\r\none\r\ntwo\r\nleaf1# ", "one\ntwo\n", "");
    check("show x\r\nleaf1(config-if-range)# ", "", "(config-if-range)");
    check("show x\r\nleaf1(maint-mode)(config)# ", "", "(maint-mode)(config)");
    check(
        "show x\r\none#\r\nmy leaf1# here\r\nleaf10# \r\nleaf1x\r\nleaf1# ",
        "one#\nmy leaf1# here\nleaf10# \nleaf1x\n",
        "",
    );
}

#[test]
fn every_line_end_is_one() {
    check("show x\r\r\none\r\r\n\r\r\ntwo\r\r\n\rleaf1# ", "one\n\ntwo\n", "");
    check("show x\n\rone\n\r\n\rtwo\n\rleaf1# ", "one\n\ntwo\n", "");
    check("show x\r\n[#  ] 1%\r[###] 100%\r\nleaf1# ", "[#  ] 1%\n[###] 100%\n", "");
}

#[test]
fn the_echo_is_taken_away_wherever_the_terminal_wraps_it() {
    check("show\r\n x\r\none\r\nleaf1# ", "one\n", "");
    check("sh \x08ow \rx\r\none\r\nleaf1# ", "one\n", "");
}

#[test]
fn escapes_and_steps_back_are_not_text() {
    check("\x1b[Kshow x\x07\r\n\x1b[1;31mone\x1b[0m \x08\x1b(B\x1b]0;title\x07\r\n\x1b[?1hleaf1# ", "one\n", "");
    check("show x\r\nlead\x08f\r\nleaf1# ", "leaf\n", "");
}

#[test]
fn half_an_answer_is_none() {
    for cut in ["", "show", "show x\r\n", "show x\r\none\r\ntw", "show x\r\none\r\nleaf1", "show x\r\none\r\nleaf1#"] {
        assert_eq!(answer("show x", cut), Ok(None), "{cut:?}");
    }
}

#[test]
fn what_comes_unasked_is_an_error() {
    let stray = ScreenError::OutOfStep("o".to_owned());
    assert_eq!(answer("show x", "other\r\nleaf1# "), Err(stray.clone()));
    let mut screen = ready();
    screen.typed("show x").unwrap();
    assert!(screen.feed(b"show x\r\nleaf1# one\r\nleaf1# ").unwrap().is_some(), "it looked like a prompt");
    assert_eq!(screen.typed("show y"), Err(stray.clone()));
    assert_eq!(screen.feed(b""), Err(stray));
}

#[test]
fn only_one_line_can_be_typed_and_only_at_a_prompt() {
    assert_eq!(Screen::new().typed("show x"), Err(ScreenError::NotReady));
    for wrong in ["", " ", "show x\nreload", "show\x03"] {
        assert_eq!(ready().typed(wrong), Err(ScreenError::NotReady), "{wrong:?}");
    }
    let mut screen = ready();
    screen.typed("show x").unwrap();
    assert_eq!(screen.typed("show x"), Err(ScreenError::NotReady));
}

/// What a pause after `bytes` of an answer means.
fn pause(bytes: &str) -> Result<Option<String>, ScreenError> {
    let mut screen = ready();
    screen.typed("show x")?;
    assert_eq!(screen.feed(format!("show x\r\n{bytes}").as_bytes()), Ok(None), "{bytes:?}");
    screen.quiet().map(|output| output.map(|output| output.text))
}

#[test]
fn a_pause_tells_a_question_from_a_slow_switch() {
    assert_eq!(pause("one\r\ntw"), Ok(None));
    assert_eq!(pause("may (y/n) be?\r\ntw"), Ok(None));
    assert_eq!(pause("one\r\n\x1b[7m--More--\x1b[m"), Err(ScreenError::Paged));
    let question = "Do you want to overwrite (y/n)? [n]";
    assert_eq!(pause(&format!("{question} ")), Err(ScreenError::Question(question.to_owned())));
    assert_eq!(pause("{\"a\": \"1\"}leaf1# "), Ok(Some("{\"a\": \"1\"}\n".to_owned())));
    assert_eq!(pause("{\"a\": \"1\"}leaf2# "), Ok(None));
}

#[test]
fn a_greeting_without_a_prompt_is_waited_for() {
    for banner in ["", "\r\n", "Enter old password:", "#####", "switch>", "two words# ", "sw(config# "] {
        let mut screen = Screen::new();
        assert_eq!(screen.feed(banner.as_bytes()), Ok(None));
        assert_eq!(screen.quiet(), Ok(None));
        assert_eq!(screen.host(), None, "{banner:?}");
    }
}

#[test]
fn an_endless_answer_is_refused() {
    for letter in [b'x', b'\n'] {
        let mut screen = Screen { limit: 100, ..ready() };
        screen.typed("show x").unwrap();
        assert_eq!(screen.feed(b"show x\r\n"), Ok(None));
        assert_eq!(screen.feed(&[letter; 100]), Ok(None));
        assert_eq!(screen.feed(&[letter]), Err(ScreenError::TooLarge(100)));
    }
}

#[test]
fn a_refusal_is_told_from_an_answer() {
    let check = |text: &str, expected: Option<&str>| assert_eq!(refusal(text).as_deref(), expected, "{text}");
    let invalid = "% Invalid command at '^' marker.";
    check(&format!("             ^\n{invalid}\n"), Some(invalid));
    check("\nERROR: no such port\n", Some("ERROR: no such port"));
    check("Syntax error while parsing 'show x'\n", Some("Syntax error while parsing 'show x'"));
    check("% Permission denied for the role\n", Some("% Permission denied for the role"));
    check("", None);
    check("Note:  process currently not running\n", Some("Note: process currently not running"));
    check("Note: * is the local one\n", None);
    check("interface Ethernet1/1\n  description % full\n", None);
}

#[test]
fn real_outputs_come_through_and_are_no_refusals() {
    let Some(folder) = std::env::var_os("VMTRACKER_CAPTURES") else {
        return println!("peer captures: skipped (VMTRACKER_CAPTURES names no folder of real captures)");
    };
    let entries = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let shows = entries(Path::new(&folder)).into_iter().filter(|path| path.to_string_lossy().contains("show_"));
    let texts: Vec<_> = shows.flat_map(|folder| entries(&folder)).filter(|path| path.extension().is_some()).collect();
    for path in &texts {
        let lines: String = fs::read_to_string(path).unwrap().lines().map(|line| format!("{line}\n")).collect();
        let sent = format!("show x\r\n{}leaf1# ", lines.replace('\n', "\r\n"));
        assert_eq!(refusal(&lines), None, "{}", path.display());
        assert_eq!(answer("show x", &sent), Ok(Some((lines, String::new()))), "{}", path.display());
    }
    assert!(texts.len() > 10, "{texts:?}");
}

/// Everything that came of `bytes`, cut at `cuts`.
fn play(bytes: &[u8], cuts: &[usize]) -> (Vec<Output>, Option<ScreenError>) {
    let mut screen = ready();
    screen.typed("show x").unwrap();
    let mut outputs = Vec::new();
    let mut rest = bytes;
    for cut in cuts.iter().copied().chain([usize::MAX]) {
        let (now, later) = rest.split_at(cut.min(rest.len()));
        outputs.extend(screen.feed(now).ok().flatten());
        rest = later;
    }
    (outputs, screen.feed(b"").err())
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_and_no_cut_makes_a_difference(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        sensible in "(show x\r?\n)?([a-z#\r\n\x1b\\[\x08 ]|leaf1# |\\(y/n\\)){0,40}",
        cuts in proptest::collection::vec(0_usize..20, 0..10),
    ) {
        for bytes in [bytes.as_slice(), sensible.as_bytes()] {
            let whole = play(bytes, &[]);
            prop_assert_eq!(&play(bytes, &cuts), &whole);
            let mut greeting = Screen::new();
            drop((greeting.feed(bytes), greeting.quiet(), greeting.feed(bytes), greeting.quiet()));
        }
    }

    #[test]
    fn what_a_switch_prints_is_what_is_read(
        lines in proptest::collection::vec("[ -~\u{e4}]{0,100}", 0..20),
        end in "\r\n|\r\r\n|\n\r|\n",
        mode in "|\\(config\\)|\\(config-if\\)",
    ) {
        prop_assume!(!lines.iter().any(|line| line.starts_with("leaf1")));
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let sent = format!("show x{end}{}leaf1{mode}# ", text.replace('\n', &end));
        prop_assert_eq!(answer("show x", &sent), Ok(Some((text, mode))));
    }
}
