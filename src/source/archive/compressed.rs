//! Files compressed as one stream: gzip and zstd.

use super::bounded::{self, Counted, Metered};
use super::walk::{Place, Walk};
use super::{Kind, Loss, kind, tar};
use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

/// Largest window a zstd frame may ask for; the limit of the reference decoder (`zstd --long` uses all of it).
const WINDOW_BYTES: u64 = 128 << 20;

/// Reads a gzip file of one or more members (RFC 1952).
pub(super) fn read_gzip(walk: &mut Walk<'_>, stream: &mut dyn Read, at: Place) {
    let taken = Cell::new(0);
    let decoder = MultiGzDecoder::new(Counted::new(BufReader::new(stream), &taken));
    let name = decoder.header().and_then(|header| header.filename()).filter(|name| !name.is_empty()).map(<[u8]>::to_vec);
    // A header can claim any path; the last part is what gunzip would use.
    let name = name.map(|name| name.rsplit(|b| matches!(b, b'/' | b'\\')).next().unwrap_or_default().to_vec());
    let budget = walk.budget;
    read_content(walk, &mut Metered::new(decoder, &taken, budget), name, at);
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
        return walk.trouble(at.path(), error.to_string(), Loss::All);
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

/// Decodes zstd frames one after another and passes over skippable ones.
pub(super) struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
    within: bool,
}

impl<R: BufRead> Frames<R> {
    pub(super) fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW_BYTES);
        Self { source, decoder, within: false }
    }

    /// Begins the next frame; false at the end of the source.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
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
            Some(sum) if self.decoder.get_calculated_checksum() != Some(sum) => Err(io::Error::other("its checksum does not hold")),
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

        let (seen, troubles) = contents(&[gzip(b"text", None), b"trailing".to_vec()].concat(), &Limits::default());
        assert_eq!((seen[0].1.as_slice(), troubles.len()), (&b"text"[..], 1));
    }

    #[test]
    fn an_absurd_window_is_refused() {
        // Frame header descriptor 0, window descriptor for 2 GiB, one empty last block.
        let bytes = [0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 1, 0, 0];
        let (seen, troubles) = contents(&bytes, &Limits::default());
        assert_eq!((seen.len(), troubles.len(), troubles[0].loss), (0, 1, Loss::All));
    }
}
