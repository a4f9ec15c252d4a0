//! Readers that hold decompression to its limits and know how much went through them.

use super::{HEAD_BYTES, Limits};
use std::cell::Cell;
use std::io::{self, BufRead, Read};

/// Below this, streams may become as large as they like: long runs of one byte are common in small files.
pub(super) const RATIO_FLOOR: u64 = 16 << 20;
/// Bytes a single read may yield, so that limits are looked at often.
const READ_BYTES: usize = 64 << 10;

/// An error in words of this module. What decoders say is not shown: it may quote the archive, and with it a secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Told(String);

/// An error that tells `why`.
pub(super) fn told(why: impl Into<String>) -> io::Error {
    io::Error::other(Told(why.into()))
}

/// What may be shown of an error.
pub(super) fn why(error: &io::Error) -> String {
    match error.get_ref().and_then(|e| e.downcast_ref::<Told>()) {
        Some(Told(why)) => why.clone(),
        None if error.kind() == io::ErrorKind::UnexpectedEof => "it breaks off".to_owned(),
        None => "it is damaged".to_owned(),
    }
}

/// What all decompression of one walk may still yield.
#[derive(Debug)]
pub(super) struct Budget {
    total: u64,
    ratio: u64,
    spent: Cell<u64>,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { total: limits.total_bytes, ratio: limits.ratio, spent: Cell::new(0) }
    }

    /// Takes so many bytes of it, if that many are left.
    pub(super) fn spend(&self, bytes: u64) -> bool {
        let after = self.spent.get() + bytes;
        if after <= self.total {
            self.spent.set(after);
        }
        after <= self.total
    }

    /// Whether nothing more may be decompressed.
    pub(super) fn is_spent(&self) -> bool {
        self.spent.get() >= self.total
    }
}

/// Counts what is taken from a reader into a cell that others can look at.
pub(super) struct Counted<'c, R> {
    inner: R,
    taken: &'c Cell<u64>,
}

impl<'c, R> Counted<'c, R> {
    pub(super) fn new(inner: R, taken: &'c Cell<u64>) -> Self {
        Self { inner, taken }
    }

    fn count(&self, n: usize) {
        self.taken.set(self.taken.get() + n as u64);
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.count(n);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Counted<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.count(n);
        self.inner.consume(n);
    }
}

/// A decompressor under the walk's budget: fails when all output together, or the output in relation to the input taken, is
/// too much, and stays failed once anything failed.
pub(super) struct Metered<'b, R> {
    inner: R,
    taken: &'b Cell<u64>,
    before: u64,
    yielded: u64,
    budget: &'b Budget,
    failed: bool,
}

impl<'b, R> Metered<'b, R> {
    /// `taken` counts the input of `inner`.
    pub(super) fn new(inner: R, taken: &'b Cell<u64>, budget: &'b Budget) -> Self {
        Self { inner, taken, before: taken.get(), yielded: 0, budget, failed: false }
    }

    fn check(&self) -> io::Result<()> {
        let Budget { total, ratio, .. } = self.budget;
        let taken = self.taken.get() - self.before;
        if self.yielded > RATIO_FLOOR && self.yielded / taken.max(1) > *ratio {
            return Err(told(format!("it becomes more than {ratio} times as large as it is packed")));
        }
        if self.budget.is_spent() {
            return Err(told(format!("the archive unpacks to more than {total} bytes")));
        }
        Ok(())
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.failed {
            return Err(told("it could not be read any further"));
        }
        let left = self.budget.total - self.budget.spent.get().min(self.budget.total);
        let room = buf.len().min(READ_BYTES).min(usize::try_from(left).unwrap_or(usize::MAX));
        let result = self.check().and_then(|()| self.inner.read(&mut buf[..room]));
        match result {
            Ok(n) => {
                self.yielded += n as u64;
                self.budget.spent.set(self.budget.spent.get() + n as u64);
                Ok(n)
            }
            Err(error) => {
                self.failed = true;
                Err(error)
            }
        }
    }
}

/// The first bytes of a stream, with the error that ended it early, if any.
pub(super) fn peek(stream: &mut dyn Read) -> (Vec<u8>, Option<io::Error>) {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let error = stream.take(HEAD_BYTES as u64).read_to_end(&mut head).err();
    (head, error)
}

/// Reads up to `limit` bytes; says why, when that was not all.
pub(super) fn read(stream: &mut dyn Read, limit: u64) -> (Vec<u8>, Option<String>) {
    let mut bytes = Vec::new();
    let problem = match stream.take(limit.saturating_add(1)).read_to_end(&mut bytes) {
        Err(error) => Some(why(&error)),
        Ok(n) if n as u64 > limit => Some(over(limit)),
        Ok(_) => None,
    };
    bytes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    (bytes, problem)
}

/// The part of `bytes` that is within `limit`; says so, when that is not all.
pub(super) fn cut(bytes: &[u8], limit: u64) -> (&[u8], Option<String>) {
    match usize::try_from(limit).ok().and_then(|limit| bytes.get(..limit)) {
        Some(part) if part.len() < bytes.len() => (part, Some(over(limit))),
        _ => (bytes, None),
    }
}

fn over(limit: u64) -> String {
    format!("it is larger than {limit} bytes, of which the first were read")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Limits = Limits { total_bytes: 100, ..LIMITS };
    const LIMITS: Limits = Limits { depth: 1, members: 1, member_bytes: 1, total_bytes: u64::MAX, ratio: 10 };

    #[test]
    fn the_budget_is_shared() {
        let (budget, taken) = (Budget::new(&BUDGET), Cell::new(0));
        let mut sink = Vec::new();
        Metered::new(io::repeat(0).take(60), &taken, &budget).read_to_end(&mut sink).expect("within");
        let error = Metered::new(io::repeat(0).take(60), &taken, &budget).read_to_end(&mut sink).expect_err("beyond");
        assert_eq!((error.to_string().as_str(), sink.len()), ("the archive unpacks to more than 100 bytes", 100));
    }

    #[test]
    fn the_ratio_counts_from_the_floor_on_and_failure_lasts() {
        let (budget, taken) = (Budget::new(&LIMITS), Cell::new(7));
        let mut reader = Metered::new(io::repeat(0), &taken, &budget);
        taken.set(8);
        let mut sink = Vec::new();
        assert!(reader.read_to_end(&mut sink).is_err());
        assert!((RATIO_FLOOR..=RATIO_FLOOR + READ_BYTES as u64).contains(&(sink.len() as u64)));
        taken.set(u64::MAX);
        assert!(reader.read(&mut [0]).is_err());
    }

    #[test]
    fn an_early_end_keeps_what_was_read() {
        let broken = || (&b"abc"[..]).chain(Broken);
        assert_eq!(read(&mut broken(), 10), (b"abc".to_vec(), Some("it is damaged".to_owned())));
        assert_eq!(peek(&mut broken()).0, b"abc");
        assert_eq!(read(&mut &b"abc"[..], 3), (b"abc".to_vec(), None));
        assert_eq!(read(&mut &b"abc"[..], 2).0, b"ab");
        assert_eq!(why(&told("too large")), "too large");
        assert_eq!((cut(b"abc", 3).1, cut(b"abc", 2).0), (None, &b"ab"[..]));
    }

    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }
}
