//! The REST thread against a server that answers well, badly, late and not at all.

use nanotick_runtime::http::{HttpOptions, HttpWorker};
use nanotick_runtime::transport::{trust, wait_ready, Stream};
use nanotick_runtime::wait::waker;
use nanotick_runtime::ws::connect::{receive_some, send_all};
use nanotick_runtime::ws::handshake::Request;
use nanotick_venues::client::{HttpRequest, HttpResponse};
use rustls::ServerConfig;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::sync::mpsc::{channel, Receiver};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const TIMEOUT: Duration = Duration::from_secs(10);

fn get(tag: u64, path: &str) -> HttpRequest {
    HttpRequest {
        tag,
        method: "GET",
        path: path.to_owned(),
        headers: vec![],
        body: String::new(),
        not_before_ns: 0,
    }
}

/// Serves any number of connections; what it saw comes through the channel. The path says how to answer.
fn server(tls: Option<Arc<ServerConfig>>) -> (u16, Receiver<(Request, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, seen) = channel();
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let (tell, tls) = (tell.clone(), tls.clone());
            thread::spawn(move || {
                let deadline = Instant::now() + TIMEOUT;
                let Ok(mut stream) = Stream::server(socket, tls.as_ref()) else { return };
                let mut bytes = Vec::new();
                while matches!(receive_some(&mut stream, &mut bytes, deadline), Ok(n) if n > 0) {
                    let Ok(Some(request)) = Request::parse(&bytes) else { continue };
                    let length = request.header("content-length").map_or(0, |n| n.parse().unwrap());
                    let whole = request.head_len + length;
                    if bytes.len() < whole {
                        continue;
                    }
                    let body = String::from_utf8(bytes[request.head_len..whole].to_vec()).unwrap();
                    bytes.drain(..whole);
                    let answer = match request.target.as_str() {
                        "/limit" => "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 4\r\n\r\nslow",
                        "/moved" => "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n",
                        "/cut" => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
                        "/garbage" => "SSH-2.0-OpenSSH\r\n\r\n",
                        "/large" => "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n",
                        "/silent" => "",
                        _ => "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a\": 1}",
                    };
                    let hang_up = matches!(request.target.as_str(), "/cut" | "/garbage");
                    let large = request.target == "/large";
                    tell.send((request, body)).unwrap();
                    if send_all(&mut stream, answer.as_bytes(), deadline).is_err() || hang_up {
                        return;
                    }
                    if large && send_all(&mut stream, &[b'x'; 2000], deadline).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (port, seen)
}

fn answer(worker: &HttpWorker) -> HttpResponse {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        if let Some(response) = worker.poll() {
            return response;
        }
        assert!(Instant::now() < deadline, "an answer in time");
        thread::sleep(Duration::from_millis(1));
    }
}

fn options(port: u16) -> HttpOptions {
    HttpOptions {
        timeout: Duration::from_millis(300),
        ..HttpOptions::new(&format!("http://127.0.0.1:{port}/"))
    }
}

#[test]
fn requests_go_out_whole_and_in_order() {
    let (port, seen) = server(None);
    let worker = HttpWorker::start(options(port)).unwrap();
    for request in [
        HttpRequest { headers: vec![("X-KEY", "k".into())], ..get(1, "/one?a=1&signature=ff") },
        HttpRequest { method: "POST", body: "{\"q\":2}".into(), ..get(2, "/two") },
        HttpRequest { method: "POST", ..get(3, "/three") },
        HttpRequest { method: "DELETE", ..get(4, "/four?id=9") },
    ] {
        worker.submit(request).unwrap();
    }
    for (tag, method, target, body) in [
        (1, "GET", "/one?a=1&signature=ff", ""),
        (2, "POST", "/two", "{\"q\":2}"),
        (3, "POST", "/three", ""),
        (4, "DELETE", "/four?id=9", ""),
    ] {
        let response = answer(&worker);
        assert_eq!((response.tag, response.status, &response.body[..]), (tag, 200, &b"{\"a\": 1}"[..]));
        let (request, its_body) = seen.recv().unwrap();
        assert_eq!(
            (request.method.as_str(), request.target.as_str(), its_body.as_str()),
            (method, target, body)
        );
        assert_eq!(request.header("x-key").is_some(), tag == 1);
        assert_eq!(request.header("content-length").is_some(), method == "POST");
    }
}

#[test]
fn every_outcome_is_an_answer() {
    let (port, _seen) = server(None);
    let worker = HttpWorker::start(HttpOptions { max_body_bytes: 1000, ..options(port) }).unwrap();
    for (path, status, said) in [
        ("/limit", 429, "slow"),
        ("/moved", 302, ""),
        ("/cut", 0, "closed the connection"),
        ("/garbage", 0, "not HTTP"),
        ("/large", 0, "larger than 1000 bytes"),
        ("/silent?signature=secret", 200, ""),
        ("/silent", 0, "no whole answer in time"),
        ("/bad path signature=secret", 0, "malformed"),
        ("/fine-again", 200, "{\"a\""),
    ] {
        worker.submit(get(7, path)).unwrap();
        let response = answer(&worker);
        let body = String::from_utf8(response.body).unwrap();
        assert_eq!((response.tag, response.status), (7, status), "{path}: {body}");
        assert!(body.contains(said) && !body.contains("secret"), "{path}: {body}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let worker = HttpWorker::start(options(closed)).unwrap();
    worker.submit(get(8, "/")).unwrap();
    let response = answer(&worker);
    let said = String::from_utf8(response.body).unwrap();
    assert!(response.status == 0 && said.contains("refused"), "{said}");
}

#[test]
fn a_request_waits_for_its_time_and_lets_others_pass() {
    let (port, _seen) = server(None);
    let worker = HttpWorker::start(options(port)).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let later = (now + Duration::from_millis(150)).as_nanos() as i64;
    let begun = Instant::now();
    worker.submit(HttpRequest { not_before_ns: later, ..get(1, "/later") }).unwrap();
    worker.submit(get(2, "/now")).unwrap();
    assert_eq!(answer(&worker).tag, 2);
    assert_eq!(answer(&worker).tag, 1);
    assert!(begun.elapsed() >= Duration::from_millis(149));
}

#[test]
fn a_full_queue_gives_the_request_back() {
    let (port, _seen) = server(None);
    let worker = HttpWorker::start(HttpOptions { queue: 4, ..options(port) }).unwrap();
    let refused = (0..20).filter(|&i| worker.submit(get(i, "/silent")).is_err()).count();
    assert!((8..20).contains(&refused), "{refused} of 20 with room for 4, 4 delayed and one under way");
}

#[test]
fn answers_ring_and_tls_is_checked() {
    let dir = std::env::temp_dir().join(format!("nanotick http test {}", std::process::id()));
    let files = trust::self_signed(&dir).unwrap();
    let (port, _seen) = server(Some(trust::server_config(&files.cert_file, &files.key_file).unwrap()));
    let (ring, rung) = waker().unwrap();
    let https = HttpOptions {
        ca_file: Some(files.ca_file.clone()),
        waker: Some(ring),
        timeout: TIMEOUT,
        ..HttpOptions::new(&format!("https://127.0.0.1:{port}"))
    };
    let worker = HttpWorker::start(https.clone()).unwrap();
    worker.submit(get(1, "/")).unwrap();
    wait_ready(rung.as_fd(), false, Instant::now() + TIMEOUT).unwrap();
    assert_eq!(worker.poll().unwrap().status, 200);

    let strict = HttpWorker::start(HttpOptions { ca_file: None, ..https }).unwrap();
    strict.submit(get(2, "/")).unwrap();
    let said = String::from_utf8(answer(&strict).body).unwrap();
    assert!(said.contains("not trusted here"), "{said}");
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn unusable_addresses_are_refused_at_once() {
    for base in ["", "fapi.example.com", "ftp://a", "https://", "https://me:pw@a", "https://a/path"] {
        let said = HttpWorker::start(HttpOptions::new(base)).err().expect(base).to_string();
        assert!(said.contains("hint:") && !said.contains("pw"), "{said}");
    }
}
