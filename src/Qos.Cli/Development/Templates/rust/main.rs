//! NAME: an app for an enclave. GET /health says that it is well; POST /answer gives a signed answer, whose proof anyone can check.
//! The standard library alone: one request a connection. With crates at hand, a web framework takes the place of `read` and `send`.
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const LONGEST: usize = 65536;
const LIMIT: Option<Duration> = Some(Duration::from_secs(10));

fn bad(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

/// The first line of a message of HTTP/1.1, and its body.
fn read(stream: impl Read) -> Result<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream.take(LONGEST as u64 + 8192));
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(bad("the message ends early"));
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok().filter(|length| *length <= LONGEST).ok_or_else(|| bad("a length that is not taken"))?;
            }
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((first.trim_end().to_string(), body))
}

/// The node signs for the app, on a socket that nobody else reaches. What is signed is the body, byte for byte.
fn prove(payload: &str) -> Result<String> {
    let mut node = UnixStream::connect("/run/qos.sock")?;
    node.set_read_timeout(LIMIT)?;
    write!(node, "POST /v1/proof HTTP/1.1\r\nHost: app\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{payload}", payload.len())?;
    let (status, proof) = read(node)?;
    let proof = String::from_utf8(proof).map_err(|_| bad("the node's answer is no text"))?;
    if status.split(' ').nth(1) == Some("200") { Ok(proof) } else { Err(bad(&format!("the node answers {status}: {proof}"))) }
}

fn answer(question: &[u8]) -> Result<String> {
    // The question is in the payload, or the proof could be shown beside another question; the type tells it from proofs of another kind.
    let asked: String = question.iter().map(|byte| format!("{byte:02x}")).collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| bad("the clock stands before 1970"))?.as_millis();
    let payload = format!(r#"{{"type":"NAME_ANSWER","timestampMs":"{now}","questionHex":"{asked}","answer":"{} bytes"}}"#, question.len());
    Ok(format!(r#"{{"appProof":{}}}"#, prove(&payload)?))
}

fn serve(mut client: TcpStream) -> Result<()> {
    client.set_read_timeout(LIMIT)?;
    client.set_write_timeout(LIMIT)?;
    let (request, body) = read(client.try_clone()?)?;
    let (status, text) = match request.split(' ').collect::<Vec<_>>()[..] {
        ["GET", "/health", ..] => ("200 OK", "ok\n".to_string()),
        ["POST", "/answer", ..] => match answer(&body) {
            Ok(text) => ("200 OK", text),
            Err(error) => {
                eprintln!("NAME: {error}");
                ("502 Bad Gateway", "the answer cannot be signed\n".to_string())
            }
        },
        _ => ("404 Not Found", "there is /health, and /answer for POST\n".to_string()),
    };
    write!(client, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}", text.len())
}

fn main() {
    // SIGTERM ends the program, as it does by default.
    let listener = TcpListener::bind("127.0.0.1:3000").expect("port 3000");
    println!("NAME: listening on 127.0.0.1:3000");
    for client in listener.incoming().flatten() {
        std::thread::spawn(move || serve(client));
    }
}
