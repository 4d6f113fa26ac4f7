//! Clients that mean no good: too many, too slow, too much, cut in the middle. Through all of it
//! the server keeps its memory and answers others.
//!
//! Other clients come from an address of their own, 127.0.0.2, as only Linux has them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[allow(dead_code)] // what only the player needs
#[path = "player/tls.rs"]
mod tls;

use restante::smtp::{
    self, Config, Counter, Delivery, DeliveryError, Door, Entry, Info, Limits, Memory, Outcome,
    PostOffice, Security, Times, Turns,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;

/// Nothing here takes long; this is for a machine that is busy.
const DEADLINE: Duration = Duration::from_secs(60);
/// What other clients wait for an answer.
const PROMPT: Duration = Duration::from_millis(100);
const MIB: usize = 1024 * 1024;

/// Memory is that of the process: one test at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

/// A post office that keeps nothing, and tells how sessions end.
#[derive(Clone)]
struct Office {
    messages: Arc<AtomicUsize>,
    ends: mpsc::UnboundedSender<Outcome>,
}

impl PostOffice for Office {
    type Counter = Office;
    async fn open(&self, _: smtp::Visit) -> Office {
        self.clone()
    }
}

impl Counter for Office {
    async fn record(&mut self, _: &Info, _: Vec<Entry>) {}
    async fn deliver(
        &mut self,
        _: &Info,
        _: Delivery,
        _: Vec<Entry>,
    ) -> Result<String, DeliveryError> {
        self.messages.fetch_add(1, Ordering::Relaxed);
        Ok("x".into())
    }
    async fn close(self, info: &Info, _: Vec<Entry>) {
        // Nobody listens any more at the end of a test.
        let _ = self.ends.send(info.outcome);
    }
}

struct Server {
    address: SocketAddr,
    memory: Memory,
    turns: Turns,
    ends: mpsc::UnboundedReceiver<Outcome>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Server {
    async fn start(config: Config, turns: Turns) -> Server {
        Server::behind(Door::default(), config, turns).await
    }

    async fn behind(door: Door, config: Config, turns: Turns) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = watch::channel(false);
        let (sender, ends) = mpsc::unbounded_channel();
        let memory = config.memory.clone();
        let office = Office { messages: Arc::default(), ends: sender };
        let limits = Limits { turns: turns.clone(), ..Limits::default() };
        let serving =
            tokio::spawn(smtp::serve(listener, Arc::new(config), door, limits, office, stopping));
        Server { address, memory, turns, ends, stop, serving }
    }

    async fn connect(&self) -> BufReader<TcpStream> {
        BufReader::new(TcpStream::connect(self.address).await.unwrap())
    }

    /// A client in the middle of DATA.
    async fn in_content(&self) -> BufReader<TcpStream> {
        let mut client = self.connect().await;
        let head = b"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";
        client.get_mut().write_all(head).await.unwrap();
        while !line(&mut client).await.starts_with("354 ") {}
        client
    }

    async fn next_end(&mut self) -> Outcome {
        tokio::time::timeout(DEADLINE, self.ends.recv()).await.expect("a session ends").unwrap()
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(DEADLINE, self.serving).await.expect("the server stops").unwrap();
        assert_eq!((self.memory.taken(), self.turns.count()), (0, 0));
    }
}

async fn line(client: &mut BufReader<TcpStream>) -> String {
    let mut text = String::new();
    let read = client.read_line(&mut text);
    tokio::time::timeout(DEADLINE, read).await.expect("an answer comes").unwrap();
    text
}

/// A client from another address that connects, speaks, and goes, over and over.
struct Others {
    stop: watch::Sender<bool>,
    task: JoinHandle<Vec<Duration>>,
}

impl Others {
    fn begin(server: SocketAddr) -> Others {
        let (stop, stopping) = watch::channel(false);
        let task = tokio::spawn(async move {
            let mut waits = Vec::new();
            while !*stopping.borrow() || waits.is_empty() {
                let start = Instant::now();
                tokio::time::timeout(DEADLINE, visit(server)).await.expect("others are served");
                waits.push(start.elapsed());
                tokio::task::yield_now().await;
            }
            waits
        });
        Others { stop, task }
    }

    async fn were_served(self) {
        self.stop.send_replace(true);
        assert_prompt(self.task.await.unwrap());
    }
}

/// On a busy machine one answer may wait for the machine; half of them must be prompt.
fn assert_prompt(mut waits: Vec<Duration>) {
    waits.sort();
    let median = waits[waits.len() / 2];
    println!("{} visits, {median:?} in the middle, {:?} at most", waits.len(), waits.last());
    assert!(median < PROMPT, "others waited {median:?}");
}

async fn visit(server: SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut client = BufReader::new(socket.connect(server).await.unwrap());
    assert!(line(&mut client).await.starts_with("220 "));
    for (command, code) in [("EHLO other.test", "250"), ("NOOP", "250 "), ("QUIT", "221 ")] {
        client.get_mut().write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
        loop {
            let answer = line(&mut client).await;
            assert!(answer.starts_with(code), "{answer}");
            if answer.as_bytes()[3] == b' ' {
                break;
            }
        }
    }
}

/// Memory of this process, clients and all.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = text.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// The memory grows by less than this while the test runs.
fn assert_flat(before: usize, most: usize) {
    let grown = resident().saturating_sub(before);
    println!("{} KiB more", grown / 1024);
    assert!(grown < most, "{} MiB more", grown / MIB);
}

/// How many files this process may open, raised as far as it goes.
fn open_files() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let most = maximum.unwrap_or(100_000);
    setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum }).unwrap();
    usize::try_from(most).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_at_both_bounds() {
    let _alone = ALONE.lock().await;
    for (all, per_address, answer) in [
        (2, 9, "421 4.3.2 Too many connections at the same time"),
        (9, 2, "421 4.7.0 Too many connections from your address"),
    ] {
        let mut server = Server::start(Config::default(), Turns::new(all, per_address)).await;
        let mut one = server.connect().await;
        assert!(line(&mut one).await.starts_with("220 "), "one less than the bound");
        let mut two = server.connect().await;
        assert!(line(&mut two).await.starts_with("220 "), "at the bound");
        let mut three = server.connect().await;
        // It speaks first, as some do; the answer reaches it nevertheless.
        three.get_mut().write_all(b"EHLO eager\r\n").await.unwrap();
        assert!(line(&mut three).await.starts_with(answer), "one more");
        assert_eq!(server.next_end().await, Outcome::Refused, "it is on record");
        if per_address < all {
            visit(server.address).await;
        }
        drop(two);
        assert_eq!(
            server.next_end().await,
            if per_address < all { Outcome::Quit } else { Outcome::Closed }
        );
        if per_address < all {
            assert_eq!(server.next_end().await, Outcome::Closed);
        }
        // Its turn is over once its task is.
        while server.turns.count() > 1 {
            tokio::task::yield_now().await;
        }
        let mut again = server.connect().await;
        assert!(line(&mut again).await.starts_with("220 "));
        server.stop().await;
    }
}

/// As many as the machine lets one test have, up to 10,000; the server has the default bounds.
#[tokio::test(flavor = "multi_thread")]
async fn connections_opened_and_held() {
    let _alone = ALONE.lock().await;
    let count = open_files().saturating_sub(3000).min(10_000);
    let server = Server::start(Config::default(), Limits::default().turns).await;
    let others = Others::begin(server.address);
    let before = resident();
    let mut held = Vec::with_capacity(count);
    while held.len() < count {
        held.push(TcpStream::connect(server.address).await.unwrap());
    }
    // A visit that is over for the other has its turn until its task ends.
    let all_have_turns = async {
        while !(1000..=1001).contains(&server.turns.count()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, all_have_turns).await.expect("as many as the bound");
    println!("{count} connections");
    assert_flat(before, 64 * MIB);
    others.were_served().await;
    drop(held);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_commands() {
    let _alone = ALONE.lock().await;
    let mut server = Server::start(Config::default(), Turns::new(2000, 1000)).await;
    let others = Others::begin(server.address);
    let mut halves = Vec::new();
    for _ in 0..500 {
        let mut client = server.connect().await;
        assert!(line(&mut client).await.starts_with("220 "));
        client.get_mut().write_all(b"EHLO a\r\nMAIL FROM:<half").await.unwrap();
        while line(&mut client).await.as_bytes()[3] != b' ' {}
        halves.push(client);
    }
    others.were_served().await;
    drop(halves);
    let mut cut_off = 0;
    while cut_off < 500 {
        cut_off += usize::from(server.next_end().await == Outcome::CutOff);
    }
    server.stop().await;
}

/// No time passes: the clock of the runtime is stopped, and goes on when all wait.
#[tokio::test(start_paused = true)]
async fn one_byte_a_second() {
    let (mut client, stream) = tokio::io::duplex(64 * 1024);
    let (sender, mut ends) = mpsc::unbounded_channel();
    let office = Office { messages: Arc::default(), ends: sender };
    let (_stop, stopping) = watch::channel(false);
    let config = Arc::new(Config::default());
    let start = tokio::time::Instant::now();
    let driving = tokio::spawn(smtp::drive(
        stream,
        smtp::Visit::of("client".into(), smtp::Protocol::Smtp),
        Door::default(),
        config,
        Times::default(),
        office,
        stopping,
    ));
    client.write_all(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n").await.unwrap();
    let dripped = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if client.write_all(b"x").await.is_err() || driving.is_finished() {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(3600), dripped).await.expect("it is cut");
    let minutes = start.elapsed().as_secs() / 60;
    assert!((5..=6).contains(&minutes), "after {minutes} minutes");
    assert_eq!(ends.recv().await, Some(Outcome::Timeout));
    let mut heard = String::new();
    client.read_to_string(&mut heard).await.unwrap();
    assert!(
        heard.ends_with("421 4.4.2 The message came in too slowly; closing the connection\r\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn resets_in_the_middle_of_data() {
    let _alone = ALONE.lock().await;
    let mut server = Server::start(Config::default(), Turns::new(2000, 1000)).await;
    let others = Others::begin(server.address);
    for _ in 0..50 {
        let mut client = server.in_content().await;
        client.get_mut().write_all(&vec![b'x'; 200 * 1024]).await.unwrap();
        // With no time to linger the close is a reset.
        client.get_ref().set_zero_linger().unwrap();
    }
    let mut cut_off = 0;
    while cut_off < 50 {
        cut_off += usize::from(server.next_end().await == Outcome::CutOff);
    }
    others.were_served().await;
    server.stop().await;
}

/// What begins like TLS behind STARTTLS, and what does not even do that.
#[tokio::test(flavor = "multi_thread")]
async fn garbage_instead_of_tls() {
    let _alone = ALONE.lock().await;
    let security = Security { starttls: true, ..Security::default() };
    let config = Config { security, ..Config::default() };
    let door = Door { tls: Some(tls::offer()), ..Door::default() };
    let mut server = Server::behind(door, config, Turns::new(2000, 1000)).await;
    let others = Others::begin(server.address);
    let before = resident();
    let long_record = [&[22, 3, 1, 0x40, 0][..], &[9; 0x4000]].concat();
    let kinds = [vec![0xff; 64 * 1024], vec![22, 3, 1, 0, 4, 9, 9, 9, 9, 9], long_record];
    for garbage in kinds.iter().cycle().take(300) {
        let mut client = server.connect().await;
        assert!(line(&mut client).await.starts_with("220 "));
        client.get_mut().write_all(b"STARTTLS\r\n").await.unwrap();
        assert!(line(&mut client).await.starts_with("220 2.0.0 Begin TLS"));
        // The server may be gone before all of it is written, or read.
        let _ = client.get_mut().write_all(garbage).await;
        let mut rest = Vec::new();
        let heard = tokio::time::timeout(DEADLINE, client.read_to_end(&mut rest)).await;
        let _ = heard.expect("the server hangs up");
    }
    assert_flat(before, 32 * MIB);
    others.were_served().await;
    let mut failed = 0;
    while failed < 300 {
        failed += usize::from(server.next_end().await == Outcome::TlsFailed);
    }
    server.stop().await;
}

/// 2 GiB for a server that takes 50 MiB: the rest is passed over, and answered once.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_end() {
    let _alone = ALONE.lock().await;
    let most = 50 * MIB;
    let config = Config { max_message_size: most as u64, ..Config::default() };
    let server = Server::start(config, Turns::new(2000, 1000)).await;
    let mut client = server.in_content().await;
    // Most are long: an unoptimized build takes its time with lines as they should be.
    let of_lines = |rest: usize| {
        let line = format!("QUIT this is no command, it is content{}\r\n", " .".repeat(rest));
        line.repeat(MIB / line.len() + 1).into_bytes()
    };
    let (short, long) = (of_lines(0), of_lines(65_000));
    let (sender, mut parts) = mpsc::unbounded_channel();
    let writing = tokio::spawn(async move {
        for part in 1..=2048 {
            let lines = if part % 32 == 0 { &short } else { &long };
            client.get_mut().write_all(lines).await.unwrap();
            sender.send(part).unwrap();
        }
        client
    });
    let before = resident();
    let mut waits = Vec::new();
    // Others come all the while, but not so many that this is about them.
    while let Some(part) = parts.recv().await {
        if part % 4 == 0 {
            let start = Instant::now();
            visit(server.address).await;
            waits.push(start.elapsed());
        }
        if part % 256 == 0 {
            // What was held of it is let go at the bound.
            assert_flat(before, 32 * MIB);
        }
    }
    let mut client = writing.await.unwrap();
    client.get_mut().write_all(b".\r\nNOOP\r\n").await.unwrap();
    assert!(line(&mut client).await.starts_with("552 5.3.4 The message is larger than"));
    assert!(line(&mut client).await.starts_with("250 2.0.0 Ok"));
    assert_prompt(waits);
    drop(client);
    server.stop().await;
}

/// The memory for all messages together is met long before the bound of each.
#[tokio::test(flavor = "multi_thread")]
async fn many_large_messages_at_once() {
    let _alone = ALONE.lock().await;
    let memory = Memory::new(16 * MIB as u64);
    let config = Config { memory: memory.clone(), ..Config::default() };
    let server = Server::start(config, Turns::new(2000, 1000)).await;
    let others = Others::begin(server.address);
    let before = resident();
    let mut clients = Vec::new();
    let block = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n".repeat(1024);
    for _ in 0..100 {
        let mut client = server.in_content().await;
        for _ in 0..16 {
            client.get_mut().write_all(&block).await.unwrap();
        }
        clients.push(client);
    }
    assert!(memory.taken() <= 16 * MIB as u64);
    assert_flat(before, 64 * MIB);
    let (mut kept, mut refused) = (0, 0);
    for client in &mut clients {
        client.get_mut().write_all(b".\r\n").await.unwrap();
        match line(client).await.as_str() {
            "452 4.3.1 Too much mail is coming in at once; try again later\r\n" => refused += 1,
            answer => {
                assert!(answer.starts_with("250 2.0.0 Ok: queued as "), "{answer}");
                kept += 1;
            }
        }
    }
    println!("{kept} kept, {refused} refused");
    assert!(kept > 0 && refused > 50);
    others.were_served().await;
    drop(clients);
    server.stop().await;
}

/// Addresses and parameters are memory too.
#[tokio::test(flavor = "multi_thread")]
async fn many_large_envelopes_at_once() {
    let _alone = ALONE.lock().await;
    let memory = Memory::new(4 * MIB as u64);
    let config = Config { memory: memory.clone(), ..Config::default() };
    let server = Server::start(config, Turns::new(2000, 1000)).await;
    let before = resident();
    let recipient = format!("RCPT TO:<{}@example.com>{}\r\n", "x".repeat(1700), " X=y".repeat(60));
    let mut clients = Vec::new();
    let mut refused = 0;
    for _ in 0..40 {
        let mut client = server.connect().await;
        client.get_mut().write_all(b"HELO a\r\nMAIL FROM:<a@b>\r\n").await.unwrap();
        for _ in 0..3 {
            line(&mut client).await;
        }
        for _ in 0..4 {
            client.get_mut().write_all(recipient.repeat(25).as_bytes()).await.unwrap();
            for _ in 0..25 {
                refused += usize::from(line(&mut client).await.starts_with("452 4.3.1 "));
            }
        }
        clients.push(client);
    }
    assert!(refused > 1000 && memory.taken() <= 4 * MIB as u64, "{refused} refused");
    assert_flat(before, 48 * MIB);
    drop(clients);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nul_bytes() {
    let _alone = ALONE.lock().await;
    let server = Server::start(Config::default(), Turns::new(2000, 1000)).await;
    let mut client = server.connect().await;
    assert!(line(&mut client).await.starts_with("220 "));
    let others = Others::begin(server.address);
    let before = resident();
    let zeros = vec![0; 64 * 1024];
    for _ in 0..1024 {
        client.get_mut().write_all(&zeros).await.unwrap();
    }
    assert_flat(before, 32 * MIB);
    client.get_mut().write_all(b"\r\nNOOP\r\n").await.unwrap();
    assert!(line(&mut client).await.starts_with("500 5.5.2 The command line is longer than"));
    assert!(line(&mut client).await.starts_with("250 2.0.0 Ok"));
    others.were_served().await;
    drop(client);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_recipients() {
    let _alone = ALONE.lock().await;
    let server = Server::start(Config::default(), Turns::new(2000, 1000)).await;
    let mut client = server.connect().await;
    assert!(line(&mut client).await.starts_with("220 "));
    client.get_mut().write_all(b"HELO a\r\nMAIL FROM:<a@b>\r\n").await.unwrap();
    assert!(line(&mut client).await.starts_with("250 "));
    assert!(line(&mut client).await.starts_with("250 "));
    let others = Others::begin(server.address);
    let before = resident();
    let (mut answers, mut commands) = client.into_inner().into_split();
    let asking = tokio::spawn(async move {
        let batch = b"RCPT TO:<somebody@example.com>\r\n".repeat(1000);
        for _ in 0..1000 {
            commands.write_all(&batch).await.unwrap();
        }
        commands
    });
    let (mut taken, mut refused, mut rest) = (0, 0, Vec::new());
    while taken + refused < 1_000_000 {
        let read = tokio::time::timeout(DEADLINE, answers.read_buf(&mut rest));
        assert!(read.await.expect("answers come").unwrap() > 0);
        let whole = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for answer in rest[..whole].split_inclusive(|byte| *byte == b'\n') {
            taken += usize::from(answer.starts_with(b"250 2.1.5 "));
            refused += usize::from(answer.starts_with(b"452 4.5.3 "));
        }
        rest.drain(..whole);
    }
    assert_eq!(taken, 1000);
    assert_flat(before, 32 * MIB);
    others.were_served().await;
    drop((asking.await.unwrap(), answers));
    server.stop().await;
}

/// A program that may open few files: it says so once, goes on as soon as it can, and stops when
/// it is asked to.
#[tokio::test(flavor = "multi_thread")]
async fn out_of_descriptors() {
    let _alone = ALONE.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let ports = folder.path().join("ports.json");
    let program = env!("CARGO_BIN_EXE_restante");
    let script = format!(
        "ulimit -n 64; exec {program} --smtp 127.0.0.1:0 --http 127.0.0.1:0 --ports-file {}",
        ports.display()
    );
    let mut child = std::process::Command::new("sh")
        .args(["-c", &script])
        .env("TMPDIR", folder.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut banner = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut banner, &mut String::new()).unwrap();
    let text = std::fs::read_to_string(&ports).unwrap();
    let addresses: serde_json::Value = serde_json::from_str(&text).unwrap();
    let smtp: SocketAddr = addresses["smtp"].as_str().unwrap().parse().unwrap();
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(TcpStream::connect(smtp).await.unwrap());
    }
    // The first are served, the last wait in the system's queue.
    let mut first = BufReader::new(held.remove(0));
    assert!(line(&mut first).await.starts_with("220 "));
    let last = held.pop().unwrap();
    let nothing = last.try_read(&mut [0; 1]).map_err(|e| e.kind());
    assert_eq!(nothing, Err(ErrorKind::WouldBlock));
    drop(held);
    assert!(line(&mut BufReader::new(last)).await.starts_with("220 "));
    let asked = std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(asked.success());
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let ended = tokio::time::timeout(DEADLINE, ended).await.expect("it stops").unwrap();
    assert_eq!(ended.status.code(), Some(0));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(said.matches("SMTP connections cannot be accepted").count(), 1, "{said}");
}
