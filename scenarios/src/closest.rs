//! "Did you mean ...?": the known name nearest to a mistyped one.

/// The candidate that a slip of the fingers would explain, if there is one.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer names are no candidates for typing errors, and the distance is quadratic.
    let name: Vec<char> = name.chars().take(64).flat_map(char::to_lowercase).collect();
    let allowed = (name.len() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, replacements and swaps of neighbours between the two (optimal string alignment).
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().flat_map(char::to_lowercase).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (above[j] + 1).min(row[j - 1] + 1).min(above[j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

/// Help for a name that is not known: the nearest one, then all of them.
pub fn known_names<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let mut list: Vec<&str> = known.clone().into_iter().collect();
    list.dedup();
    let all =
        if list.is_empty() { "none is known".to_string() } else { format!("known: {}", list.join(", ")) };
    match closest(name, known) {
        Some(near) => format!("did you mean `{near}`? {all}"),
        None => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let kinds = ["white-noise", "pink-noise", "tone", "sweep", "at"];
        assert_eq!(closest("pink-nosie", kinds), Some("pink-noise"));
        assert_eq!(closest("Tone", kinds), Some("tone"));
        assert_eq!(closest("pinknoise", kinds), Some("pink-noise"));
        assert_eq!(closest("earthquake", kinds), None);
        assert_eq!(closest("", kinds), None);
        assert_eq!(
            known_names("twone", kinds),
            "did you mean `tone`? known: white-noise, pink-noise, tone, sweep, at"
        );
    }
}
