//! Files compressed as one stream: gzip and zstd.

use super::bounded::{self, Counted, Metered, told, why};
use super::walk::{Place, Walk};
use super::{Kind, Loss, kind, tar};
use flate2::GzHeader;
use flate2::bufread::GzDecoder;
use libdeflater::Decompressor;
use memchr::memmem;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

/// Largest window a zstd frame may ask for; the limit of the reference decoder (`zstd --long` uses all of it).
const WINDOW_BYTES: u64 = 128 << 20;

/// Gzip members or zstd frames that one file may have. Empty ones cost time and yield nothing that could be limited; bgzip makes
/// one for each 64 KiB.
const MAX_PIECES: u32 = 100_000;

/// What a gzip member begins with; deflate is the one method there is.
const SIGNATURE: [u8; 3] = [0x1f, 0x8b, 8];

/// Reads a gzip file of one or more members (RFC 1952).
pub(super) fn read_gzip(walk: &mut Walk<'_>, stream: &mut dyn Read, at: Place) {
    let taken = Cell::new(0);
    let decoder = Members::new(Counted::new(BufReader::new(stream), &taken));
    let name = base_name(decoder.first_header().and_then(|header| header.filename()).map(<[u8]>::to_vec));
    let budget = walk.budget;
    read_content(walk, &mut Metered::new(decoder, &taken, budget), name, at);
}

/// Reads a gzip file that is in memory: at once where it is one small member without fault, which is most of them, else as a stream.
pub(super) fn read_gzip_at_once(walk: &mut Walk<'_>, mut bytes: &[u8], at: Place) {
    let decoder = GzDecoder::new(bytes);
    let name = decoder.header().and_then(|header| header.filename()).map(<[u8]>::to_vec);
    match one_member(decoder.get_ref()).filter(|content| walk.budget.spend(content.len() as u64)) {
        Some(content) if kind(&content) == Some(Kind::Tar) => tar::read_at_once(walk, &content, at),
        Some(content) => read_content(walk, &mut content.as_slice(), base_name(name), at),
        None => read_gzip(walk, &mut bytes, at),
    }
}

/// What a gzip file holds, given what follows its header: if it is one member that ends where the file does, of the size and the checksum stated there, and
/// no larger than any stream may become. A file that goes on behind its member, even behind a copy of its end, is left to the stream: the end of the member
/// stands before what follows, or it is damaged, and other members begin with their signature.
fn one_member(body: &[u8]) -> Option<Vec<u8>> {
    let (deflated, end) = body.split_last_chunk::<8>()?;
    let stated = |at: usize| u32::from_le_bytes([end[at], end[at + 1], end[at + 2], end[at + 3]]);
    let (sum, size) = (stated(0), stated(4) as usize);
    if size == 0 || size as u64 > bounded::RATIO_FLOOR {
        return None;
    }
    if memmem::find(deflated, end).is_some() || memmem::find(deflated, &SIGNATURE).is_some() {
        return None;
    }
    let mut content = vec![0; size];
    let n = Decompressor::new().deflate_decompress(deflated, &mut content).ok()?;
    (n == size && libdeflater::crc32(&content) == sum).then_some(content)
}

/// The last part of a name: a header can claim any path, and this is what gunzip would use.
fn base_name(name: Option<Vec<u8>>) -> Option<Vec<u8>> {
    let name = name.filter(|name| !name.is_empty())?;
    Some(name.rsplit(|b| matches!(b, b'/' | b'\\')).next().unwrap_or_default().to_vec())
}

/// Reads a zstd file of one or more frames (RFC 8878).
pub(super) fn read_zstd(walk: &mut Walk<'_>, stream: &mut dyn Read, at: Place) {
    let taken = Cell::new(0);
    let decoder = Frames::new(Counted::new(BufReader::new(stream), &taken));
    let budget = walk.budget;
    read_content(walk, &mut Metered::new(decoder, &taken, budget), None, at);
}

/// Reads what was compressed: a tape archive in place of the compressed file, anything else as its one member.
fn read_content(walk: &mut Walk<'_>, stream: &mut dyn Read, name: Option<Vec<u8>>, mut at: Place) {
    let (head, error) = bounded::peek(stream);
    if error.is_none() && kind(&head) == Some(Kind::Tar) {
        return tar::read(walk, &mut head.chain(stream), at);
    }
    let name = name.unwrap_or_else(|| at.stem());
    if let Some(error) = error.as_ref().filter(|_| head.is_empty()) {
        return walk.trouble(at.path(), why(error), Loss::All);
    }
    let Some(path) = walk.admit(&mut at, &name) else { return };
    // After an early end the stream fails again at once, and the walk tells why.
    let mut rest = Failing { error, stream };
    walk.peeked(&head, &mut rest, path, at.depth());
}

/// A stream that first fails with an error that was met earlier.
struct Failing<'s> {
    error: Option<io::Error>,
    stream: &'s mut dyn Read,
}

impl Read for Failing<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.error.take().map_or_else(|| self.stream.read(buf), Err)
    }
}

/// Decodes gzip members one after another.
struct Members<R> {
    /// Always there between reads.
    current: Option<GzDecoder<R>>,
    left: u32,
}

impl<R: BufRead> Members<R> {
    fn new(source: R) -> Self {
        Self { current: Some(GzDecoder::new(source)), left: MAX_PIECES }
    }

    fn first_header(&self) -> Option<&GzHeader> {
        self.current.as_ref()?.header()
    }

    /// Begins the next member; false at the end of the source, which zeros may pad.
    fn begin(&mut self) -> io::Result<bool> {
        let decoder = self.current.as_mut().expect("there between reads");
        let source = decoder.get_mut();
        let next = loop {
            match source.fill_buf()? {
                [] => return Ok(false),
                rest => match rest.iter().position(|&b| b != 0) {
                    Some(0) => break rest[0],
                    zeros => {
                        let zeros = zeros.unwrap_or(rest.len());
                        source.consume(zeros);
                    }
                },
            }
        };
        if next != 0x1f {
            return Err(told("what follows the compressed data was not read"));
        }
        self.left = self.left.checked_sub(1).ok_or_else(too_many_pieces)?;
        let source = self.current.take().expect("there between reads").into_inner();
        self.current = Some(GzDecoder::new(source));
        Ok(true)
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.current.as_mut().expect("there between reads").read(buf)?;
            if n > 0 || buf.is_empty() || !self.begin()? {
                return Ok(n);
            }
        }
    }
}

fn too_many_pieces() -> io::Error {
    told(format!("it has more than {MAX_PIECES} pieces"))
}

/// Decodes zstd frames one after another and passes over skippable ones.
pub(super) struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
    within: bool,
    left: u32,
}

impl<R: BufRead> Frames<R> {
    pub(super) fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW_BYTES);
        Self { source, decoder, within: false, left: MAX_PIECES }
    }

    /// Begins the next frame; false at the end of the source.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            self.left = self.left.checked_sub(1).ok_or_else(too_many_pieces)?;
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let skipped = io::copy(&mut self.source.by_ref().take(length.into()), &mut io::sink())?;
                    if skipped < u64::from(length) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }

    /// Compares the checksum, where the frame has one, with what was decoded.
    fn verify(&self) -> io::Result<()> {
        match self.decoder.get_checksum_from_data() {
            Some(sum) if self.decoder.get_calculated_checksum() != Some(sum) => Err(told("its checksum does not hold")),
            _ => Ok(()),
        }
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.within && !self.begin()? {
                return Ok(0);
            }
            self.within = true;
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                self.decoder.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1)).map_err(io::Error::other)?;
            }
            match self.decoder.read(buf)? {
                0 => {
                    self.verify()?;
                    self.within = false;
                }
                n => return Ok(n),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Limits, Loss};

    #[test]
    fn gzip_members_are_joined_and_named() {
        let bytes = [gzip(b"one ", Some("/var/log/app.log")), gzip(b"two", None)].concat();
        let (seen, troubles) = contents(&bytes, &Limits::default());
        assert_eq!((seen, troubles), (vec![("app.log".to_owned(), b"one two".to_vec())], vec![]));
    }

    #[test]
    fn zstd_frames_are_joined_and_skippable_ones_passed_over() {
        let skippable = [&[0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        let bytes = [skippable.clone(), zstd(b"one "), skippable.clone(), zstd(b"two")].concat();
        let (seen, troubles) = contents(&bytes, &Limits::default());
        assert_eq!((seen, troubles), (vec![("content".to_owned(), b"one two".to_vec())], vec![]));
        assert_eq!(contents(&skippable[..9], &Limits::default()).1[0].loss, Loss::All);
    }

    #[test]
    fn a_broken_stream_gives_what_came_before() {
        let text: Vec<u8> = (0..20_000u32).flat_map(|i| (i * i).to_le_bytes()).collect();
        let whole = gzip(&text, None);
        let (seen, troubles) = contents(&whole[..whole.len() / 2], &Limits::default());
        assert!(seen[0].1.len() > 10_000 && text.starts_with(&seen[0].1));
        assert_eq!((troubles.len(), troubles[0].loss), (1, Loss::Part));

        let mut wrong_sum = gzip(b"text", None);
        let crc = wrong_sum.len() - 8;
        wrong_sum[crc] ^= 1;
        let (seen, troubles) = contents(&wrong_sum, &Limits::default());
        assert_eq!((seen[0].1.as_slice(), troubles.len()), (&b"text"[..], 1));

        let mut wrong_sum = zstd(b"text");
        let sum = wrong_sum.len() - 1;
        wrong_sum[sum] ^= 1;
        let (seen, troubles) = contents(&wrong_sum, &Limits::default());
        assert_eq!(seen[0].1, b"text");
        assert_eq!(troubles[0].why, "its checksum does not hold");

        let (seen, troubles) = contents(&[gzip(b"text", None), b"\0\0trailing".to_vec()].concat(), &Limits::default());
        assert_eq!((seen[0].1.as_slice(), troubles.len()), (&b"text"[..], 1));
        let (seen, troubles) = contents(&[gzip(b"text", None), vec![0; 10_000]].concat(), &Limits::default());
        assert_eq!((seen[0].1.as_slice(), troubles.len()), (&b"text"[..], 0), "zeros are padding");
    }

    #[test]
    fn what_follows_a_member_is_told_even_behind_a_forged_end() {
        let whole = gzip(b"text", None);
        let end = &whole[whole.len() - 8..];
        let (seen, troubles) = contents(&[&whole[..], b"hidden behind the member", end].concat(), &Limits::default());
        assert_eq!((seen[0].1.as_slice(), troubles.len(), troubles[0].loss), (&b"text"[..], 1, Loss::Part));
    }

    #[test]
    fn endless_empty_pieces_end() {
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0, 0, 1, 0, 0];
        for piece in [gzip(b"", None), frame.to_vec()] {
            let (_, troubles) = contents(&piece.repeat(100_002), &Limits::default());
            assert_eq!(troubles.iter().map(|t| t.why.as_str()).collect::<Vec<_>>(), ["it has more than 100000 pieces"]);
        }
    }

    #[test]
    fn an_absurd_window_is_refused() {
        // Frame header descriptor 0, window descriptor for 2 GiB, one empty last block.
        let bytes = [0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 1, 0, 0];
        let (seen, troubles) = contents(&bytes, &Limits::default());
        assert_eq!((seen.len(), troubles.len(), troubles[0].loss), (0, 1, Loss::All));
    }
}
