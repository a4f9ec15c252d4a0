//! What stands where in one commit. Neighbours in history share what neither changed, so that a commit costs what it changes, not what it has.

use super::objects::ObjectId;
use std::sync::Arc;

/// Number of a path.
pub(super) type PathNo = u32;
/// What stands at one path: the blob, and the life of each value in it, both by number.
pub(super) type AtPath = Arc<(ObjectId, Vec<(u32, u32)>)>;

/// Paths of one piece, as a power of two.
const PIECE_BITS: u32 = 5;

/// The paths of one piece that something stands at, in order.
pub(super) type Piece = Arc<Vec<(PathNo, AtPath)>>;

/// What stands where, by path.
#[derive(Clone, Default)]
pub(super) struct State {
    pieces: Arc<Vec<Piece>>,
}

impl State {
    /// What stands at a path.
    pub(super) fn get(&self, path: PathNo) -> Option<&AtPath> {
        let piece = self.pieces.get((path >> PIECE_BITS) as usize)?;
        piece.binary_search_by_key(&path, |e| e.0).ok().map(|i| &piece[i].1)
    }

    /// Everything that stands anywhere, in pieces, in order of path.
    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether two have all in common.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.pieces, &other.pieces)
    }

    /// What stands in this one where the other has not the very same, with what the other has there.
    pub(super) fn unlike<'s>(&'s self, other: &'s Self) -> impl Iterator<Item = (PathNo, &'s AtPath, Option<&'s AtPath>)> {
        let differs = |(i, piece): &(usize, &Piece)| other.pieces.get(*i).is_none_or(|theirs| !Arc::ptr_eq(piece, theirs));
        let entries = self.pieces.iter().enumerate().filter(differs).flat_map(|(_, piece)| piece.iter());
        entries.map(|(path, at)| (*path, at, other.get(*path))).filter(|(_, at, theirs)| theirs.is_none_or(|t| !Arc::ptr_eq(at, t)))
    }

    /// The same with changes, which are in order of path.
    pub(super) fn with(&self, changes: &[(PathNo, Option<AtPath>)]) -> Self {
        let mut pieces = Vec::clone(&self.pieces);
        for changes in changes.chunk_by(|a, b| a.0 >> PIECE_BITS == b.0 >> PIECE_BITS) {
            let number = (changes[0].0 >> PIECE_BITS) as usize;
            if pieces.len() <= number {
                pieces.resize_with(number + 1, Piece::default);
            }
            let mut piece = Vec::with_capacity(pieces[number].len() + changes.len());
            let mut old = pieces[number].iter().peekable();
            for (path, new) in changes {
                while let Some(entry) = old.next_if(|e| e.0 < *path) {
                    piece.push(entry.clone());
                }
                old.next_if(|e| e.0 == *path);
                piece.extend(new.as_ref().map(|new| (*path, new.clone())));
            }
            piece.extend(old.cloned());
            pieces[number] = Arc::new(piece);
        }
        Self { pieces: Arc::new(pieces) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_is_a_map_that_shares(rounds in prop::collection::vec(prop::collection::btree_map(0u32..200, prop::option::of(0u32..9), 0..12), 1..12)) {
            let (mut state, mut map) = (State::default(), BTreeMap::new());
            for round in rounds {
                let changes: Vec<_> = round.iter().map(|(path, blob)| (*path, blob.map(|b| Arc::new((b, Vec::new()))))).collect();
                let next = state.with(&changes);
                for (path, at) in changes {
                    match at {
                        Some(at) => drop(map.insert(path, at)),
                        None => drop(map.remove(&path)),
                    }
                }
                let all: Vec<_> = next.pieces().iter().flat_map(|piece| piece.iter()).map(|(path, at)| (*path, at.0)).collect();
                prop_assert_eq!(all, map.iter().map(|(path, at)| (*path, at.0)).collect::<Vec<_>>());
                let unlike: Vec<_> = next.unlike(&state).map(|(path, ..)| path).collect();
                let new: Vec<_> = map.iter().filter(|(p, at)| state.get(**p).is_none_or(|old| !Arc::ptr_eq(old, at))).map(|(p, _)| *p).collect();
                prop_assert_eq!(unlike, new);
                state = next;
            }
        }
    }
}
