//! What each detector costs: how often it is tried on the files of a folder, and how long that takes.
//!
//! `cargo bench --bench cost -- FOLDER [N]` prints the N detectors that are tried most, with the time a try takes.

#![allow(clippy::print_stdout)]

use keysweep::detect::{Library, Scanner};
use std::path::PathBuf;
use std::time::Instant;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let Some(folder) = args.first() else { return println!("usage: cargo bench --bench cost -- FOLDER [N]") };
    let most: usize = args.get(1).and_then(|n| n.parse().ok()).unwrap_or(40);
    let library = Library::builtin();
    let mut scanner = Scanner::new(&library, 3);
    let mut folders = vec![PathBuf::from(folder)];
    let mut bytes = 0;
    let watch = Instant::now();
    let mut reading = 0.0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(t) if t.is_dir() && entry.file_name() != ".git" => folders.push(path),
                Ok(t) if t.is_file() => {
                    let start = Instant::now();
                    let content = std::fs::read(&path).unwrap_or_default();
                    reading += start.elapsed().as_secs_f64();
                    bytes += content.len();
                    scanner.whole(&content);
                }
                _ => {}
            }
        }
    }
    let seconds = watch.elapsed().as_secs_f64() - reading;
    println!("{bytes} bytes in {seconds:.3} s: {:.0} MB/s", bytes as f64 / 1e6 / seconds);
    let mut rows: Vec<(u32, &str)> = scanner.tried.iter().zip(library.detectors()).map(|(&n, d)| (n, d.id.as_str())).collect();
    rows.sort_unstable_by(|a, b| b.cmp(a));
    println!("{} tries", rows.iter().map(|r| u64::from(r.0)).sum::<u64>());
    rows.iter().take(most).for_each(|(n, id)| println!("{n:10}  {id}"));
}
