//! Changes that somebody tries, and the way back: each step is what B has, and what the run that plays has.

/// Changes of both runs, as in `--set`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    pub draft: Vec<String>,
    pub playing: Vec<String>,
}

/// Never empty; somewhere in it is now.
#[derive(Clone, Debug)]
pub struct Drafts {
    steps: Vec<Step>,
    at: usize,
}

/// So many steps back, which is more than anybody remembers.
const MOST: usize = 200;

impl Drafts {
    pub fn new(first: Step) -> Self {
        Self { steps: vec![first], at: 0 }
    }

    pub fn now(&self) -> &Step {
        &self.steps[self.at]
    }

    /// Goes on from now; what had been undone is forgotten. The same again is no step.
    pub fn step(&mut self, next: Step) {
        if next == *self.now() {
            return;
        }
        self.steps.truncate(self.at + 1);
        self.steps.push(next);
        if self.steps.len() > MOST {
            self.steps.remove(0);
        }
        self.at = self.steps.len() - 1;
    }

    pub fn can_undo(&self) -> bool {
        self.at > 0
    }

    pub fn can_redo(&self) -> bool {
        self.at + 1 < self.steps.len()
    }

    pub fn undo(&mut self) -> Option<&Step> {
        self.at = self.at.checked_sub(1)?;
        Some(self.now())
    }

    pub fn redo(&mut self) -> Option<&Step> {
        if !self.can_redo() {
            return None;
        }
        self.at += 1;
        Some(self.now())
    }
}

/// What a change is about.
pub fn path_of(set: &str) -> &str {
    set.split_once('=').map_or(set, |(path, _)| path).trim()
}

/// Puts a change among those there are, in place of an earlier one of the same path.
pub fn put(sets: &mut Vec<String>, path: &str, value: &str) {
    let change = format!("{path}={value}");
    match sets.iter_mut().find(|set| path_of(set) == path) {
        // In its place: a list that is being edited does not jump.
        Some(set) => *set = change,
        None => sets.push(change),
    }
}

/// Puts a change in place of all that is said of its path, and of what is below it.
pub fn put_whole(sets: &mut Vec<String>, change: &str) {
    let path = path_of(change);
    sets.retain(|known| {
        let below = path_of(known).strip_prefix(path);
        below.is_none_or(|below| !(below.is_empty() || below.starts_with('.')))
    });
    sets.push(change.into());
}

pub fn take_back(sets: &mut Vec<String>, path: &str) {
    sets.retain(|set| path_of(set) != path);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn step(draft: &str) -> Step {
        Step { draft: vec![draft.into()], playing: Vec::new() }
    }

    #[test]
    fn what_was_undone_is_forgotten_when_something_else_is_done() {
        let mut drafts = Drafts::new(Step::default());
        assert_eq!(drafts.undo(), None);
        assert!(!drafts.can_undo());
        drafts.step(step("a=1"));
        drafts.step(step("a=1"));
        drafts.step(step("a=2"));
        assert_eq!(drafts.undo(), Some(&step("a=1")));
        assert_eq!(drafts.redo(), Some(&step("a=2")));
        assert_eq!(drafts.redo(), None);
        drafts.undo();
        drafts.step(step("a=3"));
        assert!(!drafts.can_redo());
        assert_eq!(drafts.undo(), Some(&step("a=1")));
        assert_eq!(drafts.undo(), Some(&Step::default()));
    }

    #[test]
    fn one_path_is_changed_once() {
        let mut sets = vec!["seed=1".to_string(), "node.n.cpu=80MHz".into()];
        put(&mut sets, "seed", "2");
        put(&mut sets, "strict", "true");
        assert_eq!(sets, ["seed=2", "node.n.cpu=80MHz", "strict=true"]);
        take_back(&mut sets, "node.n.cpu");
        assert_eq!(sets, ["seed=2", "strict=true"]);
        let mut sets = ["sound.1.level=3", "sounds=1", "sound=[]", "seed=2"].map(String::from).to_vec();
        put_whole(&mut sets, "sound=[1]");
        assert_eq!(sets, ["sounds=1", "seed=2", "sound=[1]"]);
    }

    proptest! {
        #[test]
        fn undoing_all_and_redoing_all_ends_where_it_was(values in prop::collection::vec(0u8..5, 0..300)) {
            let mut drafts = Drafts::new(Step::default());
            values.iter().for_each(|value| drafts.step(step(&format!("a={value}"))));
            let end = drafts.now().clone();
            while drafts.undo().is_some() {}
            prop_assert!(!drafts.can_undo());
            while drafts.redo().is_some() {}
            prop_assert_eq!(drafts.now(), &end);
        }
    }
}
