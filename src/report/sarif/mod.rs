//! SARIF 2.1.0 (OASIS Standard with Errata 01), written for what code scanning services do with it.
//!
//! One result is one secret value with all its copies. Its fingerprint is a function of the value, so an alert survives moved lines,
//! moved files and rebases. Only `HEAD` can be shown beside code: copies that live in the history alone are related locations, each
//! with its commit. Suppressed findings stay in the log, marked as such; a service that no longer saw them would close and reopen alerts.

mod place;
mod rule;
mod taxa;

use super::{Options, Reporter, phrase};
use crate::model::{CommitInfo, Confidence, Exposure, Finding, Location, Report, Suppression, Timestamp, shown};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use serde_sarif::sarif;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// `--format sarif`.
pub(super) struct Format;

impl Reporter for Format {
    fn id(&self) -> &'static str {
        "sarif"
    }

    fn extension(&self) -> &'static str {
        "sarif"
    }

    fn write(&self, report: &Report, _: &Options, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&fitting(report, LARGEST)?)?;
        out.flush()
    }
}

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Locations of one result, related ones included. GitHub refuses a whole log for one result with more
/// (<https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit>).
const MOST_PLACES: usize = 1000;

/// Results of one run, as GitHub takes them (the same page).
const MOST_RESULTS: usize = 25_000;

/// Bytes of a log once it is packed, as GitHub takes them (the same page).
const LARGEST: usize = 10_000_000;

/// How many results are listed, and why no more.
#[derive(Clone, Copy)]
struct Bound {
    results: usize,
    why: &'static str,
}

/// The kind of notification that says what was not read.
const SKIPPED: &str = "skipped";
/// The kind of notification that says what is not listed.
const LEFT_OUT: &str = "left-out";

/// A log of at most so many bytes once it is packed; what is left out is what matters least.
fn fitting(report: &Report, largest: usize) -> io::Result<Vec<u8>> {
    let mut bound = Bound { results: MOST_RESULTS, why: "a run holds 25,000 at most" };
    loop {
        let log = log(report, bound);
        let mut text = serde_json::to_vec_pretty(&log)?;
        text.push(b'\n');
        let packed = if text.len() > largest { packed(&text)? } else { 0 };
        let listed = log.runs[0].results.as_ref().map_or(0, Vec::len);
        if packed <= largest || listed < 2 {
            return Ok(text);
        }
        // A tenth less than the share that would fit, for results differ in length.
        let fit = (listed as u64 * largest as u64 / packed as u64) as usize * 9 / 10;
        bound = Bound { results: fit.max(1), why: "a log holds 10 MB at most, packed" };
    }
}

/// Bytes that a text packs to.
fn packed(text: &[u8]) -> io::Result<usize> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text)?;
    Ok(packer.finish()?.len())
}

fn log(report: &Report, bound: Bound) -> sarif::Sarif {
    let mut rules = rule::Rules::new(&report.detectors);
    let identities: BTreeMap<&str, &Exposure> = report.identities.iter().map(|i| (i.id.as_str(), i)).collect();
    let identity = |f: &Finding| f.identity.as_deref().and_then(|id| identities.get(id).copied());
    let mut all: Vec<&Finding> = report.findings.iter().chain(&report.suppressed).collect();
    if all.iter().map(|f| f.locations.len()).sum::<usize>() > bound.results {
        all.sort_by_key(|f| importance(f));
    }
    let mut results = all.into_iter().flat_map(|f| results(f, identity(f), &mut rules)).collect::<Vec<_>>();
    let left_out = results.len().saturating_sub(bound.results);
    results.truncate(bound.results);
    let left_out = (left_out > 0).then(|| format!("{} results are left out: {}.", phrase::grouped(left_out as u64), bound.why));
    let kind = |id: &str, of: &str| sarif::ReportingDescriptor::builder().id(id).short_description(text(of)).build();
    let driver = sarif::ToolComponent::builder()
        .name(&*report.tool.name)
        .version(&*report.tool.version)
        .semantic_version(&*report.tool.version)
        .rules(rules.into_list())
        .notifications(vec![
            kind(SKIPPED, "Something asked for was not read."),
            kind(LEFT_OUT, "There are more results than code scanning takes."),
        ])
        .properties(properties([("detectorsDigest", json!(report.tool.detectors_digest))]))
        .build();
    let root = sarif::ArtifactLocation::builder().description(message("The root of what was scanned.")).build();
    let run = sarif::Run::builder()
        .tool(sarif::Tool::builder().driver(driver).build())
        .invocations(vec![invocation(report, left_out)])
        .original_uri_base_ids(BTreeMap::from([(place::ROOT.to_owned(), root)]))
        .column_kind("utf16CodeUnits")
        .results(results)
        .build();
    let taxonomies = taxa::taxonomies(&report.identities);
    let run = sarif::Run { taxonomies: (!taxonomies.is_empty()).then_some(taxonomies), ..run };
    sarif::Sarif::builder().schema(SCHEMA).version("2.1.0").runs(vec![run]).build()
}

/// How the scan went. It failed when it was to read something and read nothing; what it skipped beside what it read is a warning each.
fn invocation(report: &Report, left_out: Option<String>) -> sarif::Invocation {
    let scan = &report.scan;
    let inspected = scan.stats.blobs + scan.stats.files > 0;
    let notification = |kind: &str, says: &str| {
        let descriptor = sarif::ReportingDescriptorReference::builder().id(kind).build();
        sarif::Notification::builder().descriptor(descriptor).level("warning").message(message(says)).build()
    };
    let skipped = scan.skipped.iter().map(|s| notification(SKIPPED, &format!("Not read: {}: {}", s.what, s.why)));
    let cut = left_out.map(|says| notification(LEFT_OUT, &says));
    sarif::Invocation::builder()
        .execution_successful(inspected || scan.skipped.is_empty())
        .start_time_utc(Timestamp::utc(scan.started.seconds).to_string())
        .end_time_utc(Timestamp::utc(scan.finished.seconds).to_string())
        .tool_execution_notifications(cut.into_iter().chain(skipped).collect::<Vec<_>>())
        .properties(properties([("targets", json!(scan.targets)), ("stats", json!(scan.stats))]))
        .build()
}

/// What is left out last where not all can be listed: what counts, is checked out and is sure.
fn importance(finding: &Finding) -> (bool, bool, Reverse<Confidence>) {
    (finding.suppression.is_some(), !finding.in_head, Reverse(finding.confidence))
}

/// A result for every place: services show a result at its first location alone. The first one lists all copies.
fn results(finding: &Finding, identity: Option<&Exposure>, rules: &mut rule::Rules) -> Vec<sarif::Result> {
    let places = phrase::places(finding);
    let (own, related) = divided(&places);
    let first = result(&About { finding, identity, places: places.len() }, rules, &own, &related);
    let others = own.iter().skip(1).map(|place| result(&About { finding, identity, places: places.len() }, rules, &[*place], &[]));
    std::iter::once(first).chain(others.collect::<Vec<_>>()).collect()
}

/// What a result is about.
struct About<'a> {
    finding: &'a Finding,
    identity: Option<&'a Exposure>,
    /// Number of all its places.
    places: usize,
}

fn result(about: &About<'_>, rules: &mut rule::Rules, own: &[&Location], related: &[&Location]) -> sarif::Result {
    let About { finding, identity, places } = *about;
    let related = (1..).zip(related).map(|(id, location)| place::related(id, location)).collect::<Vec<_>>();
    let mut result = sarif::Result::builder()
        .rule_id(finding.detector.as_str())
        .rule_index(rules.index(finding))
        .level(level(finding.confidence))
        .message(message(&format!("{}{}", told(finding, places), identity.map(taxa::told).unwrap_or_default())))
        .locations(own.iter().map(|location| place::result(location)).collect::<Vec<_>>())
        .partial_fingerprints(BTreeMap::from([("keysweepValue/v1".to_owned(), finding.id.clone())]))
        .suppressions(suppressions(finding))
        .properties(properties([
            ("confidence", json!(finding.confidence)),
            ("proof", json!(finding.proof)),
            ("in_head", json!(finding.in_head)),
            ("first_seen", json!(finding.first_seen)),
            ("removed_in", json!(finding.removed_in)),
            ("principal", json!(finding.principal)),
            ("scope", json!(finding.scope)),
            ("group", json!(finding.group)),
            ("places", json!(places)),
            ("identity", identity.map(taxa::identity).unwrap_or_default()),
        ]))
        .build();
    result.taxa = identity.map(taxa::references).filter(|taxa| !taxa.is_empty());
    result.related_locations = (!related.is_empty()).then_some(related);
    result
}

/// The places a service can show, and the others: copies in `HEAD` that count, and all else; the first of the others where there is no
/// such copy, since a result without a location is not accepted.
fn divided<'a>(places: &[&'a Location]) -> (Vec<&'a Location>, Vec<&'a Location>) {
    let places = &places[..places.len().min(MOST_PLACES)];
    let whole = places.iter().all(|l| l.suppression.is_some());
    let head = places.iter().take_while(|l| l.in_head && (whole || l.suppression.is_none())).count();
    let (own, related) = places.split_at(head.max(1).min(places.len()));
    (own.to_vec(), related.to_vec())
}

/// What the result says: which credential, how sure, since when, and whether it is still there.
fn told(finding: &Finding, places: usize) -> String {
    let Finding { title, secret, provider, kind, confidence, .. } = finding;
    let kind = kind.as_str().replace('_', " ");
    let mut text = format!("{title} {} ({provider} {kind}, {} confidence)", secret.redacted, confidence.as_str());
    if let Some(first) = &finding.first_seen {
        text.push_str(&format!(", introduced in {}", by(first)));
    }
    match &finding.removed_in {
        Some(removed) if !finding.in_head => text.push_str(&format!(", removed in {}; it is still in the history.", by(removed))),
        _ => text.push_str(&format!(", {}.", phrase::state(finding))),
    }
    match places {
        0 | 1 => {}
        2..=MOST_PLACES => text.push_str(&format!(" It is in {} places.", phrase::grouped(places as u64))),
        _ => {
            let (all, listed) = (phrase::grouped(places as u64), phrase::grouped(MOST_PLACES as u64));
            text.push_str(&format!(" It is in {all} places, of which {listed} are listed."));
        }
    }
    text
}

/// A commit with its day and the name of its author; the address is for the properties alone.
fn by(commit: &CommitInfo) -> String {
    let name = commit.author.split(" <").next().unwrap_or_default();
    format!("{} by {name} on {}", phrase::short(&commit.commit), phrase::date(commit))
}

/// Why a finding does not count. Empty for one that does: within a run either all results say so or none
/// (SARIF 2.1.0, section 3.27.23).
fn suppressions(finding: &Finding) -> Vec<sarif::Suppression> {
    let mut reasons: Vec<&Suppression> = finding.suppression.iter().collect();
    if reasons.is_empty() && finding.locations.iter().all(|l| l.suppression.is_some()) {
        reasons.extend(finding.locations.iter().filter_map(|l| l.suppression.as_ref()));
        reasons.sort_unstable();
        reasons.dedup();
    }
    reasons.into_iter().map(suppression).collect()
}

fn suppression(suppression: &Suppression) -> sarif::Suppression {
    let kind = if suppression.by == "inline" { "inSource" } else { "external" };
    let justification = match suppression.reason.as_str() {
        "" => format!("Suppressed by {}.", suppression.by),
        reason => shown(reason).into_owned(),
    };
    sarif::Suppression::builder()
        .kind(kind)
        .status("accepted")
        .justification(justification)
        .properties(properties([("by", json!(suppression.by))]))
        .build()
}

fn level(confidence: Confidence) -> sarif::ResultLevel {
    match confidence {
        Confidence::High => sarif::ResultLevel::Error,
        Confidence::Medium => sarif::ResultLevel::Warning,
        Confidence::Low => sarif::ResultLevel::Note,
    }
}

/// A plain-text message, on one line and without control characters. Braces are doubled, as single ones would be placeholders
/// (section 3.11.5), and text from a repository cannot form a link (section 3.11.6).
fn message(text: &str) -> sarif::Message {
    let text = shown(text).replace('{', "{{").replace('}', "}}").replace("](", "] (");
    sarif::Message::builder().text(text).build()
}

/// A text that is no message: no placeholders, no links.
fn text(text: &str) -> sarif::MultiformatMessageString {
    sarif::MultiformatMessageString::builder().text(text).build()
}

fn properties<const N: usize>(list: [(&str, Value); N]) -> sarif::PropertyBag {
    let list = list.into_iter().map(|(key, value)| (key.to_owned(), value));
    sarif::PropertyBag::builder().additional_properties(list.collect::<BTreeMap<_, _>>()).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_message_has_no_placeholders_and_no_links() {
        let text = message("a[click](http://evil.example){0}").text.expect("text");
        assert_eq!(text, "a[click] (http://evil.example){{0}}");
    }

    #[test]
    fn a_value_in_too_many_places_is_cut_to_what_services_accept_and_says_so() {
        let mut finding = fixture::finding();
        finding.locations = vec![fixture::location("a"); 1500];
        let result = results(&finding, None, &mut rule::Rules::new(&[])).remove(0);
        assert_eq!(result.locations.map(|l| l.len()), Some(MOST_PLACES));
        assert!(result.message.text.is_some_and(|t| t.ends_with("It is in 1,500 places, of which 1,000 are listed.")));
    }

    #[test]
    fn a_log_that_is_too_large_is_cut_to_what_matters_most() {
        let mut report = fixture::full();
        let one = report.findings.remove(0);
        report.findings = (0..300)
            .map(|n| Finding { id: format!("{:032x}", (n + 1) * 0x9E37_79B9_7F4A_7C15_u128), in_head: n % 3 == 0, ..one.clone() })
            .collect();
        let whole = fitting(&report, LARGEST).expect("a log");
        let largest = packed(&whole).expect("a size") / 2;
        let cut = fitting(&report, largest).expect("a log");
        assert!(packed(&cut).expect("a size") <= largest && cut.len() > whole.len() / 4);
        let log: Value = serde_json::from_slice(&cut).expect("JSON");
        let results = log["runs"][0]["results"].as_array().expect("results");
        let in_head = results.iter().filter(|r| r["properties"]["in_head"] == true).count();
        assert_eq!(in_head, report.findings.iter().filter(|f| f.in_head).count().min(results.len()));
        let says = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
        assert!(says.contains("results are left out: a log holds 10 MB at most, packed."), "{says}");
    }

    #[test]
    fn the_same_reason_for_every_place_is_one_suppression() {
        let mut finding = fixture::finding();
        finding.locations = vec![fixture::location("a"); 3];
        assert!(suppressions(&finding).is_empty());
        for location in &mut finding.locations {
            location.suppression = Some(Suppression { by: "inline".into(), reason: "a test key".into() });
        }
        let list = suppressions(&finding);
        assert_eq!((list.len(), list[0].kind.as_str(), list[0].justification.as_deref()), (1, Some("inSource"), Some("a test key")));
    }
}
