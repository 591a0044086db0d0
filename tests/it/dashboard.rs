//! Every expression of the dashboard and of the alert rules speaks of metrics and labels that exist.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use vmtracker::metrics::{ALL, Kind, MetricDef};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// Every text under a key of this name, at any depth.
fn texts(value: &serde_json::Value, key: &str, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(object) => {
            for (name, inner) in object {
                if let (true, Some(text)) = (name == key, inner.as_str()) {
                    found.push(text.to_owned());
                }
                texts(inner, key, found);
            }
        }
        serde_json::Value::Array(array) => array.iter().for_each(|inner| texts(inner, key, found)),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}

/// The metric that a series belongs to: a histogram has three.
fn metric(series: &str) -> Option<&'static MetricDef> {
    let histogram = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| series.strip_suffix(suffix));
    ALL.iter().find(|metric| match (metric.kind, histogram) {
        (Kind::Histogram(_), Some(name)) => metric.name == name,
        (Kind::Histogram(_), None) => false,
        (Kind::Gauge | Kind::Counter, _) => metric.name == series,
    })
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == ':'
}

/// The series of an expression, each with the labels that select from it.
fn series(expression: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some((_, after)) = rest.split_once("vmtracker_") {
        let end = after.find(|letter| !is_word(letter)).unwrap_or(after.len());
        let (name, tail) = after.split_at(end);
        let selector = tail.strip_prefix('{').and_then(|inner| inner.split_once('}')).map_or("", |(inside, _)| inside);
        found.push((format!("vmtracker_{name}"), labels(selector)));
        rest = tail;
    }
    found
}

/// The label names of `a="x", b!~"y"`.
fn labels(selector: &str) -> BTreeSet<String> {
    let outside: Vec<&str> = selector.split('"').step_by(2).collect();
    let words = outside.iter().flat_map(|part| part.split(|letter| !is_word(letter)));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The label names of every `by (a, b)`.
fn grouped(expression: &str) -> BTreeSet<String> {
    let groups = expression.split("by (").skip(1).filter_map(|part| part.split_once(')'));
    groups.flat_map(|(inside, _)| inside.split(',')).map(|name| name.trim().to_owned()).collect()
}

/// Whatever is wrong with an expression.
fn faults(expression: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut known: BTreeSet<&str> = BTreeSet::from(["le"]);
    for (name, labels) in series(expression) {
        let Some(metric) = metric(&name) else {
            faults.push(format!("{name} does not exist: {expression}"));
            continue;
        };
        known.extend(metric.labels);
        let strange = labels.iter().filter(|label| !metric.labels.contains(&label.as_str()));
        faults.extend(strange.map(|label| format!("{name} has no label {label}: {expression}")));
    }
    let strange = grouped(expression).into_iter().filter(|label| !known.contains(label.as_str()));
    faults.extend(strange.map(|label| format!("nothing has a label {label}: {expression}")));
    faults
}

fn check(expressions: &[String]) {
    let faults: Vec<String> = expressions.iter().flat_map(|expression| faults(expression)).collect();
    assert_eq!(faults, Vec::<String>::new());
}

fn dashboard() -> Vec<String> {
    let dashboard: serde_json::Value = serde_json::from_str(&read("dashboards/vmtracker.json")).expect("JSON");
    let mut found = Vec::new();
    texts(&dashboard, "expr", &mut found);
    texts(&dashboard, "definition", &mut found);
    found
}

#[test]
fn every_expression_of_the_dashboard_speaks_of_metrics_that_exist() {
    let expressions = dashboard();
    assert!(expressions.len() > 15, "found only {}", expressions.len());
    check(&expressions);
}

#[test]
fn every_metric_is_on_the_dashboard() {
    let all = dashboard().join("\n");
    let shown: BTreeSet<&str> =
        series(&all).iter().filter_map(|(name, _)| metric(name)).map(|metric| metric.name).collect();
    let missing: Vec<&str> = ALL.iter().map(|metric| metric.name).filter(|name| !shown.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn every_alert_speaks_of_metrics_that_exist() {
    let rules = read("config/prometheus/rules.yml");
    let alerts: Vec<String> = rules.split("- alert:").skip(1).map(str::to_owned).collect();
    assert!(alerts.len() >= 8, "found only {}", alerts.len());
    for alert in &alerts {
        assert!(alert.contains("expr:") && alert.contains("severity:") && alert.contains("summary:"), "{alert}");
    }
    check(&alerts);
}

#[test]
fn the_alerts_pass_their_own_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/prometheus");
    let run = Command::new("promtool").args(["test", "rules", "rules_test.yml"]).current_dir(folder).output();
    let run = match run {
        Ok(run) => run,
        Err(why) => return println!("peer promtool: skipped (it cannot be run: {why})"),
    };
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    assert!(run.status.success(), "{}{}", text(&run.stdout), text(&run.stderr));
    println!("peer promtool: ran");
}

#[test]
fn a_wrong_expression_is_found() {
    let check = |expression: &str, expected: usize| assert_eq!(faults(expression).len(), expected, "{expression}");
    check("vmtracker_switch_up{switch=~\"a{b}\"}", 0);
    check("sum by (switch) (vmtracker_switch_up)", 0);
    check("vmtracker_switch_upp", 1);
    check("vmtracker_switch_up{vm=\"x\"}", 1);
    check("sum by (vm) (vmtracker_switch_up)", 1);
    check("vmtracker_event_to_configured_seconds", 1);
    check("rate(vmtracker_event_to_configured_seconds_bucket[5m])", 0);
    check("vmtracker_paused_bucket", 1);
}
