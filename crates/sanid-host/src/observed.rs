//! One fact about a host, and whether it was seen.

/// One fact about a host.
///
/// "Nothing there" is `Saw` of an empty value. It is not the same as `Failed`, where there may be something, nor as
/// `NotLooked`. There is no `Default`, so a decision must handle each of the three.
///
/// # Examples
/// ```
/// use sanid_host::Observed;
///
/// let sessions: Observed<Vec<&str>> = Observed::Failed("Permission denied".into());
/// assert_eq!(sessions.unknown(), Some("Permission denied"));
/// assert_eq!(Observed::Saw(7).unknown(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed<T> {
    /// Not looked at.
    NotLooked,
    /// It could not be seen; the reason, for people.
    Failed(String),
    /// What was seen.
    Saw(T),
}

impl<T> Observed<T> {
    /// The fact by reference.
    pub fn as_ref(&self) -> Observed<&T> {
        match self {
            Self::NotLooked => Observed::NotLooked,
            Self::Failed(why) => Observed::Failed(why.clone()),
            Self::Saw(fact) => Observed::Saw(fact),
        }
    }

    /// The fact in a different form.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::NotLooked => Observed::NotLooked,
            Self::Failed(why) => Observed::Failed(why),
            Self::Saw(fact) => Observed::Saw(change(fact)),
        }
    }

    /// Why the fact is not known; `None` where it was seen.
    pub fn unknown(&self) -> Option<&str> {
        match self {
            Self::NotLooked => Some("it was not read"),
            Self::Failed(why) => Some(why),
            Self::Saw(_) => None,
        }
    }
}

impl<T> Observed<Vec<T>> {
    /// What was seen, to list it. A decision that depends on nothing else being there asks
    /// [`unknown`](Self::unknown) as well.
    pub fn seen(&self) -> &[T] {
        match self {
            Self::Saw(facts) => facts,
            Self::NotLooked | Self::Failed(_) => &[],
        }
    }
}

impl<T, E: ToString> From<Result<T, E>> for Observed<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(fact) => Self::Saw(fact),
            Err(error) => Self::Failed(error.to_string()),
        }
    }
}
