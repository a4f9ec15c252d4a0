//! Input that lies, loops, is cut short or is immense: every run ends, names what it did not read, and finds the rest.

mod graph;
mod packs;
mod parsers;

use crate::support::{Ground, Repo, Report, filler, github};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

/// A repository with a value in an old version, one in head, and a file beside git that is always readable.
fn victim(ground: &Ground) -> Repo<'_> {
    let repo = ground.repo("r");
    repo.commit_file("old.txt", format!("{}{}\n", filler(1, 40), github(1)), "1");
    repo.commit_file("old.txt", filler(1, 40), "2");
    repo.commit_file("new.txt", format!("{}{}\n", filler(2, 40), github(2)), "3");
    repo.write("fresh.txt", format!("{}\n", github(3)));
    repo
}

/// Fails unless the run says what it did not read and still found what the working tree holds.
fn assert_tree_found_and_named(report: &Report, what: &str) {
    report.assert_skipped(what);
    report.finding(&github(2));
    report.finding(&github(3));
    assert_eq!(report.code, Some(1), "{}", report.stderr);
}

#[test]
fn a_zip_bomb() {
    let ground = Ground::new();
    let mut layer = crate::support::zip(&[("zeros", &vec![0; 64 << 20])]);
    for _ in 0..2 {
        let members: Vec<(String, &[u8])> = (0..40).map(|n| (format!("layer{n}.zip"), &layer[..])).collect();
        let members: Vec<(&str, &[u8])> = members.iter().map(|(n, b)| (n.as_str(), *b)).collect();
        layer = crate::support::zip(&members);
    }
    ground.write("tree/bomb.zip", &layer);
    ground.write("tree/a.txt", github(3));
    let report = ground.scan(ground.at("tree"));
    report.assert_skipped("bomb.zip");
    report.finding(&github(3));
}

#[test]
fn an_archive_that_is_cut_short() {
    let ground = Ground::new();
    let zip = crate::support::zip(&[("a.txt", filler(1, 900).as_bytes()), ("b.txt", filler(2, 900).as_bytes())]);
    ground.write("tree/cut.zip", &zip[..zip.len() / 2]);
    let gz = crate::support::gzip(filler(3, 2000).as_bytes());
    ground.write("tree/cut.gz", &gz[..gz.len() / 2]);
    ground.write("tree/a.txt", github(3));
    let report = ground.scan(ground.at("tree"));
    report.assert_skipped("cut.zip");
    report.assert_skipped("cut.gz");
    report.finding(&github(3));
}

#[test]
fn links_that_loop_or_lead_out() {
    let ground = Ground::new();
    let outside = ground.write("outside/secret.txt", github(5));
    ground.write("tree/a.txt", github(3));
    let at = |name: &str| ground.at("tree").join(name);
    symlink(at("loop-b"), at("loop-a")).expect("a link");
    symlink(at("loop-a"), at("loop-b")).expect("a link");
    symlink(".", at("self")).expect("a link");
    symlink("..", at("up")).expect("a link");
    symlink(&outside, at("file-out")).expect("a link");
    symlink(ground.at("outside"), at("folder-out")).expect("a link");
    symlink("/etc/passwd", at("absolute")).expect("a link");
    symlink("nowhere", at("dangling")).expect("a link");
    let report = ground.scan(ground.at("tree"));
    report.location(&github(3));
    assert!(report.find(&github(5)).is_none(), "a link out of the tree was followed");
    for name in ["loop-a", "loop-b", "up", "file-out", "folder-out", "absolute", "dangling"] {
        report.assert_skipped(name);
    }
}

#[test]
fn a_tracked_file_behind_a_link_out_of_the_tree() {
    let ground = Ground::new();
    ground.write("outside/secret.txt", github(5));
    let repo = victim(&ground);
    repo.commit_file("dir/secret.txt", "nothing\n", "dir");
    fs::remove_dir_all(repo.root.join("dir")).expect("it is there");
    symlink(ground.at("outside"), repo.root.join("dir")).expect("a link");
    let report = repo.scan();
    assert!(report.find(&github(5)).is_none(), "a link out of the tree was followed");
    report.finding(&github(3));
}

#[test]
fn pipes_sockets_and_devices() {
    let ground = Ground::new();
    let repo = victim(&ground);
    assert!(Command::new("mkfifo").arg(repo.root.join("pipe")).status().expect("mkfifo").success());
    let _socket = std::os::unix::net::UnixListener::bind(repo.root.join("socket")).expect("a socket");
    // A tracked file may have become a pipe.
    repo.remove("new.txt");
    assert!(Command::new("mkfifo").arg(repo.root.join("new.txt")).status().expect("mkfifo").success());
    let report = repo.scan();
    assert_tree_found_and_named(&report, "pipe");
    report.assert_skipped("socket");
}

#[test]
fn a_pipe_as_target_or_configuration() {
    let ground = Ground::new();
    ground.write("tree/a.txt", github(3));
    let pipe = ground.at("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let report = ground.scan(&pipe);
    report.assert_skipped("pipe");
    assert_eq!(report.code, Some(3));
    let tree = ground.at("tree");
    let run = ground.keysweep(&["scan", "--org", pipe.to_str().expect("UTF-8"), tree.to_str().expect("UTF-8")]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
}

#[test]
fn a_found_configuration_whose_detectors_are_pipes() {
    assert_refused(&["detectors = [\"pipe\"]\n", "detectors = [\"pipes\"]\n"]);
}

#[test]
fn a_found_configuration_whose_key_is_a_pipe() {
    assert_refused(&["[scan]\nkey = \"pipe\"\n"]);
}

/// Fails unless a configuration that was found beside what is scanned and leads to a pipe is an error at once.
fn assert_refused(configurations: &[&str]) {
    for text in configurations {
        let ground = Ground::new();
        ground.write("tree/a.txt", github(3));
        ground.write("tree/keysweep.toml", text);
        fs::create_dir(ground.at("tree/pipes")).expect("a folder");
        for pipe in ["tree/pipe", "tree/pipes/x.yml"] {
            assert!(Command::new("mkfifo").arg(ground.at(pipe)).status().expect("mkfifo").success());
        }
        let run = ground.keysweep(&["scan", "tree"]);
        assert_eq!(run.code, Some(2), "{text}: {}", run.stderr);
        assert!(run.stderr.contains("pipe"), "{text}: {}", run.stderr);
    }
}

#[test]
fn files_that_may_not_be_read() {
    let ground = Ground::new();
    let repo = victim(&ground);
    repo.write("locked.txt", github(6));
    repo.write("shut/inside.txt", github(7));
    let mode = |path: &str, mode| fs::set_permissions(repo.root.join(path), fs::Permissions::from_mode(mode)).expect("permissions");
    mode("locked.txt", 0);
    mode("shut", 0);
    let root_reads_all = fs::read(repo.root.join("locked.txt")).is_ok();
    let report = repo.scan();
    mode("shut", 0o755);
    if root_reads_all {
        report.finding(&github(6));
        report.finding(&github(7));
        report.assert_complete();
    } else {
        assert_tree_found_and_named(&report, "locked.txt");
        report.assert_skipped("shut");
    }
}

#[test]
fn paths_that_are_not_utf8() {
    let ground = Ground::new();
    let repo = victim(&ground);
    let (tracked, fresh) = (OsStr::from_bytes(b"caf\xe9.env"), OsStr::from_bytes(b"d\xff/new\x80.env"));
    repo.write(tracked, format!("{}\n", github(8)));
    repo.commit("latin");
    repo.write(fresh, format!("{}\n", github(9)));
    repo.write("li\nne\u{1b}[31m.env", format!("{}\n", github(10)));
    let report = repo.scan();
    assert_eq!(report.location(&github(8))["path"], "caf\u{fffd}.env");
    assert_eq!(report.location(&github(8))["in_head"], true);
    report.location(&github(9));
    report.location(&github(10));
    let run = ground.keysweep(&["scan", repo.root.to_str().expect("UTF-8")]);
    assert!(!run.stdout.contains(&0x1b), "a path's escape sequence reached the terminal");
}

#[test]
fn one_line_of_20_megabytes() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    let mut line = "var a=1;".repeat((20 << 20) / 8);
    line.insert_str(15_000_000, &format!("t='{}';", github(11)));
    repo.commit_file("min.js", &line, "1");
    line.insert_str(0, "b=2;");
    repo.commit_file("min.js", &line, "2");
    let report = repo.scan();
    report.assert_complete();
    let location = report.location(&github(11));
    assert_eq!((&location["line"], &location["column"]), (&1.into(), &(15_000_000 + 4 + 3 + 1).into()));
    let run = ground.keysweep(&["scan", repo.root.to_str().expect("UTF-8")]);
    assert!(run.stdout.len() < 20_000, "a whole line was printed: {} bytes", run.stdout.len());
}

#[test]
fn many_values_on_one_line() {
    let ground = Ground::new();
    let tokens: Vec<String> = (0..20_000).map(|n| github(1000 + n % 5000)).collect();
    ground.write("tree/a.txt", tokens.join(" "));
    let report = ground.scan(ground.at("tree"));
    assert_eq!(report.findings().len(), 5000);
}

#[test]
fn a_file_of_3_gigabytes_without_content() {
    let ground = Ground::new();
    ground.write("tree/a.txt", github(3));
    let file = fs::File::create(ground.at("tree/huge.img")).expect("a file");
    file.set_len(3 << 30).expect("a sparse file");
    let report = ground.scan(ground.at("tree"));
    report.assert_skipped("huge.img");
    report.finding(&github(3));
}

#[test]
fn a_git_file_that_points_outside() {
    let ground = Ground::new();
    let outside = ground.repo("outside");
    outside.commit_file("a", github(5), "secret of another");
    ground.write("tree/.git", format!("gitdir: {}\n", outside.root.join(".git").display()));
    ground.write("tree/a.txt", github(3));
    let report = ground.scan(ground.at("tree"));
    report.assert_skipped("outside");
    assert!(report.find(&github(5)).is_none(), "a repository outside was read");
    report.finding(&github(3));
}

#[test]
fn git_files_and_folders_that_are_no_repository() {
    let ground = Ground::new();
    ground.write("one/.git/config", "\0\0\u{1}garbage[[[");
    ground.write("one/a.txt", github(3));
    ground.write("two/.git", vec![0xff; 5000]);
    ground.write("two/a.txt", github(3));
    ground.write("three/.git", "gitdir: /nowhere/at/all\n");
    ground.write("three/a.txt", github(3));
    ground.write("four/.git", "gitdir: .git\n");
    ground.write("four/a.txt", github(3));
    ground.write("five/a.txt", github(3));
    symlink("../one", ground.at("five/.git")).expect("a link");
    for name in ["one", "two", "three", "four", "five"] {
        let report = ground.scan(ground.at(name));
        report.assert_skipped(name);
        report.finding(&github(3));
    }
}

#[test]
fn a_repository_of_garbage() {
    let ground = Ground::new();
    for name in [
        "HEAD",
        "config",
        "packed-refs",
        "index",
        "shallow",
        "commondir",
        "refs/heads/main",
        "objects/info/alternates",
        "info/exclude",
        "logs/HEAD",
    ] {
        let at = Path::new("r/.git").join(name);
        ground.write(at, (0..4000_u32).map(|n| ((n * 7919) >> 3) as u8).collect::<Vec<u8>>());
    }
    for name in ["objects/pack/pack-1.pack", "objects/pack/pack-1.idx", "objects/pack/multi-pack-index", "objects/11/22"] {
        ground.write(Path::new("r/.git").join(name), (0..4000_u32).map(|n| ((n * 104_729) >> 5) as u8).collect::<Vec<u8>>());
    }
    ground.write("r/a.txt", github(3));
    let report = ground.scan(ground.at("r"));
    assert!(!report.skipped().is_empty());
    report.finding(&github(3));
}

#[test]
fn a_configuration_that_includes_a_pipe() {
    let ground = Ground::new();
    let repo = victim(&ground);
    let pipe = repo.root.join(".git/pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let config = repo.root.join(".git/config");
    let text = fs::read_to_string(&config).expect("a config");
    fs::write(&config, format!("{text}[include]\n\tpath = {0}\n[core]\n\tfsmonitor = touch {1}\n\tattributesFile = {0}\n\texcludesFile = {0}\n[filter \"x\"]\n\tsmudge = touch {1}\n\tclean = touch {1}\n", pipe.display(), ground.at("ran").display()))
        .expect("writable");
    repo.write(".gitattributes", "* filter=x\n");
    let report = repo.scan();
    for n in [1, 2, 3] {
        report.finding(&github(n));
    }
    repo.scan_with(&["--staged"]);
    assert!(!ground.at("ran").exists(), "a command of the repository's configuration was run");
}

#[test]
fn control_files_that_are_pipes() {
    for name in ["config", "packed-refs", "index", "shallow", "commondir", "objects/info/alternates", "refs/heads/pipe"] {
        with_pipe_at(&format!(".git/{name}"));
    }
}

#[test]
fn ignore_files_that_are_pipes() {
    with_pipe_at(".gitignore");
    with_pipe_at(".git/info/exclude");
}

#[test]
fn refs_that_cannot_be_read_are_named() {
    with_pipe_at(".git/packed-refs").assert_skipped("packed-refs");
    with_pipe_at(".git/refs/heads/pipe").assert_skipped("refs/heads/pipe");
}

/// The report of a repository in which a pipe without writer takes the place of a file.
fn with_pipe_at(path: &str) -> Report {
    let ground = Ground::new();
    let repo = victim(&ground);
    let path = repo.root.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    drop(fs::remove_file(&path));
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
    let report = repo.scan();
    report.finding(&github(3));
    report
}

#[test]
fn alternates_that_lead_outside() {
    let ground = Ground::new();
    let outside = ground.repo("outside");
    outside.commit_file("a", github(5), "secret of another");
    let stolen = outside.head();
    let repo = victim(&ground);
    repo.write(".git/objects/info/alternates", format!("{}\n", outside.root.join(".git/objects").display()));
    repo.write(".git/refs/heads/stolen", format!("{stolen}\n"));
    let report = repo.scan();
    assert_tree_found_and_named(&report, "outside");
    report.finding(&github(1));
    assert!(report.find(&github(5)).is_none(), "objects outside were read");
}

#[test]
fn alternates_that_circle() {
    let ground = Ground::new();
    let repo = victim(&ground);
    repo.write(".git/objects/info/alternates", "../objects\n../objects/./\n.\n");
    let report = repo.scan();
    for n in [1, 2, 3] {
        report.finding(&github(n));
    }
}

#[test]
fn a_head_that_points_nowhere() {
    for head in ["ref: refs/heads/nowhere\n", "", "garbage", "ref: ../../../../etc/passwd\n", "1111111111111111111111111111111111111111\n"]
    {
        let ground = Ground::new();
        let repo = victim(&ground);
        repo.write(".git/HEAD", head);
        let report = repo.scan();
        for n in [1, 2, 3] {
            report.finding(&github(n));
        }
        // Without a head the file counts as not committed, beside its life on the branch.
        assert!(report.locations(&github(2)).iter().all(|l| l["removed_in"].is_null()));
    }
}

#[test]
fn refs_that_circle() {
    let ground = Ground::new();
    let repo = victim(&ground);
    repo.write(".git/refs/heads/x", "ref: refs/heads/y\n");
    repo.write(".git/refs/heads/y", "ref: refs/heads/x\n");
    repo.write(".git/refs/heads/z", "ref: refs/heads/z\n");
    symlink("..", repo.root.join(".git/refs/heads/links")).expect("a link");
    let report = repo.scan();
    for n in [1, 2, 3] {
        report.finding(&github(n));
    }
    repo.write(".git/HEAD", "ref: refs/heads/x\n");
    repo.scan().finding(&github(1));
}

#[test]
fn a_ref_to_an_object_that_is_not_here_is_named() {
    let ground = Ground::new();
    let repo = victim(&ground);
    repo.write(".git/refs/heads/lost", format!("{}\n", "12".repeat(20)));
    let report = repo.scan();
    report.assert_skipped("lost");
    report.finding(&github(1));
}

#[test]
fn folders_500_levels_deep() {
    let ground = Ground::new();
    let repo = ground.repo("r");
    // The path is longer than one system call takes, so history is written by git alone; 300 levels stand in the working tree.
    let deep = |levels: usize| vec!["d"; levels].join("/");
    let stream = format!(
        "commit refs/heads/main\ncommitter Cy <cy@acme.test> 1700000000 +0000\ndata 1\nc\nM 100644 inline {}/a\ndata 40\n{}\n",
        deep(500),
        github(12)
    );
    let done = repo.git_with(&["-c", "core.maxTreeDepth=5000", "fast-import", "--quiet"], stream.as_bytes());
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    repo.write(format!("{}/b", deep(300)), github(13));
    let report = repo.scan_with(&["--history", "full"]);
    report.finding(&github(13));
    if report.find(&github(12)).is_none() {
        report.assert_skipped("deep");
    }
}

#[test]
fn a_repository_of_another_user() {
    let ground = Ground::new();
    let repo = victim(&ground);
    let mut stack = vec![repo.root.clone()];
    while let Some(path) = stack.pop() {
        if std::os::unix::fs::lchown(&path, Some(12345), Some(12345)).is_err() {
            return; // only root can give files away
        }
        if path.is_dir() {
            stack.extend(fs::read_dir(&path).expect("a folder").flatten().map(|e| e.path()));
        }
    }
    let report = repo.scan();
    for n in [1, 2, 3] {
        report.finding(&github(n));
    }
    report.assert_complete();
    repo.scan_with(&["--staged"]).assert_complete();
}
