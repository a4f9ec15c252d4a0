//! Hosts that do not answer: the repositories on one must not cost a night their waiting, one after another.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Repositories in a row that a host gives no answer for, after which it is asked less.
const SILENCES: u32 = 3;
/// What waiting for a silent host may take of the time: one part of so many.
const SHARE: u32 = 10;
/// Longest time in which a silent host is not asked at all.
const LONGEST: Duration = Duration::from_secs(300);

/// How often a host is worth asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Several times, with pauses.
    Usual,
    /// Once: it was silent before.
    Little,
    /// Not now: it was asked a moment ago, and waited for.
    None,
}

/// What is known of hosts, by protocol, name and port.
#[derive(Debug, Default)]
pub struct Hosts(Mutex<HashMap<String, Silence>>);

#[derive(Debug)]
struct Silence {
    /// Since it last answered.
    times: u32,
    /// When it is asked again.
    until: Instant,
}

impl Hosts {
    /// How often a host is worth asking.
    pub fn patience(&self, host: &str) -> Patience {
        match self.lock().get(host) {
            Some(silence) if silence.times >= SILENCES && Instant::now() < silence.until => Patience::None,
            Some(silence) if silence.times >= SILENCES => Patience::Little,
            _ => Patience::Usual,
        }
    }

    /// Notes that it answered, whatever it said.
    pub fn answered(&self, host: &str) {
        self.lock().remove(host);
    }

    /// Notes that it did not, and how long that took.
    pub fn was_silent(&self, host: &str, took: Duration) {
        let until = Instant::now() + (took * SHARE).min(LONGEST);
        let mut hosts = self.lock();
        let silence = hosts.entry(host.to_owned()).or_insert(Silence { times: 0, until });
        (silence.times, silence.until) = (silence.times + 1, until);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Silence>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_host_is_asked_less_the_longer_it_is_waited_for() {
        let hosts = Hosts::default();
        for _ in 0..SILENCES {
            assert_eq!(hosts.patience("slow"), Patience::Usual);
            hosts.was_silent("slow", Duration::from_secs(60));
        }
        assert_eq!(hosts.patience("slow"), Patience::None);
        assert_eq!(hosts.patience("other"), Patience::Usual);
        for _ in 0..SILENCES {
            hosts.was_silent("quick", Duration::ZERO);
        }
        assert_eq!(hosts.patience("quick"), Patience::Little, "asking costs nothing");
        hosts.answered("quick");
        assert_eq!(hosts.patience("quick"), Patience::Usual);
    }
}
