//! Files to elements: what a file is in (JSON, JSON lines, a table, compressed) is told by how it begins.

use super::accounts;
use super::context::{Context, Element};
use super::pages::{Pages, is_page_info};
use super::stream::Top;
use super::{ALL, Importer};
use crate::model::{ColumnMap, ExportFile, ExportRules, Register};
use serde::de::DeserializeSeed;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};

/// Deepest that objects are looked into for elements.
const DEEPEST: usize = 8;
/// Most bytes that a compressed export unpacks to.
const UNPACKED: u64 = 8 << 30;
/// Bytes looked at to tell what a file is in.
const SNIFFED: usize = 64 << 10;
/// Most bytes of YAML, which is read at once.
const YAML: u64 = 64 << 20;
/// Longest line of JSON lines, in bytes.
const LINE: u64 = 64 << 20;

/// An export: its path from the inventory's root, and its bytes.
pub struct Export<'e> {
    /// Path with `/`.
    pub path: String,
    /// Opens it anew.
    pub open: Box<dyn Fn() -> io::Result<Box<dyn Read + 'e>> + 'e>,
}

/// What is known besides the exports.
#[derive(Debug, Clone, Copy)]
pub struct Given<'g> {
    /// The organisation's key of fingerprints.
    pub key: &'g [u8; 32],
    /// What the configuration says of exports.
    pub rules: &'g ExportRules,
}

/// Reads exports into one register; what cannot be read is told of in its warnings, and the rest is read on.
///
/// Manifests, which state what the other files cover, are read first.
pub fn read(exports: &[Export<'_>], given: &Given<'_>) -> Register {
    let mut register = Register::default();
    let mut others = Vec::new();
    for export in exports {
        match is_manifest(export) {
            Ok(true) => file(export, &mut register, given),
            Ok(false) => others.push(export),
            Err(e) => {
                register.warnings.push(format!("{}: {e}", export.path));
                register.files.push(ExportFile { source: export.path.clone(), ..ExportFile::default() });
            }
        }
    }
    others.iter().for_each(|export| file(export, &mut register, given));
    accounts::name_owners(&mut register);
    register
}

fn is_manifest(export: &Export<'_>) -> io::Result<bool> {
    let mut head = Vec::new();
    plain(export)?.take(SNIFFED as u64).read_to_end(&mut head)?;
    let text = String::from_utf8_lossy(&head);
    Ok(text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '['])
        && text.contains("\"source_class\"")
        && text.contains("\"kinds\""))
}

/// The bytes of an export, unpacked where it is compressed.
fn plain<'e>(export: &Export<'e>) -> io::Result<BufReader<Box<dyn Read + 'e>>> {
    let mut reader = BufReader::with_capacity(SNIFFED, (export.open)()?);
    if reader.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        let unpacked = flate2::bufread::MultiGzDecoder::new(reader).take(UNPACKED);
        reader = BufReader::with_capacity(SNIFFED, Box::new(unpacked));
    }
    let head = reader.fill_buf()?;
    // PowerShell writes what is redirected to a file as UTF-16.
    if [[0xff, 0xfe], [0xfe, 0xff]].iter().any(|mark| head.starts_with(mark)) {
        reader = BufReader::with_capacity(SNIFFED, Box::new(encoding_rs_io::DecodeReaderBytes::new(reader)));
    }
    Ok(reader)
}

fn file(export: &Export<'_>, register: &mut Register, given: &Given<'_>) {
    let mut context = Context::new(register, &export.path, given);
    let columns = given.rules.columns_of(&export.path);
    let mut reading = Reading {
        context: &mut context,
        columns,
        last: None,
        unknown: BTreeMap::new(),
        formats: BTreeMap::new(),
        by_line: false,
        pages: Pages::default(),
    };
    let done = reading.file(export);
    let (formats, unknown) = (std::mem::take(&mut reading.formats), reading.unknown.values().sum());
    let more = reading.pages.more;
    match &done {
        Ok(()) => reading.tell(),
        Err(why) => context.note(why),
    }
    if more {
        context.note("says that more pages follow, so it is not taken for all there is: export the others too");
        context.is_partial();
    }
    context.finish(ExportFile { source: export.path.clone(), formats, unknown, whole: done.is_ok(), records: 0 });
}

/// One file while it is read.
pub(super) struct Reading<'r, 'c> {
    context: &'r mut Context<'c>,
    /// What the columns of the file are, where the configuration says.
    columns: Option<&'c ColumnMap>,
    /// The importer of the element before: exports repeat themselves.
    last: Option<&'static dyn Importer>,
    /// Numbers of elements that no importer knows, by their fields.
    unknown: BTreeMap<String, u64>,
    /// Numbers of elements by the kind of export they are of.
    formats: BTreeMap<&'static str, u64>,
    /// Whether elements are numbered by the line they stand on.
    by_line: bool,
    pages: Pages,
}

impl Reading<'_, '_> {
    fn file(&mut self, export: &Export<'_>) -> Result<(), String> {
        let told = |e: io::Error| e.to_string();
        let mut reader = plain(export).map_err(told)?;
        let head = reader.fill_buf().map_err(told)?;
        let skip = if head.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
        let begin = String::from_utf8_lossy(&head[skip..]).trim_start().to_owned();
        reader.consume(skip);
        match begin.chars().next() {
            None => Err("is empty".to_owned()),
            Some('{' | '[') if is_lines(&begin) => self.lines(reader),
            Some('{' | '[') => self.values(reader),
            _ if is_yaml(&begin) => self.yaml(reader),
            _ => self.rows(reader, &begin),
        }
    }

    /// Lines of JSON: one that is broken costs itself alone.
    fn lines(&mut self, mut reader: impl BufRead) -> Result<(), String> {
        let mut line = Vec::new();
        self.by_line = true;
        for number in 1.. {
            line.clear();
            let read = reader.by_ref().take(LINE).read_until(b'\n', &mut line).map_err(|e| e.to_string())?;
            if read == 0 {
                break;
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice::<Value>(&line) {
                Ok(value) => self.value(&value, "", None, number, 0),
                Err(e) => self.context.note(&format!("line {number}: no JSON ({e}); the line is left out")),
            }
        }
        Ok(())
    }

    /// JSON values one after another; elements of a list at the top are read one at a time.
    fn values(&mut self, reader: impl BufRead) -> Result<(), String> {
        let mut stream = serde_json::Deserializer::from_reader(reader);
        let mut number = 0;
        loop {
            let seed = Top { reading: self, number: &mut number };
            match seed.deserialize(&mut stream) {
                Ok(()) => {}
                Err(e) if e.is_eof() && number > 0 && e.to_string().contains("EOF while parsing a value") => return Ok(()),
                Err(e) => {
                    return Err(format!("is cut off or broken after element {number}: {e}; what came before is read, export it anew"));
                }
            }
        }
    }

    /// YAML documents, as a catalogue and `kubectl -o yaml` write them.
    fn yaml(&mut self, mut reader: impl BufRead) -> Result<(), String> {
        let mut text = String::new();
        reader.by_ref().take(YAML).read_to_string(&mut text).map_err(|e| e.to_string())?;
        if text.len() as u64 == YAML {
            return Err(format!("is YAML of more than {} MiB: export it as JSON", YAML >> 20));
        }
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text).map_err(|e| format!("is no YAML that can be read: {e}"))?;
        (1..).zip(&documents).for_each(|(number, document)| self.value(document, "", None, number, 0));
        Ok(())
    }

    /// A table: comma, semicolon or tab, whichever the heading has most of.
    fn rows(&mut self, reader: impl BufRead, begin: &str) -> Result<(), String> {
        let heading = begin.lines().next().unwrap_or_default();
        let count = |c: char| heading.matches(c).count();
        let delimiter = [',', ';', '\t'].into_iter().max_by_key(|c| count(*c)).unwrap_or(',');
        if count(delimiter) == 0 {
            return Err("is neither JSON nor a table with a heading".to_owned());
        }
        let mut table = csv::ReaderBuilder::new().delimiter(delimiter as u8).flexible(true).trim(csv::Trim::All).from_reader(reader);
        let columns: Vec<String> = table.headers().map_err(|e| e.to_string())?.iter().map(column).collect();
        for row in table.records() {
            let row = match row {
                Ok(row) => row,
                Err(e) => {
                    self.context.note(&format!("{e}; the row is left out"));
                    continue;
                }
            };
            let number = row.position().map_or(0, csv::Position::line);
            if row.len() != columns.len() {
                self.context.note(&format!("line {number}: {} fields under {} columns", row.len(), columns.len()));
            }
            let object: Map<String, Value> = columns.iter().cloned().zip(row.iter().map(|v| Value::String(v.to_owned()))).collect();
            let element = Element { object: &object, envelope: "", outer: None, is_row: true, number };
            if !self.element(&element) {
                *self.unknown.entry(columns.join(", ")).or_default() += 1;
            }
        }
        Ok(())
    }

    /// A value: an element, or something that holds elements.
    pub(super) fn value(&mut self, value: &Value, envelope: &str, outer: Option<&Map<String, Value>>, number: u64, depth: usize) {
        match value {
            Value::Array(list) if depth < DEEPEST => {
                // Of lines, the line is told; of anything else, the place in the innermost list.
                (1..).zip(list).for_each(|(n, v)| self.value(v, envelope, outer, if self.by_line { number } else { n }, depth + 1));
            }
            Value::Object(object) => {
                let element = Element { object, envelope, outer, is_row: false, number };
                if self.element(&element) {
                    return;
                }
                let holds: Vec<_> = object.iter().filter(|(key, v)| holds_elements(v) && !is_page_info(key)).collect();
                if depth >= DEEPEST || (holds.is_empty() && !is_empty(object)) {
                    let fields: Vec<&str> = object.keys().map(String::as_str).take(6).collect();
                    *self.unknown.entry(fields.join(", ")).or_default() += 1;
                    return;
                }
                if depth <= 1 {
                    self.pages.page(object);
                }
                holds.iter().for_each(|(key, v)| self.value(v, key, Some(object), number, depth + 1));
            }
            _ => {}
        }
    }

    /// Gives an element, with the columns that the configuration names, to the importer that knows it.
    fn element(&mut self, element: &Element<'_>) -> bool {
        match self.columns {
            Some(map) if is_row_of(element, map) => {
                let object = mapped(element, map);
                self.told(&Element { object: &object, ..*element })
            }
            _ => self.told(element),
        }
    }

    fn told(&mut self, element: &Element<'_>) -> bool {
        let importer = self.last.filter(|i| i.claims(element)).or_else(|| ALL.iter().copied().find(|i| i.claims(element)));
        let Some(importer) = importer else { return false };
        #[cfg(test)]
        only_one_claims(element);
        if self.last.is_none_or(|l| l.id() != importer.id()) && !importer.lacks().is_empty() {
            self.context.note(importer.lacks());
        }
        self.last = Some(importer);
        *self.formats.entry(importer.id()).or_default() += 1;
        self.context.begin(element);
        importer.read(element, self.context);
        true
    }

    fn tell(&mut self) {
        let unknown = std::mem::take(&mut self.unknown);
        for (fields, times) in unknown {
            self.context.note(&format!("{times} element(s) of no known kind, with the fields {fields}"));
        }
    }
}

/// Holds in all unit tests that no two importers take the same element for theirs.
#[cfg(test)]
fn only_one_claims(element: &Element<'_>) {
    let names: Vec<&str> = ALL.iter().filter(|i| i.claims(element)).map(|i| i.id()).collect();
    assert_eq!(names.len(), 1, "{:?}", element.object);
}

/// Whether an element is a row of the table that a map is for, rather than what holds its rows.
fn is_row_of(element: &Element<'_>, map: &ColumnMap) -> bool {
    map.columns.iter().filter(|(to, _)| matches!(to.as_str(), "identifier" | "hint")).any(|(_, from)| at(element, from).is_some())
}

/// The field that somebody wrote: a column as its heading has it, or the path of a field.
fn at<'e>(element: &Element<'e>, written: &str) -> Option<&'e Value> {
    let path: Vec<&str> = written.split('.').collect();
    element.object.get(&column(written)).or_else(|| element.at(&path))
}

/// The columns of a register that the map makes of an element, and nothing else of it.
fn mapped(element: &Element<'_>, map: &ColumnMap) -> Map<String, Value> {
    let fixed = [("source_class", Some(map.class.as_str())), ("provider", map.provider.as_deref()), ("type", map.kind.as_deref())];
    let fixed = fixed.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))));
    let told = map.columns.iter().filter_map(|(to, from)| Some((to.clone(), at(element, from)?.clone())));
    fixed.chain(told).collect()
}

/// Whether elements may be in a value.
fn holds_elements(value: &Value) -> bool {
    value.as_object().is_some_and(|o| !o.is_empty()) || value.as_array().is_some_and(|a| a.iter().any(|v| v.is_object() || v.is_array()))
}

/// Whether an object's lists are all empty, as of an export without results.
fn is_empty(object: &Map<String, Value>) -> bool {
    object.values().any(|v| v.as_array().is_some_and(Vec::is_empty))
}

/// Whether the first line is a whole object and another follows.
fn is_lines(begin: &str) -> bool {
    let mut lines = begin.lines().filter(|l| !l.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    let next = lines.next();
    first.trim_start().starts_with('{')
        && serde_json::from_str::<Value>(first).is_ok()
        && next.is_none_or(|n| n.trim_start().starts_with('{'))
}

/// Whether a text begins as YAML with keys of Kubernetes' and Backstage's kind does.
fn is_yaml(begin: &str) -> bool {
    let mut lines = begin.lines().map(str::trim_end).filter(|l| !l.is_empty() && !l.starts_with('#'));
    lines.next().is_some_and(|l| l == "---" || ["apiVersion:", "kind:", "items:", "- apiVersion:"].iter().any(|k| l.starts_with(k)))
}

/// A column's name in lower case, with `_` for blanks.
fn column(name: &str) -> String {
    name.trim().trim_start_matches('\u{feff}').to_lowercase().replace([' ', '-'], "_")
}

/// Whether a manifest speaks of a record kind and scope; used by tests of importers.
#[cfg(test)]
pub(super) fn read_text(path: &str, text: &str, stated: Vec<crate::model::Manifest>) -> Register {
    let mut register = Register { manifests: stated, ..Register::default() };
    let export = Export { path: path.to_owned(), open: Box::new(|| Ok(Box::new(text.as_bytes()))) };
    file(&export, &mut register, &Given { key: &[7; 32], rules: &ExportRules::default() });
    register
}

/// Reads texts as files of one inventory, as [`read`] does.
#[cfg(test)]
pub(super) fn read_texts(texts: &[&str]) -> Register {
    let bytes = texts.iter().map(|t| t.as_bytes());
    let exports: Vec<Export<'_>> = bytes.map(|b| Export { path: "export".to_owned(), open: Box::new(move || Ok(Box::new(b))) }).collect();
    read(&exports, &Given { key: &[7; 32], rules: &ExportRules::default() })
}

#[cfg(test)]
mod tests {
    use super::super::stream::HELD;
    use super::*;

    const KEY: &str = r#"{"UserName":"ci","AccessKeyId":"AKIARTX3GSDSVIAEKWCN","Status":"Active","CreateDate":"2023-02-01T09:00:00Z"}"#;

    fn ids(text: &str) -> usize {
        let register = read_text("keys.json", text, Vec::new());
        register.records.iter().filter(|r| &*r.id == "AKIARTX3GSDSVIAEKWCN").count()
    }

    #[test]
    fn an_export_is_read_however_it_is_wrapped() {
        assert_eq!(ids(KEY), 1);
        assert_eq!(ids(&format!("\u{feff}[{KEY}]")), 1);
        assert_eq!(ids(&format!("[{{\"AccessKeyMetadata\":[{KEY}]}},{{\"AccessKeyMetadata\":[{KEY},{KEY}]}}]")), 3);
        assert_eq!(ids(&format!("{{\"AccessKeyMetadata\":[{KEY}]}}\n{{\"AccessKeyMetadata\":[{KEY}]}}")), 2);
        assert_eq!(ids(&format!("[{KEY}][{KEY}]")), 2);
        assert_eq!(ids(&format!("{KEY}\n{KEY}\n")), 2);
        assert_eq!(ids("username;accesskeyid\n"), 0);
        let utf16: Vec<u8> = format!("\u{feff}{KEY}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let export = Export { path: "keys.json".to_owned(), open: Box::new(|| Ok(Box::new(utf16.as_slice()))) };
        let register = read(&[export], &Given { key: &[7; 32], rules: &ExportRules::default() });
        assert_eq!(register.records.len(), 1, "{:?}", register.warnings);
    }

    #[test]
    fn a_long_list_in_an_object_is_read_as_it_comes() {
        let broken = r#"{"UserName":"x","AccessKeyId":"","Status":"Active"}"#;
        let text = format!("{{\"AccessKeyMetadata\":[{}{KEY},{broken}],\"IsTruncated\":false}}", format!("{KEY},").repeat(HELD + 2));
        let register = read_text("keys.json", &text, Vec::new());
        assert_eq!((register.records.len(), register.files[0].formats["aws-access-keys"]), (HELD + 3, HELD as u64 + 4));
        let place = format!("element {}:", HELD + 4);
        assert!(register.warnings.iter().any(|w| w.contains(&place)), "{:?}", register.warnings);
    }

    #[test]
    fn what_is_broken_costs_itself_alone_and_is_told() {
        let register = read_text("keys.ndjson", &format!("{KEY}\n{{\"a\":\n{KEY}\n"), Vec::new());
        assert_eq!(register.records.len(), 2);
        assert!(register.warnings.iter().any(|w| w.starts_with("keys.ndjson: line 2: no JSON")), "{:?}", register.warnings);
        let register = read_text("keys.json", &format!("[{KEY},{KEY},{{\"a\""), Vec::new());
        assert_eq!(register.records.len(), 2);
        assert!(register.warnings.iter().any(|w| w.contains("cut off")), "{:?}", register.warnings);
        let register = read_text("notes.txt", "hello", Vec::new());
        assert!(register.warnings[0].contains("neither JSON nor a table"), "{:?}", register.warnings);
        let register = read_text("x.json", "[{\"colour\": \"red\"}]", Vec::new());
        assert!(register.warnings[0].contains("no known kind"), "{:?}", register.warnings);
    }

    #[test]
    fn what_an_export_proves_of_itself_becomes_a_manifest() {
        let others = KEY.replacen("\"UserName\":\"", "\"UserName\":\"other-", 1);
        assert_ne!(others, KEY);
        let stated = |text: &str| {
            let register = read_text("keys.json", text, Vec::new());
            let manifest = &register.manifests[0];
            assert_eq!(manifest.scopes.as_deref(), Some(&["111122223333".to_owned()][..]));
            assert!(!manifest.stated);
            (manifest.complete, register.warnings.iter().any(|w| w.contains("more pages")))
        };
        let page = |keys: &str, more: bool| format!("{{\"AccessKeyMetadata\":[{keys}],\"IsTruncated\":{more}}}");
        // The keys of one user are not all of an account; nor is a page that others follow.
        assert_eq!(stated(KEY), (false, false));
        assert_eq!(stated(&format!("[{KEY},{others}]")), (true, false));
        let other_kind = r#"{"ServiceSpecificCredentialId":"ACCAQFODXMPL4YFHP7DZE","UserName":"bob","ServiceUserName":"bob-at-111122223333","Status":"Active"}"#;
        assert_eq!(stated(&format!("[{other_kind},{KEY}]")), (false, false));
        assert_eq!(stated(&page(&format!("{KEY},{others}"), true)), (false, true));
        assert_eq!(stated(&format!("{}{}", page(KEY, true), page(&others, false))), (true, false));
    }
}
