//! A map from cases to values; it never holds more than the few cases of a room. A list is as fast as a tree at this
//! size, and smaller in WebAssembly.

use live_jury_protocol::CaseId;

/// At most one value for each case.
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

    /// Whether the map is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the case has a value.
    #[must_use]
    pub fn has(&self, case: CaseId) -> bool {
        self.position(case).is_some()
    }

    /// The value of a case.
    #[must_use]
    pub fn get(&self, case: CaseId) -> Option<&T> {
        self.position(case).map(|at| &self.0[at].1)
    }

    /// The value of a case, to be changed.
    pub fn get_mut(&mut self, case: CaseId) -> Option<&mut T> {
        self.position(case).map(|at| &mut self.0[at].1)
    }

    /// Sets the value of a case.
    pub fn insert(&mut self, case: CaseId, value: T) {
        match self.get_mut(case) {
            Some(known) => *known = value,
            None => self.0.push((case, value)),
        }
    }

    /// Removes the value of a case.
    pub fn remove(&mut self, case: CaseId) -> Option<T> {
        self.position(case).map(|at| self.0.remove(at).1)
    }

    /// Keeps the values of cases for which `keep` holds.
    pub fn retain(&mut self, keep: impl Fn(CaseId) -> bool) {
        self.0.retain(|(case, _)| keep(*case));
    }

    /// All pairs of case and value.
    pub fn iter(&self) -> impl Iterator<Item = &(CaseId, T)> {
        self.0.iter()
    }

    /// All values, to be changed.
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
