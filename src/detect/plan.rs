//! The plan of a detector: its full pattern, its anchors, and how far around an anchor a match can look.
//!
//! Plans of the built-in detectors are made by the build script, those of a user's detectors at start-up.

use super::anchor::{Anchor, anchors};
use super::demand::Demand;
use crate::model::Detector;
use serde::{Deserialize, Serialize};

/// Furthest a match on one line may reach behind its anchor.
pub const LINE_REACH: u32 = 8 * 1024;
/// Furthest a match may begin before its anchor.
pub const LINE_LEAD: u32 = 512;
/// Furthest a match over several lines reaches, if the detector does not say.
pub const BLOCK_REACH: u32 = 16 * 1024;

/// What it takes to try a detector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The whole pattern, with the name's part written out.
    pub pattern: String,
    /// Where to try it.
    pub anchors: Vec<Anchor>,
    /// Most bytes of a match before the anchor.
    pub lead: u32,
    /// Most bytes of a match from the anchor on.
    pub reach: u32,
    /// What the line around the anchor must hold.
    pub demand: Demand,
}

impl Plan {
    /// Plans a detector.
    ///
    /// # Errors
    /// A sentence, when the pattern does not parse or nothing in it can be searched for.
    pub fn new(detector: &Detector) -> Result<Self, String> {
        let pattern = full_pattern(detector);
        let hir = regex_syntax::ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .build()
            .parse(&pattern)
            .map_err(|e| format!("the pattern is wrong: {e}"))?;
        let anchors = if detector.keywords.is_empty() {
            anchors(&hir).ok_or("the pattern has no literal of at least 3 bytes that every match contains; state `keywords` or a `name`")?
        } else if let Some(short) = detector.keywords.iter().find(|k| k.len() < 3) {
            return Err(format!("the keyword `{short}` is shorter than 3 bytes"));
        } else {
            detector.keywords.iter().map(|k| Anchor::keyword(k)).collect()
        };
        let longest = hir.properties().maximum_len().and_then(|n| u32::try_from(n).ok()).unwrap_or(u32::MAX);
        let cap = match (detector.multiline, detector.reach) {
            (false, _) => LINE_REACH,
            (true, 0) => BLOCK_REACH,
            (true, reach) => reach,
        };
        let lead = anchors.iter().map(|a| a.lead.and_then(|l| u32::try_from(l).ok()).unwrap_or(longest)).max().unwrap_or(0);
        Ok(Self { pattern, anchors, lead: lead.min(if detector.multiline { cap } else { LINE_LEAD }), reach: longest.min(cap), demand: Demand::of(&hir) })
    }
}

/// The pattern as it is compiled: with a `name`, the value must be assigned to, passed under or sent as something of that name.
fn full_pattern(detector: &Detector) -> String {
    if detector.name.is_empty() {
        return detector.pattern.clone();
    }
    // Between name and value: the rest of the name, quotes, an operator, and a little noise such as a type or a call.
    let between = r#"[^\r\n]{0,60}?(?:[=:>,(\[ \t"'`]|\\")["'`]?"#;
    let end = r#"(?:["'`\\\s,;)\]}<&|]|$)"#;
    format!("(?i:{}){between}({}){end}", detector.name, detector.pattern)
}
