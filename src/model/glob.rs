//! Globs as a policy writes them: `*` for any characters, `?` for one, and in paths `**` for any folders.

/// Whether the text is of the form of the glob; `*` stands for anything, `/` too. Case of ASCII letters does not matter.
pub fn matches_text(glob: &str, text: &str) -> bool {
    segment(glob, text)
}

/// Whether the path, or a folder that it is in, is of the form of the glob. `*` ends at a `/`; `**` stands for any folders; a glob without
/// `/` within may match at any depth, as in `.gitignore`. What is in an archive (`a.zip!b`) is as if in a folder.
pub fn matches_path(glob: &str, path: &str) -> bool {
    let parts = |text: &str| text.split(['/', '!']).filter(|p| !p.is_empty() && *p != ".").map(str::to_owned).collect::<Vec<_>>();
    let trimmed = glob.trim_end_matches('/');
    let mut wanted: Vec<String> = trimmed.split('/').filter(|p| !p.is_empty()).map(str::to_owned).collect();
    if !trimmed.contains('/') {
        wanted.insert(0, "**".to_owned());
    }
    // What ends in `**` is meant for what is inside of a folder; any other glob for the path itself as well.
    if wanted.last().is_some_and(|last| last == "**") {
        wanted.insert(wanted.len() - 1, "*".to_owned());
    } else {
        wanted.push("**".to_owned());
    }
    folders(&wanted, &parts(path))
}

/// Whether segments match: one row of a table for each wanted segment, so the time is bounded by their product.
fn folders(wanted: &[String], given: &[String]) -> bool {
    let mut row = vec![false; given.len() + 1];
    row[0] = true;
    for part in wanted {
        let mut next = vec![false; given.len() + 1];
        for at in 0..=given.len() {
            next[at] =
                if part == "**" { row[at] || (at > 0 && next[at - 1]) } else { at > 0 && row[at - 1] && segment(part, &given[at - 1]) };
        }
        row = next;
    }
    row[given.len()]
}

fn segment(glob: &str, text: &str) -> bool {
    let (glob, text): (Vec<char>, Vec<char>) = (glob.chars().collect(), text.chars().collect());
    let (mut g, mut t) = (0, 0);
    // Where to go on when what follows the last `*` does not match: the star may stand for one character more.
    let mut again: Option<(usize, usize)> = None;
    while t < text.len() {
        match glob.get(g) {
            Some('*') => {
                again = Some((g, t));
                g += 1;
            }
            Some(c) if *c == '?' || c.eq_ignore_ascii_case(&text[t]) => {
                g += 1;
                t += 1;
            }
            _ => {
                let Some((star, from)) = again else { return false };
                again = Some((star, from + 1));
                g = star + 1;
                t = from + 1;
            }
        }
    }
    glob[g..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_matched_by_folders() {
        for (glob, path) in [
            ("envs/prod/**", "envs/prod/a/b.tf"),
            ("envs/prod", "envs/prod/a.tf"),
            ("envs/prod/", "envs/prod/a.tf"),
            ("**/prod/**", "a/b/prod/c"),
            ("**/prod/**", "prod/c"),
            ("*.prod.tfvars", "deep/in/x.prod.tfvars"),
            ("prod", "a/prod/b"),
            ("envs/*/app.env", "envs/blue/app.env"),
            ("/envs/prod/**", "envs/prod/x.zip!y"),
            ("prod/**", "prod/a"),
            ("**", "a"),
            ("**/prod/**", "a/prod/prod"),
        ] {
            assert!(matches_path(glob, path), "{glob} {path}");
        }
        for (glob, path) in [
            ("envs/prod/**", "envs/production/a"),
            ("envs/prod/**", "x/envs/prod/a"),
            ("envs/*/app.env", "envs/a/b/app.env"),
            ("envs/prod/**", "envs/prod"),
            ("prod", "product/a"),
            ("a/b", ""),
        ] {
            assert!(!matches_path(glob, path), "{glob} {path}");
        }
    }

    #[test]
    fn texts_are_matched_whole() {
        for (glob, text) in
            [("ci-*", "ci-deploy"), ("*@example.com", "Kim@Example.com"), ("*", ""), ("a?c", "abc"), ("arn:*:user/*", "arn:x/y:user/z")]
        {
            assert!(matches_text(glob, text), "{glob} {text}");
        }
        for (glob, text) in [("ci-*", "my-ci-x"), ("", "a"), ("a?c", "ac"), ("*é", "e")] {
            assert!(!matches_text(glob, text), "{glob} {text}");
        }
    }

    #[test]
    fn hostile_globs_end_soon() {
        assert!(!matches_text(&"*a".repeat(2000), &"a".repeat(1999)));
        assert!(!matches_path(&format!("{}x", "**/".repeat(500)), &"a/".repeat(500)));
    }
}
