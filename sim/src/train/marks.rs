//! What a model's file remembers of the recordings that it learnt from: enough to know them again, and parts of them.
//!
//! Of each recording 24 bits of its hash, as four letters; of many the least, sorted. A recording that is among the least
//! and is not there was not learnt from; a stranger is taken for one of 128 once in 130,000 times.

const MOST: usize = 128;
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const HEAD: &str = "; learnt ";

fn mark(hash: u64) -> [u8; 4] {
    [0, 6, 12, 18].map(|shift: u32| LETTERS[(hash >> shift & 63) as usize])
}

/// The last part of a model's text.
pub fn told(hashes: &[u64]) -> String {
    let mut marks: Vec<[u8; 4]> = hashes.iter().map(|hash| mark(*hash)).collect();
    marks.sort_unstable();
    marks.dedup();
    marks.truncate(MOST);
    let letters = marks.as_flattened().iter().map(|letter| char::from(*letter));
    HEAD.chars().chain(letters).collect()
}

/// What people may read of a model's text.
pub fn without(about: &str) -> &str {
    about.rsplit_once(HEAD).map_or(about, |(text, _)| text)
}

/// How many of the recordings a model learnt from, as far as its text tells.
pub fn known(about: &str, hashes: &[u64]) -> usize {
    let Some((_, marks)) = about.rsplit_once(HEAD) else { return 0 };
    let marks = marks.as_bytes().as_chunks::<4>().0;
    hashes.iter().filter(|hash| marks.contains(&mark(**hash))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(from: u64, count: u64) -> Vec<u64> {
        (from..from + count).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect()
    }

    #[test]
    fn parts_are_known_again_and_strangers_are_not() {
        let about = format!("motion{}", told(&hashes(1, 100)));
        assert_eq!(known(&about, &hashes(1, 100)), 100);
        assert_eq!(known(&about, &hashes(40, 5)), 5);
        assert_eq!(known(&about, &hashes(1000, 100)), 0);
        assert_eq!((without(&about), known("motion", &hashes(1, 9))), ("motion", 0));
    }

    #[test]
    fn of_many_some_are_known() {
        let about = told(&hashes(1, 1000));
        assert_eq!(about.len(), HEAD.len() + 4 * MOST);
        assert_eq!(known(&about, &hashes(1, 1000)), MOST);
        assert_eq!(known(&about, &hashes(5000, 1000)), 0);
    }
}
