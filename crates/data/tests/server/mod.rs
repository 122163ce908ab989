//! A web server on this machine that answers as a test tells it to, well or badly.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

/// How one request is answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The whole body, or the part that was asked for.
    Whole(Vec<u8>),
    /// The whole body, whatever was asked for.
    NoRanges(Vec<u8>),
    /// The right length is announced and only so many bytes follow.
    Truncated(Vec<u8>, usize),
    /// So many bytes, then silence as long as the server lives.
    Stalled(Vec<u8>, usize),
    /// This length is announced whatever the body has.
    Lying(Vec<u8>, usize),
    /// A page instead of the file.
    Page,
    /// Another address.
    Redirect(String),
    /// An error of this number.
    Status(u16),
}

/// The server; it ends with the test.
pub struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
    _stalled: Sender<()>,
}

impl Server {
    /// Answers one request after the other; the last answer is given to all that follow.
    pub fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (alive, silence) = channel();
        let seen = Arc::clone(&requests);
        let silence = Arc::new(Mutex::new(silence));
        thread::spawn(move || {
            for (n, stream) in listener.incoming().enumerate() {
                let answer = answers[n.min(answers.len() - 1)].clone();
                let (seen, silence) = (Arc::clone(&seen), Arc::clone(&silence));
                thread::spawn(move || {
                    // A client that hangs up is what some tests are about.
                    let _ = serve(stream.unwrap(), answer, &seen, &silence);
                });
            }
        });
        Self { address, requests, _stalled: alive }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The heads of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: TcpStream,
    answer: Answer,
    seen: &Mutex<Vec<String>>,
    silence: &Mutex<Receiver<()>>,
) -> std::io::Result<()> {
    let mut head = String::new();
    let mut reader = BufReader::new(stream.try_clone()?);
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    if head.starts_with("CONNECT ") {
        // A proxy that is asked for a way through is the server itself.
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        seen.lock().unwrap().push(head);
        return serve(stream, answer, seen, silence);
    }
    let from = head
        .to_lowercase()
        .split_once("range: bytes=")
        .map(|(_, rest)| rest.split('-').next().unwrap().parse::<usize>().unwrap());
    seen.lock().unwrap().push(head);
    let mut send = |status: &str, more: &str, length: usize, body: &[u8]| {
        let head = format!(
            "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{more}\r\n"
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        stream.flush()
    };
    match answer {
        Answer::Whole(body) => match from {
            Some(from) if from < body.len() => {
                let range =
                    format!("Content-Range: bytes {from}-{}/{}\r\n", body.len() - 1, body.len());
                send("206 Partial Content", &range, body.len() - from, &body[from..])
            }
            Some(_) => {
                let range = format!("Content-Range: bytes */{}\r\n", body.len());
                send("416 Range Not Satisfiable", &range, 0, b"")
            }
            None => send("200 OK", "", body.len(), &body),
        },
        Answer::NoRanges(body) => send("200 OK", "", body.len(), &body),
        Answer::Truncated(body, n) => send("200 OK", "", body.len(), &body[..n]),
        Answer::Lying(body, length) => send("200 OK", "", length, &body),
        Answer::Page => {
            let body = b"<!DOCTYPE html><html>Please log in</html>";
            send("200 OK", "Content-Type: text/html; charset=utf-8\r\n", body.len(), body)
        }
        Answer::Redirect(to) => send("302 Found", &format!("Location: {to}\r\n"), 0, b""),
        Answer::Status(code) => send(&format!("{code} No"), "", 0, b""),
        Answer::Stalled(body, n) => {
            send("200 OK", "", body.len(), &body[..n])?;
            // Ends when the sender is dropped with the server.
            let _ = silence.lock().unwrap().recv();
            Ok(())
        }
    }
}
