//! Getting bytes over HTTP into a file: what is there already is asked for no more,
//! a server that stalls is given up, and nothing longer than expected is kept.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    thread::sleep,
    time::Duration,
};

use ureq::{
    Agent, Body,
    http::{Response, StatusCode, header},
};

/// For files whose size is not known.
const MAX_BYTES: u64 = 2 << 30;
const BUFFER: usize = 1 << 16;

/// How patient a download is.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// A server that sends nothing for so long is given up.
    pub stall: Duration,
    /// How often a download that broke off is continued.
    pub attempts: usize,
    /// Before the second attempt; twice as long before each further one.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let (stall, pause) = (Duration::from_secs(30), Duration::from_secs(1));
        Self { stall, attempts: 3, pause }
    }
}

/// Told how many bytes are here, of how many if that is known.
pub type Progress<'a> = dyn Fn(u64, Option<u64>) + 'a;

/// What to get.
pub(crate) struct Download<'a> {
    pub url: &'a str,
    pub bytes: Option<u64>,
    pub patience: Patience,
    pub progress: &'a Progress<'a>,
}

/// Why there is nothing (more) to be had; each reason is the end of a sentence.
pub(crate) enum Trouble {
    /// Trying again may help.
    Passing(String),
    /// It will not.
    Lasting(String),
    /// What came could not be kept.
    Disk(io::Error),
}

impl Download<'_> {
    /// Appends to `file`, which holds the first bytes of the same download, or nothing.
    ///
    /// # Errors
    /// After a passing trouble `file` holds what came, for another call to go on with.
    pub(crate) fn run(&self, file: &mut File) -> Result<(), Trouble> {
        let agent = self.agent();
        let mut pause = self.patience.pause;
        for attempt in 1.. {
            match self.attempt(&agent, file) {
                Ok(()) => return Ok(()),
                Err(Trouble::Passing(reason)) if attempt >= self.patience.attempts => {
                    return Err(Trouble::Passing(format!("{reason}, {attempt} times")));
                }
                Err(Trouble::Passing(_)) => sleep(pause),
                Err(other) => return Err(other),
            }
            pause *= 2;
        }
        unreachable!("the last attempt should have returned")
    }

    fn agent(&self) -> Agent {
        let patience = Some(self.patience.stall);
        let config = Agent::config_builder()
            // An encrypted address must not lead to one that is not.
            .https_only(self.url.starts_with("https:"))
            // Some refusals say in their head what there is.
            .http_status_as_error(false)
            .timeout_connect(patience)
            .timeout_recv_response(patience)
            .timeout_per_read(patience)
            .user_agent(concat!("relabel/", env!("CARGO_PKG_VERSION")));
        config.build().new_agent()
    }

    fn attempt(&self, agent: &Agent, file: &mut File) -> Result<(), Trouble> {
        let mut here = file.seek(SeekFrom::End(0)).map_err(Trouble::Disk)?;
        if self.bytes == Some(here) {
            return Ok(());
        }
        let mut request = agent.get(self.url);
        if here > 0 {
            request = request.header(header::RANGE, format!("bytes={here}-"));
        }
        let response = request.call().map_err(trouble)?;
        if response.status() == StatusCode::RANGE_NOT_SATISFIABLE && here > 0 {
            // Nothing comes after what is here: it is all there is, or of something else.
            if self.bytes.is_none() && whole_of(&response) == Some(here) {
                return Ok(());
            }
            file.set_len(0).map_err(Trouble::Disk)?;
            return self.attempt(agent, file);
        }
        if response.status() != StatusCode::PARTIAL_CONTENT || start_of(&response) != Some(here) {
            here = 0;
        }
        self.check(&response, here)?;
        file.set_len(here).map_err(Trouble::Disk)?;
        file.seek(SeekFrom::Start(here)).map_err(Trouble::Disk)?;
        let total = self.bytes.or(response.body().content_length().map(|rest| rest + here));
        let limit = self.bytes.unwrap_or(MAX_BYTES);
        let mut body = response.into_body().into_with_config().limit(u64::MAX).reader();
        let mut buffer = vec![0; BUFFER];
        loop {
            (self.progress)(here, total);
            let n = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) => return Err(Trouble::Passing(broke_off(here, &error))),
            };
            here += n as u64;
            if here > limit {
                file.set_len(0).map_err(Trouble::Disk)?;
                return Err(Trouble::Lasting(format!("the server sends more than {limit} bytes")));
            }
            file.write_all(&buffer[..n]).map_err(Trouble::Disk)?;
        }
        match self.bytes {
            Some(bytes) if bytes != here => {
                Err(Trouble::Passing(format!("the server sent {here} bytes instead of {bytes}")))
            }
            _ => Ok(()),
        }
    }

    /// Refuses what cannot be the file before it is read, or anything is lost for it.
    fn check(&self, response: &Response<Body>, here: u64) -> Result<(), Trouble> {
        if !response.status().is_success() {
            return Err(refused(response.status()));
        }
        let offered = response.body().content_length().map(|rest| rest + here);
        if response.body().mime_type() == Some("text/html") {
            let reason = "the server sent a web page instead of the file";
            return Err(Trouble::Lasting(reason.into()));
        }
        match (self.bytes, offered) {
            (Some(bytes), Some(offered)) if bytes != offered => {
                Err(Trouble::Lasting(format!("the server has {offered} bytes instead of {bytes}")))
            }
            _ => Ok(()),
        }
    }
}

/// Where the bytes of a partial answer begin.
fn start_of(response: &Response<Body>) -> Option<u64> {
    let range = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split_once('-')?.0.parse().ok()
}

/// How many bytes there are, by an answer that none come after those that are here.
fn whole_of(response: &Response<Body>) -> Option<u64> {
    let range = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes */")?.parse().ok()
}

fn broke_off(here: u64, error: &io::Error) -> String {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
    match cause {
        Some(ureq::Error::Timeout(_)) => format!("the server sent nothing more after {here} bytes"),
        _ => format!("the connection broke off after {here} bytes ({error})"),
    }
}

fn refused(status: StatusCode) -> Trouble {
    let reason = format!("the server answered with status {}", status.as_u16());
    match status.as_u16() {
        408 | 429 | 500.. => Trouble::Passing(reason),
        _ => Trouble::Lasting(reason),
    }
}

fn trouble(error: ureq::Error) -> Trouble {
    match error {
        ureq::Error::TooManyRedirects => {
            Trouble::Lasting("the server sends from one address to the next without end".into())
        }
        ureq::Error::Timeout(_) => Trouble::Passing("the server does not answer".into()),
        ureq::Error::RequireHttpsOnly(address) => {
            Trouble::Lasting(format!("the server sends to {address}, which is not encrypted"))
        }
        ureq::Error::HostNotFound => Trouble::Passing("there is no such host".into()),
        other => Trouble::Passing(other.to_string()),
    }
}
