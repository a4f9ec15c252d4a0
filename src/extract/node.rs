//! Documents as trees with spans: what YAML and JSON files hold, in one shape.

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// First byte.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
    /// Its tag, such as `!Ref`; empty where none is written.
    pub tag: Box<str>,
    /// What it is.
    pub data: Data,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Text, number, boolean or null, as written but for quotes and escapes.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// Keys and values, in order; keys may repeat.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[(Node, Node)] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(k, _)| k.text() == Some(key)).map(|(_, v)| v)
    }

    /// The value at a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text of a key's value.
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::text)
    }

    /// The elements of a list, or the value itself where one is written without a list.
    pub fn each(&self) -> &[Node] {
        match &self.data {
            Data::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// Calls `visit` with every scalar below, and the keys that lead to it.
    pub fn scalars<'n>(&'n self, visit: &mut dyn FnMut(&[&'n str], &'n Node)) {
        self.walk(&mut Vec::new(), visit);
    }

    fn walk<'n>(&'n self, path: &mut Vec<&'n str>, visit: &mut dyn FnMut(&[&'n str], &'n Node)) {
        match &self.data {
            Data::Scalar(_) => visit(path, self),
            Data::List(items) => items.iter().for_each(|item| item.walk(path, visit)),
            Data::Map(entries) => {
                for (key, value) in entries {
                    path.push(key.text().unwrap_or_default());
                    value.walk(path, visit);
                    path.pop();
                }
            }
        }
    }
}
