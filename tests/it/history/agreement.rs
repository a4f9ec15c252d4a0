//! Holds reports to an oracle: generated histories, of which each commit's content is known.

use crate::support::Ground;
use crate::support::generated::{Step, VALUES, generate, path, step, value};
use proptest::prelude::*;

/// Fails unless the report of a generated history says what its commits hold.
fn assert_agrees(ground: &Ground, steps: &[Step]) {
    let made = generate(steps);
    let repo = ground.repo("r");
    let done = repo.git_with(&["fast-import", "--quiet", "--force"], &made.stream);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    repo.git(&["reset", "-q", "--hard"]);
    let ids: Vec<String> = repo.git(&["log", "--format=%ct %H"]).lines().map(str::to_owned).collect();
    // Commits are numbered by their time, a second each.
    let id = |n: usize| ids.iter().find_map(|l| l.strip_prefix(&format!("{} ", 1_700_000_000 + n))).map(str::to_owned);
    let report = repo.scan();
    report.assert_complete();
    let head = made.states.len() - 1;
    let reachable: Vec<usize> = (0..=head).filter(|&n| id(n).is_some()).collect();
    let linear = made.parents.iter().enumerate().all(|(n, p)| n == 0 || p == &[n - 1]);
    for number in 0..VALUES {
        let token = value(number);
        let holds = |n: usize, file: usize| made.states[n].get(&file).is_some_and(|lines| lines.iter().any(|l| l.contains(&token)));
        for file in 0..4 {
            let at = path(file);
            let found: Vec<&serde_json::Value> =
                report.find(&token).map_or(Vec::new(), |_| report.locations(&token)).into_iter().filter(|l| l["path"] == at).collect();
            assert_eq!(!found.is_empty(), reachable.iter().any(|&n| holds(n, file)), "{token} at {at}");
            let alive = found.iter().filter(|l| l["in_head"] == true).count();
            assert_eq!(alive, usize::from(holds(head, file)), "{token} at {at} in head: {found:#?}");
            let begins = |n: usize| holds(n, file) && !made.parents[n].iter().any(|&p| holds(p, file));
            let ends = |n: usize| !holds(n, file) && made.parents[n].iter().any(|&p| holds(p, file));
            for location in &found {
                let among = |key: &str, wanted: &dyn Fn(usize) -> bool| {
                    reachable.iter().any(|&n| wanted(n) && location[key] == id(n).expect("reachable"))
                };
                assert!(among("commit", &begins), "{token} did not begin there: {location:#}");
                assert!(location["removed_in"].is_null() == (location["in_head"] == true), "{location:#}");
                assert!(location["removed_in"].is_null() || among("removed_in", &ends), "{token} did not end there: {location:#}");
            }
            if linear {
                assert_eq!(found.len(), reachable.iter().filter(|&&n| begins(n)).count(), "unbroken presences of {token} at {at}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, max_shrink_iters: 80, ..ProptestConfig::default() })]

    #[test]
    fn a_report_agrees_with_what_each_commit_holds(steps in prop::collection::vec(step().prop_filter("gluing makes other words", |s| !matches!(s, Step::Glue(..))), 4..24)) {
        assert_agrees(&Ground::new(), &steps);
    }
}
