//! Threads: one function that spreads work over them.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs `work` over all items on `threads` threads; each has a state made by `init`, and all states are returned.
///
/// Items are taken in order, `grain` at a time, so put the heavy ones first.
pub fn spread<T: Sync, S: Send>(
    threads: usize,
    items: &[T],
    grain: usize,
    init: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) + Sync,
) -> Vec<S> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut state = init();
        loop {
            let from = next.fetch_add(grain, Ordering::Relaxed);
            let Some(batch) = items.get(from..items.len().min(from + grain)).filter(|b| !b.is_empty()) else { return state };
            batch.iter().for_each(|item| work(&mut state, item));
        }
    };
    let threads = threads.min(items.len().div_ceil(grain.max(1))).max(1);
    if threads == 1 {
        return vec![run()];
    }
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        handles.into_iter().map(|h| h.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}
