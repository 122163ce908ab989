//! Cells in processes of their own: a lost device, memory that runs out or a hung
//! driver then ends one cell and not the run. A process that dies after it has
//! finished a round is started again from there.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{Mutex, MutexGuard, PoisonError, atomic::Ordering, mpsc},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use relabel_experiment::{
    Cell, CellEnd, CellEvent, CellRunner, GridOptions, Observer, cells, store::Failure,
};

use super::{
    Plan, Ready,
    child::{Message, STOP},
    supervision::Stoppable,
};

/// Bytes of a dead process's last words that are kept.
const LAST_WORDS: usize = 4096;

/// Runs each cell in a process of its own.
pub struct Processes<'a> {
    plan: &'a Plan<'a>,
    ready: &'a Ready,
    threads: usize,
    observer: &'a dyn Observer,
    options: &'a GridOptions<'a>,
    /// How the running ones are told to stop; when this process ends, they end.
    running: Mutex<Vec<(u32, ChildStdin)>>,
}

/// How one process ended.
struct Attempt {
    end: CellEnd,
    rounds: usize,
}

impl<'a> Processes<'a> {
    /// A runner of `threads` threads per cell.
    pub fn new(
        plan: &'a Plan<'a>,
        ready: &'a Ready,
        threads: usize,
        observer: &'a dyn Observer,
        options: &'a GridOptions<'a>,
    ) -> Self {
        Self { plan, ready, threads, observer, options, running: Mutex::default() }
    }

    fn command(&self, cell: &Cell) -> Result<Command> {
        let plan = self.plan;
        let index = cells(&plan.config).iter().position(|other| other == cell);
        let index = index.context("the cell should be one of the experiment")?;
        let program = std::env::current_exe().context("cannot find the program itself")?;
        let mut command = Command::new(program);
        let mut argument = |key: &str, value: OsString| {
            command.arg(key).arg(value);
        };
        argument("run", plan.experiment[0].clone().into());
        for pair in plan.experiment[1..].chunks_exact(2) {
            argument(&pair[0], pair[1].clone().into());
        }
        argument("--name", plan.work.name.clone().into());
        argument("--out", plan.work.out.clone().into());
        argument("--data", plan.data.clone().into());
        argument("--device", plan.device.clone().into());
        argument("--threads", self.threads.to_string().into());
        argument("--cell", index.to_string().into());
        if let Some(left) = self.options.deadline.left() {
            argument("--max-minutes", (left.as_secs_f64() / 60.0).to_string().into());
        }
        command.arg("--child");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    }

    fn attempt(&self, cell: &Cell) -> Result<Attempt> {
        let mut child = self.command(cell)?.spawn().context("cannot start a process")?;
        let id = child.id();
        self.register(id, child.stdin.take());
        let words = child.stderr.take().map(|stderr| thread::spawn(move || last_words(stderr)));
        let lines = lines(&mut child);
        let (mut end, mut rounds) = (None, 0);
        let stalled = loop {
            match lines.recv_timeout(self.plan.stall) {
                Ok(Message::End(how)) => end = Some(how),
                Ok(Message::Event(event)) => {
                    if let CellEvent::Round { took, .. } = event {
                        rounds += 1;
                        self.options.deadline.round_took(took);
                    }
                    self.pass_on(cell, event);
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break false,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    child.kill().context("cannot end a process that hangs")?;
                    break true;
                }
            }
        };
        let status = child.wait().context("cannot wait for a process")?;
        self.running().retain(|(other, _)| *other != id);
        let words = words.and_then(|thread| thread.join().ok()).unwrap_or_default();
        let end = match end {
            Some(CellEnd::Stopped) if !self.stopping() => {
                CellEnd::Failed(retry("its process was asked to stop".into(), words))
            }
            Some(end) if !stalled => end,
            _ if self.stopping() => CellEnd::Stopped,
            _ => CellEnd::Failed(retry(died(status, stalled.then_some(self.plan.stall)), words)),
        };
        Ok(Attempt { end, rounds })
    }

    /// Failures are told when it is clear that the cell is not tried again.
    fn pass_on(&self, cell: &Cell, event: CellEvent) {
        if !matches!(event, CellEvent::Failed(_)) {
            self.observer.cell(cell, &event);
        }
    }

    fn stopping(&self) -> bool {
        self.options.stop.load(Ordering::Relaxed)
    }

    fn running(&self) -> MutexGuard<'_, Vec<(u32, ChildStdin)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(&self, id: u32, stdin: Option<ChildStdin>) {
        let mut running = self.running();
        running.extend(stdin.map(|stdin| (id, stdin)));
        if self.stopping() {
            say_stop(&mut running);
        }
    }
}

impl CellRunner for Processes<'_> {
    fn run(&self, cell: &Cell) -> CellEnd {
        loop {
            let Attempt { end, rounds } = self.attempt(cell).unwrap_or_else(|error| Attempt {
                end: CellEnd::Failed(retry(format!("{error:#}"), String::new())),
                rounds: 0,
            });
            let CellEnd::Failed(failure) = end else { return end };
            if failure.retry && rounds > 0 && !self.stopping() {
                let note = format!("{}; it goes on after its last round", failure.reason);
                self.observer.cell(cell, &CellEvent::Note(note));
                continue;
            }
            // The reason is also told: a full disk must not hide it.
            let _ = self.ready.folder.cell(cell).fail(&failure);
            self.observer.cell(cell, &CellEvent::Failed(failure.reason.clone()));
            return CellEnd::Failed(failure);
        }
    }
}

impl Stoppable for Processes<'_> {
    fn pass_on_stop(&self) {
        say_stop(&mut self.running());
    }
}

fn say_stop(running: &mut [(u32, ChildStdin)]) {
    for (_, stdin) in running {
        // One that has ended already needs no word.
        let _ = writeln!(stdin, "{STOP}");
    }
}

fn retry(reason: String, details: String) -> Failure {
    Failure { reason, retry: true, details }
}

/// The messages of `child` as they come; closed when its stdout is.
fn lines(child: &mut Child) -> mpsc::Receiver<Message> {
    let (sender, receiver) = mpsc::channel();
    let stdout = child.stdout.take();
    thread::spawn(move || {
        let lines = stdout.into_iter().flat_map(|out| BufReader::new(out).lines());
        for line in lines.map_while(Result::ok) {
            // Some drivers print on stdout.
            let Ok(message) = serde_json::from_str(&line) else { continue };
            if sender.send(message).is_err() {
                break;
            }
        }
    });
    receiver
}

fn last_words(mut stderr: impl Read) -> String {
    let mut kept = Vec::new();
    let mut buffer = [0; LAST_WORDS];
    while let Ok(n @ 1..) = stderr.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..n]);
        kept.drain(..kept.len().saturating_sub(LAST_WORDS));
    }
    String::from_utf8_lossy(&kept).trim().to_owned()
}

fn died(status: ExitStatus, stalled: Option<Duration>) -> String {
    if let Some(time) = stalled {
        return format!("its process said nothing for {:.1} minutes", time.as_secs_f64() / 60.0);
    }
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let why = match signal {
            9 => ", as the system does when memory runs out",
            6 => ", as a program does when it cannot get memory",
            _ => "",
        };
        return format!("its process was ended by signal {signal}{why}");
    }
    format!("its process ended with {status}")
}
