//! What a report says of the history of a value: who brought it, who took it away, where it still lives.

mod agreement;

use crate::support::{Ground, aws, filler, github, openai};
use std::fmt::Write as _;

#[test]
fn names_the_commit_the_author_and_the_date_that_brought_and_took_a_value() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = github(1);
    repo.commit_file("readme", "hello\n", "root");
    let brought = repo.commit_file("app.env", format!("A=1\nTOKEN={token}\n"), "add");
    let kept = repo.commit_file("app.env", format!("A=2\nTOKEN={token}\n"), "keep");
    let removed = repo.commit_file("app.env", "A=2\n", "remove");
    repo.commit_file("readme", "bye\n", "later");
    let report = repo.scan();
    report.assert_complete();
    assert_eq!(report.code, Some(1));
    let finding = report.finding(&token);
    for (field, commit) in [("first_seen", &brought), ("last_seen", &kept), ("removed_in", &removed)] {
        assert_eq!(finding[field]["commit"], *commit, "{field}");
        assert_eq!(finding[field]["date"], repo.date(commit), "{field}");
        let author = finding[field]["author"].as_str().expect("an author");
        assert!(author.contains("Ada") && author.contains("ada@acme.test"), "{author}");
    }
    assert_eq!(finding["in_head"], false);
    let location = report.location(&token);
    assert_eq!((&location["path"], &location["line"]), (&"app.env".into(), &2.into()));
    assert_eq!((&location["commit"], &location["removed_in"]), (&brought.into(), &removed.into()));
    assert_eq!(location["in_head"], false);
    assert_eq!(report.json["scan"]["stats"]["commits"], 5);
}

#[test]
fn a_value_in_the_root_commit_and_in_head_is_alive() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = openai(1);
    let root = repo.commit_file("a.py", format!("key = '{token}'\n"), "root");
    repo.commit_file("b.py", "x = 1\n", "more");
    let report = repo.scan();
    let finding = report.finding(&token);
    assert_eq!(finding["first_seen"]["commit"], root);
    assert_eq!(finding["in_head"], true);
    assert!(finding["removed_in"].is_null());
    let location = report.location(&token);
    assert_eq!((&location["in_head"], &location["commit"]), (&true.into(), &root.into()));
    assert!(location["removed_in"].is_null());
}

#[test]
fn a_value_that_comes_back_has_two_locations() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = github(2);
    let line = format!("t={token}\n");
    let first = repo.commit_file("a", &line, "in");
    let out = repo.commit_file("a", "none\n", "out");
    let again = repo.commit_file("a", format!("x\n{line}"), "in again");
    let report = repo.scan();
    let mut lives: Vec<_> = report
        .locations(&token)
        .iter()
        .map(|l| (l["commit"].clone(), l["removed_in"].clone(), l["line"].clone(), l["in_head"].clone()))
        .collect();
    lives.sort_by_key(|l| l.3 == true);
    let expected = [
        (first.clone().into(), out.into(), 1.into(), false.into()),
        (again.clone().into(), serde_json::Value::Null, 2.into(), true.into()),
    ];
    assert_eq!(lives, expected);
    let finding = report.finding(&token);
    assert_eq!(finding["first_seen"]["commit"], first);
    assert_eq!(finding["last_seen"]["commit"], again);
    assert!(finding["removed_in"].is_null());
}

#[test]
fn a_move_leaves_the_old_place_removed() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = aws(3);
    let added = repo.commit_file("old/a.env", format!("K={token}\n"), "add");
    repo.git(&["mv", "old/a.env", "b.env"]);
    let moved = repo.commit("move");
    let report = repo.scan();
    let old = report.location_at(&token, "old/a.env");
    assert_eq!((&old["commit"], &old["removed_in"], &old["in_head"]), (&added.clone().into(), &moved.clone().into(), &false.into()));
    let new = report.location_at(&token, "b.env");
    assert_eq!((&new["commit"], &new["in_head"]), (&moved.into(), &true.into()));
    assert!(new["removed_in"].is_null());
    assert_eq!(report.finding(&token)["first_seen"]["commit"], added);
}

#[test]
fn one_value_in_many_files_and_branches_is_one_finding() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = github(4);
    repo.commit_file("a", format!("one {token}\n"), "a");
    repo.commit_file("dir/b", format!("two\n{token}\n"), "b");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit_file("c", format!("three '{token}'\n"), "c");
    repo.git(&["checkout", "-q", "main"]);
    let report = repo.scan();
    assert_eq!(report.findings().len(), 1);
    assert_eq!(report.paths(&token), ["a", "c", "dir/b"]);
    assert_eq!(report.location_at(&token, "c")["in_head"], false);
    assert_eq!(report.location_at(&token, "dir/b")["in_head"], true);
}

#[test]
fn a_value_alive_on_another_branch_is_neither_removed_nor_in_head() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let (removed_here, only_there) = (github(5), github(6));
    repo.commit_file("a", format!("{removed_here}\n"), "root");
    repo.git(&["checkout", "-q", "-b", "side"]);
    let side = repo.commit_file("b", format!("{only_there}\n"), "side");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit_file("a", "nothing\n", "remove on main alone");
    let report = repo.scan();
    for token in [&removed_here, &only_there] {
        assert_eq!(report.finding(token)["in_head"], false);
        assert!(report.finding(token)["removed_in"].is_null(), "{:#}", report.finding(token));
        assert!(report.location(token)["removed_in"].is_null(), "{:#}", report.finding(token));
    }
    assert_eq!(report.location(&only_there)["commit"], side);
}

#[test]
fn a_merge_joins_what_both_sides_brought() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let (left, right, both) = (github(7), github(8), openai(7));
    repo.commit_file("base", "base\n", "root");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("both", format!("{both}\n"));
    let on_side = repo.commit_file("right", format!("{right}\n"), "side");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("both", format!("{both}\n"));
    let on_main = repo.commit_file("left", format!("{left}\n"), "main");
    repo.merge("side");
    let report = repo.scan();
    assert_eq!(report.location(&left)["commit"], on_main);
    assert_eq!(report.location(&right)["commit"], on_side);
    for token in [&left, &right] {
        assert_eq!(report.location(token)["in_head"], true);
        assert!(report.finding(token)["removed_in"].is_null());
    }
    // The same value at the same path from both sides is one presence, whichever side is first in topological order.
    let commit = &report.location(&both)["commit"];
    assert!(*commit == on_main || *commit == on_side, "{commit}");
}

#[test]
fn a_merge_that_drops_a_value_removed_it() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = github(9);
    repo.commit_file("base", "base\n", "root");
    repo.git(&["checkout", "-q", "-b", "side"]);
    let brought = repo.commit_file("a", format!("{token}\n"), "side");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit_file("b", "b\n", "main");
    repo.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    repo.git(&["rm", "-qf", "a"]);
    let merge = repo.commit("merge without it");
    repo.git(&["branch", "-qD", "side"]);
    let report = repo.scan();
    let location = report.location(&token);
    assert_eq!((&location["commit"], &location["removed_in"]), (&brought.into(), &merge.clone().into()));
    assert_eq!(report.finding(&token)["removed_in"]["commit"], merge);
}

#[test]
fn a_merge_that_takes_the_removal_of_one_side_is_where_it_ends() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = github(10);
    let brought = repo.commit_file("a", format!("{token}\n{}", filler(1, 20)), "root");
    repo.git(&["checkout", "-q", "-b", "side"]);
    let removed = repo.commit_file("a", format!("gone\n{}", filler(1, 20)), "side removes");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit_file("b", "b\n", "main keeps");
    let merge = repo.merge("side");
    let report = repo.scan();
    let location = report.location(&token);
    assert_eq!(location["commit"], brought);
    assert_eq!(location["in_head"], false);
    assert!(location["removed_in"] == removed || location["removed_in"] == merge, "{location:#}");
}

#[test]
fn an_empty_repository_is_clean_and_says_that_nothing_was_inspected() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let report = repo.scan();
    assert_eq!(report.code, Some(0), "{:?}", report.skipped());
    assert!(report.findings().is_empty());
    assert_eq!(report.json["scan"]["stats"]["repos"], 1);
    assert!(report.stderr.contains("nothing was inspected"), "{}", report.stderr);
}

#[test]
fn a_file_that_is_not_committed_has_no_commit() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let (committed, fresh) = (github(11), github(12));
    repo.commit_file("a", format!("{committed}\n"), "root");
    repo.write("a", format!("{committed}\n{fresh}\n"));
    let report = repo.scan();
    assert!(report.location(&fresh)["commit"].is_null());
    assert!(report.finding(&fresh)["first_seen"].is_null());
    assert_eq!(report.location(&fresh)["line"], 2);
    assert_eq!(report.locations(&committed).len(), 1);
}

#[test]
fn orphan_branches_are_read() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = aws(13);
    repo.commit_file("a", "a\n", "root");
    repo.git(&["checkout", "-q", "--orphan", "pages"]);
    repo.git(&["rm", "-rfq", "."]);
    let commit = repo.commit_file("site", format!("{token}\n"), "pages");
    repo.git(&["checkout", "-q", "main"]);
    let report = repo.scan();
    assert_eq!(report.location(&token)["commit"], commit);
    assert_eq!(report.location(&token)["in_head"], false);
}

#[test]
fn tags_keep_values_alive() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let (light, annotated, nested) = (github(14), github(15), github(16));
    repo.commit_file("base", "base\n", "root");
    for (name, token) in [("light", &light), ("annotated", &annotated), ("nested", &nested)] {
        repo.git(&["checkout", "-q", "--detach", "main"]);
        repo.commit_file(name, format!("{token}\n"), name);
        match name {
            "light" => repo.git(&["tag", "v-light"]),
            _ => repo.git(&["tag", "-a", "-m", "note", &format!("v-{name}")]),
        };
    }
    repo.git(&["tag", "-a", "-m", "tag of a tag", "v-outer", "v-nested"]);
    repo.git(&["tag", "-d", "v-nested"]);
    repo.git(&["checkout", "-q", "main"]);
    let report = repo.scan();
    report.assert_complete();
    for token in [&light, &annotated, &nested] {
        assert!(report.location(token)["removed_in"].is_null());
        assert_eq!(report.location(token)["in_head"], false);
    }
}

#[test]
fn a_detached_head_counts_as_head_and_as_a_ref() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = github(17);
    repo.commit_file("a", "a\n", "root");
    repo.git(&["checkout", "-q", "--detach"]);
    let commit = repo.commit_file("b", format!("{token}\n"), "detached");
    let report = repo.scan();
    assert_eq!(report.location(&token)["commit"], commit);
    assert_eq!(report.location(&token)["in_head"], true);
}

/// A line of three commits on main that each bring a value, and the values.
fn three(ground: &Ground) -> (crate::support::Repo<'_>, [String; 3], [String; 3]) {
    let repo = ground.repo("r");
    let tokens = [github(18), github(19), github(20)];
    let mut text = String::new();
    let commits = [0, 1, 2].map(|n| {
        writeln!(text, "{}", tokens[n]).expect("a string takes it");
        repo.commit_file("a", &text, "more")
    });
    (repo, tokens, commits)
}

#[test]
fn a_range_reports_what_its_commits_brought() {
    let ground = Ground::new();
    let (repo, tokens, commits) = three(&ground);
    let found = |options: &[&str]| {
        let report = repo.scan_with(options);
        report.assert_complete();
        tokens.iter().map(|t| report.find(t).is_some()).collect::<Vec<_>>()
    };
    let range = |from: &str, to: &str| format!("{from}..{to}");
    assert_eq!(found(&["--history", &range(&commits[0], &commits[1])]), [false, true, false]);
    assert_eq!(found(&["--history", &range(&commits[0], "main")]), [false, true, true]);
    assert_eq!(found(&["--history", &range(&commits[1][..10], "HEAD")]), [false, false, true]);
    assert_eq!(found(&["--history", "HEAD~2..HEAD~1"]), [false, true, false]);
    assert_eq!(found(&["--history", "HEAD~2.."]), [false, true, true]);
    assert_eq!(found(&["--history", "HEAD..HEAD"]), [false, false, false]);
    assert_eq!(found(&["--since", "HEAD~1"]), [false, false, true]);
    assert_eq!(found(&["--since", &commits[0]]), [false, true, true]);
    assert_eq!(found(&["--history", "none"]), [true, true, true]);
}

#[test]
fn a_range_understands_what_git_calls_commits() {
    let ground = Ground::new();
    let (repo, tokens, commits) = three(&ground);
    repo.git(&["tag", "light", &commits[0]]);
    repo.git(&["tag", "-a", "-m", "note", "heavy", &commits[0]]);
    repo.git(&["update-ref", "refs/remotes/origin/main", &commits[0]]);
    for name in ["light", "heavy", "origin/main", "refs/tags/heavy", "HEAD~2", "HEAD~~", "HEAD^^", "main~2", "main^^", "HEAD^1~1", "@~2"] {
        let report = repo.scan_with(&["--since", name]);
        let found: Vec<bool> = tokens.iter().map(|t| report.find(t).is_some()).collect();
        assert_eq!(found, [false, true, true], "{name}: {:?}", report.skipped());
    }
}

#[test]
fn a_range_of_a_branch_leaves_out_what_the_other_side_has() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let (old, mine, theirs) = (github(21), github(22), github(23));
    repo.commit_file("old", format!("{old}\n"), "root");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit_file("mine", format!("{mine}\n"), "mine");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit_file("theirs", format!("{theirs}\n"), "theirs");
    repo.git(&["checkout", "-q", "side"]);
    repo.merge("main");
    let report = repo.scan_with(&["--history", "main..side"]);
    assert!(report.find(&mine).is_some());
    assert!(report.find(&old).is_none());
    assert!(report.find(&theirs).is_none(), "what main has is not new on side");
    assert_eq!(report.location(&mine)["in_head"], true);
}

#[test]
fn an_unknown_ref_is_named() {
    let ground = Ground::new();
    let (repo, ..) = three(&ground);
    for options in [["--since", "no-such-branch"], ["--history", "no-such-branch..HEAD"], ["--history", "HEAD..no-such-branch"]] {
        let report = repo.scan_with(&options);
        report.assert_skipped("no-such-branch");
        assert!(matches!(report.code, Some(2 | 3)), "{:?}", report.code);
    }
    repo.scan_with(&["--since", "HEAD~99"]).assert_skipped("HEAD~99");
}

#[test]
fn what_no_ref_reaches_is_read_when_asked_for_alone() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let (amended, dangling) = (github(24), github(25));
    repo.commit_file("a", "a\n", "root");
    repo.commit_file("b", format!("{amended}\n"), "oops");
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let blob = repo.git_with(&["hash-object", "-w", "--stdin"], format!("{dangling}\n").as_bytes());
    assert_eq!(blob.code, Some(0));
    let plain = repo.scan();
    assert!(plain.findings().is_empty(), "{:#}", plain.json);
    assert_eq!(plain.code, Some(0));
    let all = repo.scan_with(&["--unreachable"]);
    for token in [&amended, &dangling] {
        assert_eq!(all.location(token)["in_head"], false);
    }
    let path = all.location(&dangling)["path"].as_str().expect("a path");
    assert!(path.contains(blob.text().trim()), "{path}");
}

#[test]
fn replace_refs_change_nothing() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = github(26);
    let brought = repo.commit_file("a", format!("{token}\n"), "bad");
    repo.git(&["checkout", "-q", "--orphan", "clean"]);
    let clean = repo.commit_file("a", "clean\n", "clean");
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["replace", "-f", &brought, &clean]);
    let (blob, other) = (repo.git(&["--no-replace-objects", "rev-parse", &format!("{brought}:a")]), repo.git(&["rev-parse", "clean:a"]));
    repo.git(&["replace", "-f", &blob, &other]);
    let report = repo.scan_with(&["--history", "full"]);
    assert_eq!(report.location(&token)["commit"], brought);
    assert_eq!(report.location(&token)["in_head"], true);
}

#[test]
fn a_value_that_moves_between_lines_keeps_one_location_with_its_newest_lines() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = github(27);
    let first = repo.commit_file("a", format!("x = {token}\n"), "1");
    repo.commit_file("a", format!("{}    y = {token}\n", filler(2, 6)), "2");
    repo.commit_file("a", format!("{}y = '{token}'\n{}", filler(2, 3), filler(3, 3)), "3");
    let last = repo.commit_file("a", "none\n", "4");
    let report = repo.scan();
    let location = report.location(&token);
    assert_eq!((&location["line"], &location["column"]), (&4.into(), &6.into()));
    assert_eq!((&location["end_line"], &location["end_column"]), (&4.into(), &(6 + token.len()).into()));
    assert_eq!((&location["commit"], &location["removed_in"]), (&first.into(), &last.into()));
}

#[test]
fn five_hundred_versions_of_a_file_are_one_location() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let token = github(28);
    let mut stream = String::new();
    for n in 0..500 {
        let text = format!("{}version {n}\n{token}\n", filler(4, 30));
        let time = 1_700_000_000 + n;
        writeln!(
            stream,
            "commit refs/heads/main\ncommitter Cy <cy@acme.test> {time} +0000\ndata 1\nv\nM 100644 inline a.txt\ndata {}\n{text}",
            text.len()
        )
        .expect("text");
    }
    assert_eq!(repo.git_with(&["fast-import", "--quiet"], stream.as_bytes()).code, Some(0));
    repo.git(&["reset", "-q", "--hard"]);
    let report = repo.scan();
    let location = report.location(&token);
    assert_eq!(location["line"], 32);
    assert_eq!(location["commit"], repo.git(&["rev-list", "--max-parents=0", "HEAD"]));
    assert_eq!(location["in_head"], true);
    assert_eq!(report.finding(&token)["last_seen"]["commit"], repo.head());
    assert_eq!(report.json["scan"]["stats"]["blobs"], 500);
}

#[test]
fn an_id_survives_moves_and_rewritten_history() {
    let ground = Ground::new();
    let token = github(29);
    let one = ground.repo("one");
    one.commit_file("a", format!("{token}\n"), "root");
    let two = ground.repo("two");
    two.commit_file("x", "x\n", "root");
    two.commit_file("dir/b.yaml", format!("{}key: '{token}'\n", filler(5, 9)), "later");
    assert_eq!(one.scan().finding(&token)["id"], two.scan().finding(&token)["id"]);
    assert_ne!(one.scan().finding(&token)["id"], {
        two.commit_file("c", github(30), "c");
        two.scan().finding(&github(30))["id"].clone()
    });
}
