//! Requests and replies as values, with the traps of the facts.

mod ins;
mod rpc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::nexus::{Answer, Encoding, Query, Step, configured, parse};

fn commands(encoding: Encoding, count: usize) -> Vec<(Encoding, String)> {
    (0..count).map(|number| (encoding, format!("show {number}"))).collect()
}

fn request(dialect: Dialect, commands: Commands<'_>) -> Request<'_> {
    Request::new(dialect, commands).unwrap()
}

/// What a switch would read in a request: type and command, in order.
fn read(request: &Request<'_>) -> Vec<(String, String)> {
    let string = |value: &Value| value.as_str().unwrap().to_owned();
    let split = |call: &Value| {
        let kind = string(&call["type"]);
        string(&call["input"]).split(" ;").map(|line| (kind.clone(), line.to_owned())).collect()
    };
    match request.dialect() {
        Dialect::JsonRpc => {
            let calls: Vec<Value> = serde_json::from_slice(request.body()).unwrap();
            calls.iter().map(|call| (string(&call["method"]), string(&call["params"]["cmd"]))).collect()
        }
        Dialect::InsJson => split(&serde_json::from_slice::<Value>(request.body()).unwrap()["ins_api"]),
        Dialect::InsXml => split(&ins_xml::value(request.body()).unwrap()["ins_api"]),
    }
}

fn kind(dialect: Dialect, encoding: Encoding) -> &'static str {
    match (dialect, encoding) {
        (Dialect::JsonRpc, Encoding::Structured) => "cli",
        (Dialect::JsonRpc, Encoding::Text) => "cli_ascii",
        (Dialect::InsJson | Dialect::InsXml, Encoding::Structured) => "cli_show",
        (Dialect::InsJson | Dialect::InsXml, Encoding::Text) => "cli_show_ascii",
    }
}

#[test]
fn no_line_with_a_separator_can_be_sent() {
    let refused = |line: &str, dialect| {
        let (asked, lines) = ([(Encoding::Text, line.to_owned())], [line.to_owned()]);
        let all = [Commands::Show(&asked), Commands::Configure(&lines)];
        all.map(|commands| matches!(Request::new(dialect, commands), Err(EncodeError::Separator(_))))
    };
    for dialect in Dialect::ALL {
        for line in ["show version ;reload", "vlan 10;no feature nxapi", "vlan 10\nreload", "vlan 10\r", "vlan\0"] {
            assert_eq!(refused(line, dialect), [true; 2], "{line:?}");
        }
        assert_eq!(refused("show version", dialect), [false; 2]);
        assert!(matches!(Request::new(dialect, Commands::Show(&[])), Err(EncodeError::Empty)));
    }
}

#[test]
fn everything_that_the_product_sends_can_be_sent() {
    let step = Step::CreateVlans("10,20-30".parse().unwrap());
    for dialect in Dialect::ALL {
        assert!(Request::new(dialect, Commands::Configure(&step.lines())).is_ok());
        let save = [(Encoding::Text, Query::Save.to_string())];
        assert!(Request::new(dialect, Commands::Show(&save)).is_ok());
    }
}

proptest! {
    #[test]
    fn a_switch_reads_the_longest_run_that_fits(
        kinds in proptest::collection::vec(any::<bool>(), 1..30), text in "[a-z<&>\"' ,/-]{1,20}[a-z]",
    ) {
        let encoding = |is_text: bool| if is_text { Encoding::Text } else { Encoding::Structured };
        let asked: Vec<_> = kinds.iter().map(|kind| (encoding(*kind), text.clone())).collect();
        for dialect in Dialect::ALL {
            let request = request(dialect, Commands::Show(&asked));
            let found = read(&request);
            let whole = asked.iter().map(|(encoding, line)| (kind(dialect, *encoding).to_owned(), line.clone()));
            prop_assert_eq!(&found, &whole.take(found.len()).collect::<Vec<_>>());
            let next = kinds.get(found.len());
            let changes = dialect != Dialect::JsonRpc && next.is_some_and(|next| *next != kinds[0]);
            prop_assert!(found.len() == READS_PER_REQUEST || next.is_none() || changes, "{}", found.len());
            prop_assert!(found.len() <= READS_PER_REQUEST);
        }
    }

    #[test]
    fn a_batch_is_never_split(lines in proptest::collection::vec("[a-z]{1,9}( [0-9,-]{1,9})?", 1..60)) {
        for dialect in Dialect::ALL {
            let request = request(dialect, Commands::Configure(&lines));
            let (kinds, found): (Vec<_>, Vec<_>) = read(&request).into_iter().unzip();
            prop_assert_eq!(&found, &lines);
            let expected = if dialect == Dialect::JsonRpc { "cli" } else { "cli_conf" };
            prop_assert!(kinds.iter().all(|kind| kind == expected));
        }
    }

    #[test]
    fn never_panics_and_never_answers_more_than_was_asked(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        text in r#"[\[\]{}":,a-z0-9]{0,80}"#,
        xml in "(</?(ins_api|outputs|output|body|code|msg|a)/?>|200|501|&|;| ){0,30}",
        code in 0u16..600, count in 0usize..5, words in "[a-z;<% ]{0,9}",
    ) {
        let output = json!({"code": code.to_string(), "msg": &words, "body": &words});
        let entries = json!({"ins_api": {"outputs": {"output": vec![output; count]}}}).to_string();
        for dialect in Dialect::ALL {
            let (asked, lines) = (commands(Encoding::Structured, 2), vec!["exit".to_owned(); 2]);
            for commands in [Commands::Show(&asked), Commands::Configure(&lines)] {
                let request = request(dialect, commands);
                for body in [&bytes[..], text.as_bytes(), xml.as_bytes(), entries.as_bytes()] {
                    if let Ok(replies) = request.replies(body) {
                        prop_assert!(replies.said.len() <= 2);
                        prop_assert!(!replies.said.is_empty() || replies.text_only);
                    }
                }
            }
        }
    }
}
