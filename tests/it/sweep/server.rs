//! A forge on loopback: lists of repositories as each forge documents them, git over HTTP by git's own `http-backend`, and whatever else a test wants answered.

use crate::support::Ground;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// A parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.split('&').find_map(|p| p.strip_prefix(name)?.strip_prefix('='))
    }
}

/// An answer: status, headers, body.
pub type Answer = (u16, Vec<(String, String)>, Vec<u8>);

/// Answers before the forge does; `None` lets the forge answer.
pub type Hook = Box<dyn Fn(&Request, usize) -> Option<Answer> + Send + Sync>;

/// A server that ends with the test.
pub struct Server {
    address: String,
    pub seen: Arc<Mutex<Vec<Request>>>,
}

/// JSON with status 200.
pub fn ok(body: &Value) -> Answer {
    (200, vec![("Content-Type".into(), "application/json".into())], body.to_string().into_bytes())
}

impl Server {
    /// A forge with the repositories of a folder, all of an owner named like the folder.
    pub fn of(ground: &Ground, folder: &str) -> Self {
        Self::with(ground, folder, Box::new(|_, _| None))
    }

    /// The same with answers of the test's own.
    pub fn with(ground: &Ground, folder: &str, hook: Hook) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let forge = Arc::new(Forge { root: ground.at(""), owner: folder.to_owned(), address: address.clone(), hook, seen: seen.clone() });
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let forge = forge.clone();
                std::thread::spawn(move || forge.serve(stream));
            }
        });
        Self { address, seen }
    }

    pub fn address(&self) -> &str {
        &self.address
    }
}

struct Forge {
    root: PathBuf,
    owner: String,
    address: String,
    hook: Hook,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Forge {
    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
        let Some(request) = read(&mut reader) else { return };
        let number = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        let (status, headers, body) = (self.hook)(&request, number).unwrap_or_else(|| self.answer(&request));
        let mut stream = stream;
        let mut head = format!("HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        headers.iter().for_each(|(n, v)| head.push_str(&format!("{n}: {v}\r\n")));
        let _ = stream.write_all(format!("{head}\r\n").as_bytes()).and_then(|()| stream.write_all(&body));
    }

    fn answer(&self, request: &Request) -> Answer {
        let page: usize = request.parameter("page").and_then(|p| p.parse().ok()).unwrap_or(1);
        let path = request.path.as_str();
        if path.ends_with("/info/refs") || path.ends_with("/git-upload-pack") {
            return backend(&self.root, request);
        }
        let names = self.names();
        // Two a page, so that pages are turned.
        let shown: Vec<&String> = names.iter().skip((page - 1) * 2).take(2).collect();
        let more = names.len() > page * 2;
        let clone = |name: &str| format!("{}/{}/{name}.git", self.address, self.owner);
        let full = |name: &str| format!("{}/{name}", self.owner);
        let parent = |name: &str| name.starts_with("fork").then(|| full("a"));
        let next = |answer: Answer| {
            let (status, mut headers, body) = answer;
            if more {
                headers.push((
                    "Link".into(),
                    format!("<{}{path}?page={}>; rel=\"next\", <{}{path}?page=9>; rel=\"last\"", self.address, page + 1, self.address),
                ));
            }
            (status, headers, body)
        };
        match path.split('/').collect::<Vec<_>>().as_slice() {
            ["", "api", "v3", "orgs", owner, "repos"] if *owner == self.owner => next(ok(&shown
                .iter()
                .map(|n| json!({"full_name": full(n), "clone_url": clone(n), "size": 4, "archived": n.starts_with("old"), "fork": n.starts_with("fork"), "has_wiki": false}))
                .collect())),
            ["", "api", "v3", "repos", _, name] => ok(&json!({"full_name": full(name), "source": {"full_name": parent(name)}})),
            ["", "api", "v4", "groups", owner, "projects"] if *owner == self.owner => next(ok(&shown
                .iter()
                .map(|n| {
                    json!({"path_with_namespace": full(n), "http_url_to_repo": clone(n), "archived": n.starts_with("old"),
                        "statistics": {"repository_size": 4096}, "wiki_enabled": false, "forked_from_project": parent(n).map(|p| json!({"path_with_namespace": p}))})
                })
                .collect())),
            ["", "api", "v1", "orgs", owner, "repos"] if *owner == self.owner => next(ok(&shown
                .iter()
                .map(|n| json!({"full_name": full(n), "clone_url": clone(n), "size": 4, "archived": n.starts_with("old"), "fork": n.starts_with("fork"), "parent": parent(n).map(|p| json!({"full_name": p}))}))
                .collect())),
            ["", "2.0", "repositories", owner] if *owner == self.owner => {
                let values: Vec<Value> = shown
                    .iter()
                    .map(|n| json!({"full_name": full(n), "size": 4096, "parent": parent(n).map(|p| json!({"full_name": p})),
                        "links": {"clone": [{"name": "https", "href": clone(n).replace("http://", "http://somebody@")}, {"name": "ssh", "href": "git@x:y"}]}}))
                    .collect();
                let mut body = json!({"pagelen": 2, "values": values});
                if more {
                    body["next"] = json!(format!("{}{path}?page={}", self.address, page + 1));
                }
                ok(&body)
            }
            ["", "rest", "api", "latest", "projects", owner, "repos"] if *owner == self.owner => self.data_center(request, &names),
            ["", owner, "_apis", "git", "repositories"] if *owner == self.owner => {
                let page: usize = request.parameter("continuationToken").and_then(|p| p.parse().ok()).unwrap_or(1);
                let value: Vec<Value> = names
                    .iter()
                    .skip((page - 1) * 2)
                    .take(2)
                    .map(|n| json!({"name": n, "remoteUrl": clone(n).replace("http://", "http://org@"), "size": 4096, "isDisabled": false, "isFork": false}))
                    .collect();
                let (status, mut headers, body) = ok(&json!({"count": value.len(), "value": value}));
                if names.len() > page * 2 {
                    headers.push(("x-ms-continuationtoken".into(), (page + 1).to_string()));
                }
                (status, headers, body)
            }
            _ => (404, Vec::new(), b"{\"message\": \"Not Found\"}".to_vec()),
        }
    }

    /// A page of Bitbucket Data Center.
    fn data_center(&self, request: &Request, names: &[String]) -> Answer {
        let start: usize = request.parameter("start").and_then(|s| s.parse().ok()).unwrap_or(0);
        let of = |name: &str| json!({"slug": name, "project": {"key": self.owner}});
        let repository = |name: &String| {
            let mut repo = of(name);
            repo["archived"] = json!(name.starts_with("old"));
            let clone = format!("{}/{}/{name}.git", self.address, self.owner);
            repo["links"] = json!({"clone": [{"name": "ssh", "href": "ssh://git@x:7999/y"}, {"name": "http", "href": clone}]});
            if name.starts_with("fork") {
                repo["origin"] = of("a");
            }
            repo
        };
        let values: Vec<Value> = names.iter().skip(start).take(2).map(repository).collect();
        let last = names.len() <= start + 2;
        let next = if last { Value::Null } else { json!(start + 2) };
        ok(&json!({"size": values.len(), "limit": 2, "start": start, "isLastPage": last, "nextPageStart": next, "values": values}))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(&self.owner)).expect("a folder of repositories");
        let mut names: Vec<String> = entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// git's own server side, as CGI (RFC 3875).
fn backend(root: &Path, request: &Request) -> Answer {
    // Repositories of tests have a working tree.
    let path = request.path.replacen(".git/", "/.git/", 1);
    let mut command = Command::new("git");
    command.arg("http-backend").env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1").env("PATH_INFO", path);
    command.env("REQUEST_METHOD", &request.method).env("QUERY_STRING", &request.query);
    command.env("CONTENT_TYPE", request.header("content-type").unwrap_or_default()).env("CONTENT_LENGTH", request.body.len().to_string());
    command.env("GIT_PROTOCOL", request.header("git-protocol").unwrap_or_default());
    command.env("HTTP_CONTENT_ENCODING", request.header("content-encoding").unwrap_or_default());
    command.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "safe.directory").env("GIT_CONFIG_VALUE_0", "*");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("git");
    child.stdin.take().expect("piped").write_all(&request.body).expect("git reads");
    let output = child.wait_with_output().expect("git ends").stdout;
    let end = output.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(0);
    let mut status = 200;
    let mut headers = Vec::new();
    for line in String::from_utf8_lossy(&output[..end]).lines() {
        match line.split_once(": ") {
            Some(("Status", text)) => status = text[..3].parse().expect("a status"),
            Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
            None => {}
        }
    }
    (status, headers, output[(end + 4).min(output.len())..].to_vec())
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').map_or((target.clone(), String::new()), |(p, q)| (p.to_owned(), q.to_owned()));
    let mut request = Request { method, path, query, ..Request::default() };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        request.headers.push((name.to_owned(), value.trim().to_owned()));
    }
    if request.header("expect").is_some() {
        reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    if request.header("transfer-encoding").is_some_and(|e| e.eq_ignore_ascii_case("chunked")) {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size).ok()?;
            let size = usize::from_str_radix(size.trim(), 16).ok()?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            if size == 0 {
                break;
            }
            request.body.extend(&chunk[..size]);
        }
    } else {
        let length = request.header("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
        request.body = vec![0; length];
        reader.read_exact(&mut request.body).ok()?;
    }
    Some(request)
}
