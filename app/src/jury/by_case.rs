//! What is kept case by case: a room has few cases, so a list is as quick as a tree, and weighs little in a browser.

use live_jury_protocol::CaseId;

/// One value a case at most.
#[derive(Clone, Debug)]
pub struct ByCase<T>(Vec<(CaseId, T)>);

impl<T> Default for ByCase<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByCase<T> {
    fn position(&self, case: CaseId) -> Option<usize> {
        self.0.iter().position(|(known, _)| *known == case)
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is something for a case.
    #[must_use]
    pub fn has(&self, case: CaseId) -> bool {
        self.position(case).is_some()
    }

    /// What there is for a case.
    #[must_use]
    pub fn get(&self, case: CaseId) -> Option<&T> {
        self.position(case).map(|at| &self.0[at].1)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, case: CaseId) -> Option<&mut T> {
        self.position(case).map(|at| &mut self.0[at].1)
    }

    /// Takes the place of what there was.
    pub fn insert(&mut self, case: CaseId, value: T) {
        match self.get_mut(case) {
            Some(known) => *known = value,
            None => self.0.push((case, value)),
        }
    }

    /// Takes out what there is for a case.
    pub fn remove(&mut self, case: CaseId) -> Option<T> {
        self.position(case).map(|at| self.0.remove(at).1)
    }

    /// Keeps what the cases have that `keep` names.
    pub fn retain(&mut self, keep: impl Fn(CaseId) -> bool) {
        self.0.retain(|(case, _)| keep(*case));
    }

    /// All there is.
    pub fn iter(&self) -> impl Iterator<Item = &(CaseId, T)> {
        self.0.iter()
    }

    /// The same, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, value)| value)
    }
}

impl<T> FromIterator<(CaseId, T)> for ByCase<T> {
    fn from_iter<I: IntoIterator<Item = (CaseId, T)>>(pairs: I) -> Self {
        let mut all = Self::default();
        for (case, value) in pairs {
            all.insert(case, value);
        }
        all
    }
}

impl<T> IntoIterator for ByCase<T> {
    type Item = (CaseId, T);
    type IntoIter = std::vec::IntoIter<(CaseId, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
