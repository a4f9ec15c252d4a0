//! Filter expressions of betterleaks, as far as they can say what an exception says: the expr language, and the older CEL.

use std::iter::Peekable;
use std::vec::IntoIter;

/// How deep an expression may be nested.
const DEEPEST: u32 = 48;

/// An expression; names are dotted as written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Text(String),
    Number(f64),
    Name(String),
    List(Vec<Expr>),
    Index(Box<Expr>, Box<Expr>),
    /// A function by its name, or a method with what it is called on first.
    Call(String, Vec<Expr>),
    Not(Box<Expr>),
    Or(Vec<Expr>),
    And(Vec<Expr>),
    /// A comparison or other operator of two sides.
    Two(String, Box<Expr>, Box<Expr>),
    /// What no exception can say.
    Other,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Text(String),
    Number(f64),
    Name(String),
    Sign(&'static str),
}

/// Longer signs first, so that the first that fits is the right one.
const SIGNS: [&str; 33] = [
    "||", "&&", "==", "!=", "<=", ">=", "??", "?.", "..", "**", "(", ")", "[", "]", "{", "}", ",", ".", ":", ";", "!", "<", ">", "=", "?",
    "+", "-", "*", "/", "%", "|", "^", "#",
];

/// Reads an expression; `None` when it is beyond this reader. What stands before the last `;` only names things.
pub(super) fn parse(text: &str) -> Option<Expr> {
    let mut reader = Reader { tokens: tokens(text)?.into_iter().peekable(), depth: 0 };
    while reader.peek_name("let") {
        reader.tokens.next();
        reader.tokens.next_if(|t| matches!(t, Token::Name(_)))?;
        reader.take("=").then_some(())?;
        reader.any()?;
        reader.take(";").then_some(())?;
    }
    let expr = reader.any()?;
    reader.tokens.peek().is_none().then_some(expr)
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let used = if let Some(comment) = rest.strip_prefix("//") {
            2 + comment.find('\n').unwrap_or(comment.len())
        } else if let Some((token, used)) = quoted(rest)? {
            out.push(Token::Text(token));
            used
        } else if c.is_ascii_digit() {
            let used = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            out.push(Token::Number(rest[..used].parse().ok()?));
            used
        } else if c.is_alphabetic() || c == '_' || c == '$' {
            let used = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len());
            out.push(Token::Name(rest[..used].to_owned()));
            used
        } else {
            let sign = SIGNS.iter().find(|s| rest.starts_with(**s))?;
            out.push(Token::Sign(sign));
            sign.len()
        };
        rest = rest[used..].trim_start();
    }
    Some(out)
}

/// A text in quotes at the front, and its length with them: `Some(None)` when there is none, `None` when it is not closed.
fn quoted(rest: &str) -> Option<Option<(String, usize)>> {
    let raw = rest.strip_prefix('r').filter(|r| r.starts_with(['"', '\'']));
    let body = raw.unwrap_or(rest);
    let shift = rest.len() - body.len();
    let quote = match body.chars().next() {
        Some('`') if shift == 0 => "`",
        Some('"') if body.starts_with("\"\"\"") => "\"\"\"",
        Some('"') => "\"",
        Some('\'') if body.starts_with("'''") => "'''",
        Some('\'') => "'",
        _ => return Some(None),
    };
    let inner = &body[quote.len()..];
    if quote == "`" || raw.is_some() {
        let end = inner.find(quote)?;
        return Some(Some((inner[..end].to_owned(), shift + end + 2 * quote.len())));
    }
    let mut text = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        if inner[at..].starts_with(quote) {
            return Some(Some((text, at + 2 * quote.len())));
        }
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next()?.1 {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'x' => push_code(&mut text, &mut chars, 2)?,
            'u' => push_code(&mut text, &mut chars, 4)?,
            other => text.push(other),
        }
    }
    None
}

fn push_code(text: &mut String, chars: &mut std::str::CharIndices<'_>, digits: usize) -> Option<()> {
    let code = chars.by_ref().take(digits).try_fold(0, |code, (_, c)| Some(code * 16 + c.to_digit(16)?))?;
    text.push(char::from_u32(code)?);
    Some(())
}

struct Reader {
    tokens: Peekable<IntoIter<Token>>,
    depth: u32,
}

impl Reader {
    fn take(&mut self, sign: &str) -> bool {
        self.tokens.next_if(|t| matches!(t, Token::Sign(s) if *s == sign)).is_some()
    }

    fn peek_name(&mut self, name: &str) -> bool {
        matches!(self.tokens.peek(), Some(Token::Name(n)) if n == name)
    }

    fn take_name(&mut self, name: &str) -> bool {
        let is = self.peek_name(name);
        if is {
            self.tokens.next();
        }
        is
    }

    /// A whole expression: a choice of `? :` says nothing that can be carried.
    fn any(&mut self) -> Option<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut expr = self.or()?;
        if self.take("?") {
            self.any()?;
            self.take(":").then_some(())?;
            self.any()?;
            expr = Expr::Other;
        }
        self.depth -= 1;
        Some(expr)
    }

    fn or(&mut self) -> Option<Expr> {
        let mut sides = vec![self.and()?];
        while self.take("||") || self.take_name("or") {
            sides.push(self.and()?);
        }
        Some(if sides.len() == 1 { sides.remove(0) } else { Expr::Or(sides) })
    }

    fn and(&mut self) -> Option<Expr> {
        let mut sides = vec![self.compare()?];
        while self.take("&&") || self.take_name("and") {
            sides.push(self.compare()?);
        }
        Some(if sides.len() == 1 { sides.remove(0) } else { Expr::And(sides) })
    }

    fn compare(&mut self) -> Option<Expr> {
        const OPERATORS: [&str; 6] = ["==", "!=", "<=", ">=", "<", ">"];
        const WORDS: [&str; 6] = ["in", "contains", "startsWith", "endsWith", "matches", "not"];
        let left = self.sum()?;
        let sign = OPERATORS.iter().find(|o| self.take(o)).map(|o| (*o).to_owned());
        let Some(operator) = sign.or_else(|| WORDS.iter().find(|w| self.take_name(w)).map(|w| (*w).to_owned())) else {
            return Some(left);
        };
        if operator == "not" {
            WORDS.iter().find(|w| self.take_name(w))?;
            self.sum()?;
            return Some(Expr::Other);
        }
        let right = self.sum()?;
        Some(Expr::Two(operator, Box::new(left), Box::new(right)))
    }

    /// Sums and products: read, so that what stands beside them is not lost, but never carried.
    fn sum(&mut self) -> Option<Expr> {
        let mut left = self.unary()?;
        loop {
            if self.take("??") {
                // The default of what may be missing changes nothing that can be carried.
                self.unary()?;
            } else if ["+", "-", "*", "/", "%", "**", "|"].iter().any(|o| self.take(o)) {
                self.unary()?;
                left = Expr::Other;
            } else {
                return Some(left);
            }
        }
    }

    fn unary(&mut self) -> Option<Expr> {
        if self.take("!") || self.take_name("not") {
            self.depth += 1;
            let inner = (self.depth <= DEEPEST).then(|| self.unary())??;
            self.depth -= 1;
            return Some(Expr::Not(Box::new(inner)));
        }
        if self.take("-") {
            self.postfix()?;
            return Some(Expr::Other);
        }
        self.postfix()
    }

    fn postfix(&mut self) -> Option<Expr> {
        let mut expr = self.primary()?;
        for _ in 0..DEEPEST {
            if self.take("[") {
                self.take("?");
                expr = self.index(expr)?;
            } else if self.take(".") || self.take("?.") {
                self.take("?");
                let Token::Name(name) = self.tokens.next()? else { return None };
                expr = if self.take("(") {
                    let mut given = self.list(")")?;
                    match expr {
                        Expr::Name(base) if base != "attributes" && base != "finding" => Expr::Call(format!("{base}.{name}"), given),
                        base => {
                            given.insert(0, base);
                            Expr::Call(format!(".{name}"), given)
                        }
                    }
                } else {
                    match expr {
                        Expr::Name(base) => Expr::Name(format!("{base}.{name}")),
                        base => Expr::Index(Box::new(base), Box::new(Expr::Text(name))),
                    }
                };
            } else {
                return Some(expr);
            }
        }
        None
    }

    /// What stands in square brackets behind something: a key, or a slice.
    fn index(&mut self, base: Expr) -> Option<Expr> {
        let first = if matches!(self.tokens.peek(), Some(Token::Sign(":"))) { Expr::Other } else { self.any()? };
        if self.take(":") {
            if !self.take("]") {
                self.any()?;
                self.take("]").then_some(())?;
            }
            return Some(Expr::Other);
        }
        self.take("]").then_some(())?;
        Some(Expr::Index(Box::new(base), Box::new(first)))
    }

    fn primary(&mut self) -> Option<Expr> {
        match self.tokens.next()? {
            Token::Text(text) => Some(Expr::Text(text)),
            Token::Number(number) => Some(Expr::Number(number)),
            Token::Name(name) => {
                if self.take("(") {
                    return Some(Expr::Call(name, self.list(")")?));
                }
                Some(Expr::Name(name))
            }
            Token::Sign("(") => {
                let inner = self.any()?;
                self.take(")").then_some(inner)
            }
            Token::Sign("[") => Some(Expr::List(self.list("]")?)),
            Token::Sign(_) => None,
        }
    }

    /// Expressions with commas between, up to a closing sign.
    fn list(&mut self, close: &str) -> Option<Vec<Expr>> {
        let mut list = Vec::new();
        while !self.take(close) {
            list.push(self.any()?);
            if !self.take(",") {
                return self.take(close).then_some(list);
            }
        }
        Some(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Expr {
        Expr::Name(text.into())
    }

    #[test]
    fn reads_both_ways_of_writing() {
        let secret = Expr::Index(Box::new(name("finding")), Box::new(Expr::Text("secret".into())));
        let entropy = |of| Expr::Two("<=".into(), Box::new(Expr::Call("entropy".into(), vec![of])), Box::new(Expr::Number(3.5)));
        assert_eq!(parse("entropy(finding[\"secret\"]) <= 3.5"), Some(entropy(secret)));
        assert_eq!(parse("// why\n entropy(finding.secret) <= 3.5"), Some(entropy(name("finding.secret"))));
        let cel = parse(r#"attributes[?"path"].orValue("").endsWith(r"a\b")"#).expect("CEL");
        assert!(matches!(cel, Expr::Call(m, args) if m == ".endsWith" && args[1] == Expr::Text(r"a\b".into())));
    }

    #[test]
    fn or_and_binding() {
        let parsed = parse("a || b && !c || (d)").expect("sound");
        let both = Expr::And(vec![name("b"), Expr::Not(Box::new(name("c")))]);
        assert_eq!(parsed, Expr::Or(vec![name("a"), both, name("d")]));
        let with_let = parse("let x = a[1 - 2:max(3, 4)] + b; matchesAny(x, [`\\d`, \"\\x41\\n\"])").expect("let");
        let texts = Expr::List(vec![Expr::Text("\\d".into()), Expr::Text("A\n".into())]);
        assert_eq!(with_let, Expr::Call("matchesAny".into(), vec![name("x"), texts]));
    }

    #[test]
    fn what_is_broken_or_endless_is_refused() {
        for text in ["", "a ||", "(a", "\"open", "a b", "let x", "{}", &"(".repeat(100_000), &"!".repeat(100_000), &"[".repeat(100_000)] {
            assert_eq!(parse(text), None, "{:.20}", text);
        }
        assert!(parse(&format!("{}a", "a || ".repeat(100_000))).is_some());
    }
}
