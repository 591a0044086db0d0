//! The driver over a transport that says what it is told to.

use std::sync::Mutex;

use vmtracker_core::nexus::Answer;

use super::*;

/// Answers each call with the next of its replies, and notes how long it was given.
struct Scripted {
    name: SwitchName,
    replies: Mutex<Vec<Vec<Reply>>>,
    limits: Mutex<Vec<u64>>,
}

impl Scripted {
    fn next(&self, limit: Duration) -> Vec<Reply> {
        self.limits.lock().unwrap().push(limit.as_secs());
        self.replies.lock().unwrap().remove(0)
    }
}

impl Transport for Scripted {
    fn switch(&self) -> &SwitchName {
        &self.name
    }

    fn show<'a>(&'a self, _: &'a [(Encoding, String)], limit: Duration) -> Call<'a, Vec<Reply>> {
        Box::pin(async move { Ok(self.next(limit)) })
    }

    fn configure<'a>(&'a self, _: &'a [String], limit: Duration, _: Moment) -> Call<'a, Vec<Reply>> {
        Box::pin(async move { Ok(self.next(limit)) })
    }

    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}

fn scripted(replies: Vec<Vec<Reply>>) -> Scripted {
    Scripted { name: SwitchName::from("leaf1"), replies: Mutex::new(replies), limits: Mutex::default() }
}

fn text(words: &str) -> Reply {
    Ok(Answer::Text(words.to_owned()))
}

/// Three lines of two steps.
async fn typed(replies: Vec<Reply>) -> Result<BTreeMap<usize, String>, ClientError> {
    let lines = [(0, "vlan 10"), (0, "exit"), (1, "interface Ethernet1/1")].map(|(step, line)| (step, line.to_owned()));
    type_lines(&scripted(vec![replies]), lines.into(), clock::now()).await
}

#[tokio::test]
async fn refusals_are_told_by_step_also_hidden_ones() {
    assert_eq!(typed(vec![text(""), text(""), text("")]).await.unwrap(), BTreeMap::new());
    let refused = BTreeMap::from([(0, "exit: no".to_owned())]);
    assert_eq!(typed(vec![text(""), Err("no".to_owned())]).await.unwrap(), refused);
    let hidden = BTreeMap::from([(1, "interface Ethernet1/1: ERROR: no".to_owned())]);
    assert_eq!(typed(vec![text(""), text(""), text("ERROR: no\n")]).await.unwrap(), hidden);
}

#[tokio::test]
async fn a_batch_that_ends_early_without_a_refusal_is_unknown() {
    let error = typed(vec![text(""), text("")]).await.unwrap_err();
    assert!(matches!(error, ClientError::Short { lines: 3, answered: 2, .. }), "{error:?}");
}

#[tokio::test]
async fn a_batch_gets_time_for_each_line() {
    let transport = scripted((0..3).map(|_| vec![text("")]).collect());
    for lines in [1, 4, 100] {
        let lines = (0..lines).map(|step| (step, "exit".to_owned())).collect();
        drop(type_lines(&transport, lines, clock::now()).await);
    }
    assert_eq!(*transport.limits.lock().unwrap(), [80, 140, 300]);
}

#[tokio::test]
async fn what_was_not_answered_is_asked_again_from_there() {
    let transport = scripted(vec![vec![text("Copy complete.")], vec![text("Copy complete.")]]);
    let pieces = transport.read(&[Query::Save, Query::Save]).await.unwrap();
    assert_eq!(pieces, [Ok(Piece::Saved(Ok(()))), Ok(Piece::Saved(Ok(())))]);
}
