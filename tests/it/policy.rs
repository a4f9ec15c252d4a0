//! The policy as a user runs it: the documentation's own examples, examples that fail, and policies that are wrong.

use crate::support::Ground;

/// The TOML of the documentation, in one file.
fn documented() -> String {
    let text = include_str!("../../docs/policy.md");
    let blocks = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    blocks.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_documented_policy_passes_its_own_examples() {
    let ground = Ground::new();
    ground.write("keysweep.toml", documented());
    let run = ground.keysweep(&["policy", "test", "keysweep.toml"]);
    assert_eq!((run.code, run.text().as_str()), (Some(0), "2 example(s) of the policy tested, 0 fault(s)\n"), "{}", run.stderr);
    let found = ground.keysweep(&["policy", "test"]);
    assert_eq!((found.code, found.stdout), (Some(0), run.stdout), "found upward: {}", found.stderr);
}

#[test]
fn an_example_that_fails_is_told_with_its_line() {
    let ground = Ground::new();
    let text = documented().replace("age_days = 91", "age_days = 90");
    let line = text.lines().position(|l| l == "[[policy.test]]").expect("an example") + 1;
    ground.write("org.toml", text);
    let run = ground.keysweep(&["policy", "test", "org.toml"]);
    let expected = format!("org.toml:{line}: a production key of 91 days is overdue: expected overdue, got nothing\n");
    assert!(run.text().starts_with(&expected), "{}", run.text());
    assert_eq!(run.code, Some(1));
}

#[test]
fn an_exception_that_lets_something_pass_is_named() {
    let ground = Ground::new();
    let text = format!("{}\nprincipal = 'ci-deploy'\n", documented().replace("kind = \"api_key\"", "kind = \"access_key\""));
    let text = text.replace("expires_in_days = \"never\"", "age_days = 400");
    ground.write("org.toml", text.replace("expect = [\"no-expiry\"", "expect = [\"overdue\""));
    let run = ground.keysweep_with(&["policy", "test", "org.toml"], b"", &[("KEYSWEEP_NOW", "2026-09-01T00:00:00Z")]);
    assert!(run.text().contains("  overdue is let pass by the exception on line "), "{}", run.text());
    let later = ground.keysweep_with(&["policy", "test", "org.toml"], b"", &[("KEYSWEEP_NOW", "2027-01-01T00:00:00Z")]);
    assert!(later.text().contains("the exception \"moves to OIDC in autumn\" has expired\n"), "{}", later.text());
    assert_eq!((run.code, later.code), (Some(1), Some(0)));
}

#[test]
fn a_policy_that_is_wrong_or_has_no_examples_is_told() {
    let ground = Ground::new();
    for (text, message) in [
        ("[policy]\ndormant_days = -1", "org.toml:2:16"),
        ("[policy]\n", "has no [[policy.test]]"),
        ("[[policy.exception]]\nreason = 'x'", "an exception without `expires`"),
    ] {
        ground.write("org.toml", text);
        let run = ground.keysweep(&["policy", "test", "org.toml"]);
        assert_eq!(run.code, Some(2), "{text}");
        assert!(run.stderr.contains(message), "{}", run.stderr);
    }
    assert!(ground.keysweep(&["policy", "test"]).stderr.contains("no keysweep.toml here or above"));
}
