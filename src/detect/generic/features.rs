//! Features: what can be said of a value and its surroundings, one bit each, and the weights that judge by them.
//!
//! The model is a logistic regression over these bits: the sum of the weights of what holds is the logit of "this is a credential".
//! `weights.csv` is written by `scripts/train_generic.py`.

use std::sync::OnceLock;

/// The weights as they are written.
static WEIGHTS: &str = include_str!("weights.csv");

macro_rules! features {
    ($($variant:ident $name:literal,)*) => {
        /// One thing that can be said of a candidate.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "each is named in words")]
        pub enum Feature { $($variant,)* }

        /// Names of all features, in order.
        pub const NAMES: &[&str] = &[$($name,)*];
    };
}

features! {
    // What the name says.
    NamePassword "name: password",
    NameSecret "name: secret",
    NameToken "name: token",
    NameKey "name: key",
    NameAuth "name: auth",
    NameUrl "name: user in a URL",
    NameBasic "name: basic authorization",
    NameBearer "name: bearer",
    NameStrong "name: of something secret (api key, access token)",
    NamePublic "name: of something public (public key, page token)",
    NameAbout "name: of something about it (password hint, token type)",
    NameTail "name: goes on after the word",
    NameShout "name: in capitals",
    NameProse "name: part of a sentence",
    NameAlone "name: the bare word",
    // How the value is given.
    Quoted "written in quotes",
    Tight "assigned with no space",
    Spaced "assigned bare, with spaces",
    Colon "after a colon",
    Call "argument of a call",
    Compared "compared with",
    Listed "next in a list",
    Markup "text or attribute of an element",
    CommandLine "argument of a command",
    Query "in a query string",
    Wrapped "inside a constructor or conversion",
    Joined "joined with something else",
    CodeAfter "bare, and code goes on after it",
    Typed "declared with a type",
    Commented "in a comment",
    InString "assigned within a string",
    LongLine "on a very long line",
    // The value.
    Length4 "4 or 5 characters",
    Length6 "6 or 7 characters",
    Length8 "8 to 11 characters",
    Length12 "12 to 19 characters",
    Length20 "20 to 31 characters",
    Length32 "32 to 63 characters",
    Length64 "64 or more characters",
    Hex "hexadecimal",
    Digits "digits only",
    Lower "lower-case letters only",
    Upper "capital letters only",
    Letters "letters only",
    Mixed "letters and digits",
    Base64 "base64 characters",
    Special "punctuation among letters",
    Blanks "blanks in it",
    Foreign "not ASCII",
    Random "looks random",
    Flat "few different characters",
    Gibberish "letters that make no words",
    Wordy "words",
    WordDigits "a word and digits",
    Identifier "an identifier",
    Dotted "a dotted reference",
    Shout "an upper-case constant",
    Kebab "words with hyphens",
    Path "a path",
    Url "a URL",
    Uuid "a UUID",
    Digest "as long as a digest",
    Number "a number, date or version",
    Email "an address",
    Format "a format or template",
    Html "markup",
    RepeatsName "repeats its name",
    Dummy "a dummy word",
    HoldsDummy "has a dummy word in it",
    Composed "capitals, small letters, digits and punctuation",
    // Where the file is.
    PlaceConfig "in a configuration file",
    PlaceEnv "in an environment file",
    PlaceCode "in source code",
    PlaceScript "in a script",
    PlaceDocs "in documentation",
    PlaceTest "in tests",
    PlaceExample "in an example",
    PlaceTranslation "in translations",
    PlaceGenerated "in a lock or generated file",
    PlaceMarkup "in markup or style",
    // Both at once.
    BareCode "bare in source code",
    GibberishPassword "a password that makes no words",
    RandomKey "a key that looks random",
    RandomToken "a token that looks random",
    TestWordy "words in tests",
    TestVector "a bare key in hexadecimal in tests",
    PlainKey "a key of nothing secret that does not look random",
    SetComposed "composed after the rules for passwords and set for use",
    Translated "letters alone in translations",
    PlainAuth "auth of something that does not look random",
}

/// A set of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Features(u128);

impl Features {
    /// Adds one.
    pub fn set(&mut self, feature: Feature) {
        self.0 |= 1 << feature as u8;
    }

    /// Adds one if a condition holds.
    pub fn set_if(&mut self, holds: bool, feature: Feature) {
        self.0 |= u128::from(holds) << feature as u8;
    }

    /// Whether it holds.
    pub fn has(self, feature: Feature) -> bool {
        self.0 >> feature as u8 & 1 != 0
    }

    /// Both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The numbers of what holds.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..NAMES.len()).filter(move |i| self.0 >> i & 1 != 0)
    }

    /// Sum of the weights: above 0, a credential is more likely than not.
    pub fn logit(self) -> f32 {
        let (bias, weights) = weights();
        let mut left = self.0;
        let mut sum = *bias;
        while left != 0 {
            sum += weights[left.trailing_zeros() as usize];
            left &= left - 1;
        }
        sum
    }

    /// How likely a credential is, 0 to 1.
    pub fn probability(self) -> f32 {
        1.0 / (1.0 + (-self.logit()).exp())
    }
}

/// The weight of a feature, by its number.
pub fn weight(number: usize) -> f32 {
    weights().1[number]
}

fn weights() -> &'static (f32, [f32; 128]) {
    static PARSED: OnceLock<(f32, [f32; 128])> = OnceLock::new();
    PARSED.get_or_init(|| {
        let (mut bias, mut weights) = (0.0, [0.0; 128]);
        for line in WEIGHTS.lines().filter(|l| !l.starts_with('#')) {
            let Some((weight, name)) = line.split_once(',') else { continue };
            let weight = weight.trim().parse().expect("a number");
            match NAMES.iter().position(|n| *n == name) {
                Some(i) => weights[i] = weight,
                None => bias = weight,
            }
        }
        (bias, weights)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weight_is_of_a_feature_and_every_feature_has_one() {
        let named: Vec<&str> = WEIGHTS.lines().filter(|l| !l.starts_with('#')).filter_map(|l| Some(l.split_once(',')?.1)).collect();
        assert_eq!(named.first(), Some(&"bias"));
        assert_eq!(&named[1..], NAMES);
        assert!(NAMES.len() <= 128);
    }

    #[test]
    fn probability_follows_the_weights() {
        let mut strong = Features::default();
        strong.set(Feature::NamePassword);
        strong.set(Feature::Random);
        let mut weak = strong;
        weak.set(Feature::Dummy);
        assert!(strong.probability() > weak.probability());
    }
}
