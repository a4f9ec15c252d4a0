//! What an organisation asks of its machine identities: ages, owners, ends.

/// The rules that flags are judged by. Days are whole days of 24 hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Most days since a secret was made or replaced.
    pub rotate: Ages,
    /// Days without use after which an identity is dormant.
    pub dormant_days: u32,
    /// Days after its end for which it is not yet called expired.
    pub grace_days: u32,
    /// Greatest chance at which a hint is believed, from 0 to 1.
    pub chance: f64,
}

/// Days for each environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    /// Production.
    pub production: u32,
    /// Development, test and staging.
    pub development: u32,
    /// Where the environment is not known.
    pub unknown: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self { rotate: Ages { production: 90, development: 30, unknown: 365 }, dormant_days: 90, grace_days: 0, chance: 0.01 }
    }
}
