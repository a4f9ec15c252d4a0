//! The same on PostgreSQL, from Debian's packages, on loopback.

use super::killed::killed;
use super::{NOW, Sweep, leak};
use crate::support::{Ground, filler};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A server for one test.
struct Postgres {
    folder: PathBuf,
    bin: PathBuf,
    port: u16,
}

impl Postgres {
    fn start() -> Self {
        let versions =
            fs::read_dir("/usr/lib/postgresql").unwrap_or_else(|e| panic!("PostgreSQL is not installed ({e}); ./test installs it"));
        let bin = versions.flatten().map(|e| e.path().join("bin")).find(|b| b.join("initdb").is_file()).expect("PostgreSQL's programs");
        let folder = PathBuf::from("/var/tmp").join(format!("keysweep-pg-{}-{:p}", std::process::id(), &bin));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { folder, bin, port };
        fs::create_dir_all(&server.folder).unwrap();
        if is_root() {
            assert!(Command::new("chown").arg("postgres").arg(&server.folder).status().unwrap().success());
        }
        let data = server.folder.join("data");
        server.run("initdb", &["-D", path(&data), "-A", "trust", "-U", "sweeper", "--no-sync", "-E", "UTF8"]);
        server.begin();
        server
    }

    fn begin(&self) {
        let (data, log) = (self.folder.join("data"), self.folder.join("log"));
        let options = format!("-p {} -c listen_addresses=127.0.0.1 -c fsync=off -k {}", self.port, self.folder.display());
        self.run("pg_ctl", &["-D", path(&data), "-l", path(&log), "-w", "-o", &options, "start"]);
    }

    fn stop(&self) {
        self.run("pg_ctl", &["-D", path(&self.folder.join("data")), "-m", "immediate", "-w", "stop"]);
    }

    fn address(&self) -> String {
        format!("postgres://sweeper@127.0.0.1:{}/postgres", self.port)
    }

    /// Its programs refuse to be run by root.
    fn run(&self, program: &str, args: &[&str]) {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let status = command.args(args).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(status.success(), "{args:?}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        let stop = ["-D", path(&data), "-m", "immediate", "stop"];
        let _ = Command::new("setpriv")
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
            .arg(self.bin.join("pg_ctl"))
            .args(stop)
            .output();
        let _ = Command::new(self.bin.join("pg_ctl")).args(stop).output();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout == b"0\n"
}

/// How many repositories were read or are as they were.
fn done(sweep: &Sweep<'_>) -> i64 {
    let progress = &sweep.status()["progress"];
    progress["scanned"].as_i64().unwrap() + progress["unchanged"].as_i64().unwrap()
}

#[test]
fn a_server_keeps_what_a_file_keeps_and_survives_its_own_end() {
    let server = Postgres::start();
    let ground = Ground::new();
    for n in 0..8 {
        let repo = ground.repo(&format!("org/r{n}"));
        repo.commit_file("a.txt", filler(n, 300), "add");
        repo.commit_file("leak.py", leak(n), "leak");
    }
    let file = Sweep::of(&ground, "file", "org").night();
    let mut sweep = Sweep::of(&ground, "pg", "org").and(&["--attempts", "1000", "-w", "2"]);
    sweep.store = server.address();
    let ended = killed(&sweep, 10, 3);
    assert_eq!(ended.said(), file.said());
    assert_eq!(done(&sweep), 8);

    // The database goes away in the middle and comes back.
    for n in 0..8 {
        ground.existing(&format!("org/r{n}")).commit_file("more.py", leak(100 + n), "leak");
    }
    let mut command = sweep.command("sweep");
    let child = command.env("KEYSWEEP_NOW", NOW).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(150));
    server.stop();
    std::thread::sleep(Duration::from_secs(1));
    server.begin();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let after = sweep.night();
    assert_eq!(after.found().len(), 16, "exit {:?}: {said}", output.status.code());
    let fresh = Sweep::of(&ground, "fresh", "org").night();
    assert_eq!(after.said(), fresh.said());
    assert_eq!(sweep.night().kinds(), vec![]);

    // Two machines share it.
    for n in 0..8 {
        ground.existing(&format!("org/r{n}")).commit_file("third.txt", filler(n + 50, 30), "add");
    }
    let mut workers: Vec<_> = (0..2)
        .map(|n| {
            let mut command = ground.command();
            command.args(["worker", "--store", &sweep.store, "--cache", &format!("w{n}"), "--heartbeat", "1"]);
            command.env("KEYSWEEP_NOW", NOW).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    let shared = sweep.and(&["--no-work"]).night();
    assert_eq!(shared.found().len(), 16);
    for worker in &mut workers {
        let _ = worker.kill();
        worker.wait().unwrap();
    }
}
