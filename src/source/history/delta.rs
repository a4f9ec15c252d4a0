//! Git's delta format: instructions that build an object from a base (Documentation/gitformat-pack, "Deltified representation").

use super::Error;
use crate::model::Segment;

/// Sizes a delta states: of its base and of its result.
pub fn sizes(delta: &[u8]) -> Result<(usize, usize), Error> {
    let mut reader = Reader { bytes: delta, at: 0 };
    Ok((reader.varint()?, reader.varint()?))
}

/// Applies `delta` to `base` into `out`, and says in `segments` where every piece came from. Adjacent pieces that continue one another are joined.
///
/// # Errors
/// When the delta is cut short, copies from outside the base, or does not build what it announces.
pub fn apply(base: &[u8], delta: &[u8], out: &mut Vec<u8>, segments: &mut Vec<Segment>) -> Result<(), Error> {
    let mut reader = Reader { bytes: delta, at: 0 };
    let (base_size, size) = (reader.varint()?, reader.varint()?);
    if base_size != base.len() {
        return Err(Error::corrupt("a delta does not fit its base"));
    }
    out.clear();
    segments.clear();
    // The size was checked against the limit by the caller; even so memory grows only with what is built.
    out.reserve(size.min(base.len() + delta.len() * 256));
    while reader.at < delta.len() {
        let op = reader.byte()?;
        if op & 0x80 != 0 {
            let (from, len) = reader.copy(op)?;
            let piece = from
                .checked_add(len)
                .and_then(|end| base.get(from..end))
                .ok_or_else(|| Error::corrupt("a delta copies from outside its base"))?;
            push(segments, Segment { target: out.len(), len, source: Some(from) });
            out.extend_from_slice(piece);
        } else if op != 0 {
            let piece = reader.take(usize::from(op))?;
            push(segments, Segment { target: out.len(), len: piece.len(), source: None });
            out.extend_from_slice(piece);
        } else {
            return Err(Error::corrupt("a delta has a reserved instruction"));
        }
        if out.len() > size {
            return Err(Error::corrupt("a delta builds more than it announces"));
        }
    }
    if out.len() == size { Ok(()) } else { Err(Error::corrupt("a delta builds less than it announces")) }
}

fn push(segments: &mut Vec<Segment>, next: Segment) {
    if let Some(last) = segments.last_mut() {
        let continues = match (last.source, next.source) {
            (Some(a), Some(b)) => a + last.len == b,
            (None, None) => true,
            _ => false,
        };
        if continues {
            last.len += next.len;
            return;
        }
    }
    segments.push(next);
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn byte(&mut self) -> Result<u8, Error> {
        let b = *self.bytes.get(self.at).ok_or_else(|| Error::corrupt("a delta is cut short"))?;
        self.at += 1;
        Ok(b)
    }

    fn take(&mut self, n: usize) -> Result<&'b [u8], Error> {
        let piece = self.bytes.get(self.at..self.at + n).ok_or_else(|| Error::corrupt("a delta is cut short"))?;
        self.at += n;
        Ok(piece)
    }

    fn varint(&mut self) -> Result<usize, Error> {
        let (mut value, mut shift) = (0usize, 0);
        loop {
            let b = self.byte()?;
            if shift > 56 {
                return Err(Error::corrupt("a delta announces an absurd size"));
            }
            value |= usize::from(b & 0x7f) << shift;
            shift += 7;
            if b & 0x80 == 0 {
                return Ok(value);
            }
        }
    }

    /// Offset and length of a copy instruction: bits 0 to 3 say which offset bytes follow, bits 4 to 6 which length bytes.
    fn copy(&mut self, op: u8) -> Result<(usize, usize), Error> {
        let (mut from, mut len) = (0, 0);
        for i in 0..4 {
            if op & (1 << i) != 0 {
                from |= usize::from(self.byte()?) << (8 * i);
            }
        }
        for i in 0..3 {
            if op & (0x10 << i) != 0 {
                len |= usize::from(self.byte()?) << (8 * i);
            }
        }
        Ok((from, if len == 0 { 0x10000 } else { len }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_what_continues() {
        // base "hello world" -> copy 0..6, copy 6..11, insert "!"
        let delta = [11, 12, 0x90, 6, 0x91, 6, 5, 1, b'!'];
        let (mut out, mut segments) = (Vec::new(), Vec::new());
        apply(b"hello world", &delta, &mut out, &mut segments).expect("sound");
        assert_eq!(out, b"hello world!");
        assert_eq!(segments, [Segment { target: 0, len: 11, source: Some(0) }, Segment { target: 11, len: 1, source: None }]);
    }

    #[test]
    fn refuses_what_reaches_outside() {
        let (mut out, mut segments) = (Vec::new(), Vec::new());
        for delta in [&[11, 5, 0x91, 9, 5][..], &[11, 5], &[11, 5, 0], &[10, 5, 0x90, 5], &[11, 5, 3, b'a'], &[]] {
            assert!(apply(b"hello world", delta, &mut out, &mut segments).is_err(), "{delta:?}");
        }
    }
}
