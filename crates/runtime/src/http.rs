//! REST on a thread of its own: the engine's thread hands requests over and collects answers, and never waits.

use crate::transport::{trust, NetError, NetErrorKind};
use crate::wait::Waker;
use nanotick_venues::client::{HttpRequest, HttpResponse};
use std::path::PathBuf;
use std::sync::mpsc::{sync_channel, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use ureq::http;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::Agent;

#[derive(Clone)]
pub struct HttpOptions {
    /// Scheme and authority, e.g. `https://fapi.binance.com`. A request's path is put behind it.
    pub base_url: String,
    /// Trust exactly these certificates; `None`: Mozilla's list.
    pub ca_file: Option<PathBuf>,
    /// For a whole exchange, from connecting to the body's last byte.
    pub timeout: Duration,
    pub max_body_bytes: u64,
    /// Requests that may wait, and answers that may.
    pub queue: usize,
    /// Rung when an answer is there.
    pub waker: Option<Waker>,
}

impl HttpOptions {
    pub fn new(base_url: &str) -> HttpOptions {
        HttpOptions {
            base_url: base_url.trim_end_matches('/').to_owned(),
            ca_file: None,
            timeout: Duration::from_secs(10),
            max_body_bytes: 64 << 20,
            queue: 64,
            waker: None,
        }
    }
}

/// The engine's end. Dropping it ends the thread once its present request is done.
pub struct HttpWorker {
    requests: SyncSender<HttpRequest>,
    answers: Receiver<HttpResponse>,
}

impl HttpWorker {
    pub fn start(options: HttpOptions) -> Result<HttpWorker, NetError> {
        let base = &options.base_url;
        let authority = base.strip_prefix("https://").or(base.strip_prefix("http://"));
        if !authority.is_some_and(|a| !a.is_empty() && !a.contains(['/', '?', '#', '@', ' '])) {
            return Err(NetError::new(
                NetErrorKind::Config,
                "the REST address is not usable: it must be a scheme and a host, and maybe a port",
                "write it like https://api.example.com or http://127.0.0.1:8080",
            ));
        }
        let agent = agent(&options)?;
        let (requests, incoming) = sync_channel(options.queue);
        let (outgoing, answers) = sync_channel(options.queue);
        let worker = Worker { agent, options, outgoing, delayed: Vec::new() };
        std::thread::Builder::new().name("http".into()).spawn(move || worker.run(&incoming)).map_err(
            |e| {
                NetError::new(
                    NetErrorKind::Config,
                    format!("the REST thread cannot start: {e}"),
                    "check the limit of threads (ulimit -u)",
                )
            },
        )?;
        Ok(HttpWorker { requests, answers })
    }

    /// Hands a request over. It comes back if too many are waiting already.
    pub fn submit(&self, request: HttpRequest) -> Result<(), HttpRequest> {
        self.requests.try_send(request).map_err(|e| match e {
            TrySendError::Full(request) | TrySendError::Disconnected(request) => request,
        })
    }

    /// The next answer, if there is one.
    #[inline(always)]
    pub fn poll(&self) -> Option<HttpResponse> {
        self.answers.try_recv().ok()
    }
}

/// No redirects (a venue's API does not move, and a signed request must not follow), no proxy from the
/// environment, no compression; every status is an answer.
fn agent(options: &HttpOptions) -> Result<Agent, NetError> {
    let roots = match &options.ca_file {
        None => RootCerts::WebPki,
        Some(file) => {
            let found = trust::certificates(file)?;
            RootCerts::from(found.iter().map(|c| Certificate::from_der(c).to_owned()))
        }
    };
    let tls =
        TlsConfig::builder().unversioned_rustls_crypto_provider(trust::provider()).root_certs(roots).build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_global(Some(options.timeout))
        .user_agent(concat!("nanotick/", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(config.new_agent())
}

struct Worker {
    agent: Agent,
    options: HttpOptions,
    outgoing: SyncSender<HttpResponse>,
    /// Not due yet.
    delayed: Vec<HttpRequest>,
}

impl Worker {
    fn run(mut self, incoming: &Receiver<HttpRequest>) {
        while let Some(request) = self.next(incoming) {
            let (status, body) = match self.exchange(&request) {
                Ok(answer) => answer,
                Err(error) => (0, explain(&error).into_bytes()),
            };
            if self.outgoing.send(HttpResponse { tag: request.tag, status, body }).is_err() {
                return;
            }
            if let Some(waker) = &self.options.waker {
                waker.wake();
            }
        }
    }

    /// The next request that is due, in order of arrival among those. `None` when nobody will send more.
    fn next(&mut self, incoming: &Receiver<HttpRequest>) -> Option<HttpRequest> {
        loop {
            let now = wall_ns();
            if let Some(i) = self.delayed.iter().position(|r| r.not_before_ns <= now) {
                return Some(self.delayed.remove(i));
            }
            let due = self.delayed.iter().map(|r| r.not_before_ns).min();
            let wait = due.map_or(Duration::from_secs(3600), |due| Duration::from_nanos((due - now) as u64));
            if self.delayed.len() >= self.options.queue {
                std::thread::sleep(wait.min(Duration::from_millis(100)));
                continue;
            }
            match incoming.recv_timeout(wait) {
                Ok(request) => self.delayed.push(request),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    fn exchange(&self, request: &HttpRequest) -> Result<(u16, Vec<u8>), ureq::Error> {
        let mut head = http::Request::builder()
            .method(request.method)
            .uri(format!("{}{}", self.options.base_url, request.path));
        for (name, value) in &request.headers {
            head = head.header(*name, value);
        }
        let has_body = !request.body.is_empty() || matches!(request.method, "POST" | "PUT");
        let mut response = if has_body {
            self.agent.run(head.body(request.body.as_str())?)?
        } else {
            self.agent.run(head.body(())?)?
        };
        let body = response.body_mut().with_config().limit(self.options.max_body_bytes).read_to_vec()?;
        Ok((response.status().as_u16(), body))
    }
}

fn wall_ns() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as i64)
}

/// Why there is no answer. Never repeats the address, whose query may hold a key or a signature.
fn explain(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "there was no whole answer in time".into(),
        ureq::Error::HostNotFound => "the host cannot be found".into(),
        ureq::Error::Io(e) => NetError::io("REST", e).message,
        ureq::Error::Rustls(e) => crate::transport::explain_tls("REST", e).message,
        ureq::Error::Tls(why) => format!("TLS: {why}"),
        ureq::Error::ConnectionFailed => "the connection failed".into(),
        ureq::Error::BodyExceedsLimit(limit) => format!("the answer is larger than {limit} bytes"),
        ureq::Error::LargeResponseHeader(..) => "the answer's head is too large".into(),
        ureq::Error::Protocol(_) => "the answer is not HTTP".into(),
        ureq::Error::Http(_) | ureq::Error::BadUri(_) => "the request is malformed; it was not sent".into(),
        _ => "the exchange failed".into(),
    }
}
