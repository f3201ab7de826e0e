// What the clients in Rust are asked to do, and how they say that they did: clients/task.hpp has the words.
use std::cell::Cell;
use std::fs;

pub struct Task {
    pub streamed: bool,
    pub url: String,
    pub ca_file: String,
    pub model: String,
    /// Streams, or calls.
    pub total: u64,
    pub tokens: u64,
    /// Connections at once.
    pub parallel: u64,
    left: Cell<u64>,
    count: Cell<u64>,
}

impl Task {
    pub fn from_arguments() -> Task {
        let a: Vec<String> = std::env::args().collect();
        if a.len() != 7 || (a[1] != "stream" && a[1] != "call") {
            eprintln!("usage: stream|call URL CA_FILE MODEL N M");
            std::process::exit(2);
        }
        let (first, second): (u64, u64) = (a[5].parse().unwrap(), a[6].parse().unwrap());
        let streamed = a[1] == "stream";
        Task {
            streamed,
            url: format!("{}/v1", a[2]),
            ca_file: a[3].clone(),
            model: a[4].clone(),
            total: first,
            tokens: if streamed { second } else { 0 },
            parallel: if streamed { first } else { second },
            left: Cell::new(first),
            count: Cell::new(0),
        }
    }

    /// Whether there is another stream or call to make; takes it.
    pub fn take(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    /// An answer is there; ends the program if it is not a complete one.
    pub fn finish(&self, tokens: u64, reason: &str, usage: u64) {
        let complete = if self.streamed { tokens == self.tokens && usage == tokens } else { tokens > 0 && usage > 0 };
        if !complete || reason != "stop" {
            eprintln!("an answer is not complete: {tokens} tokens, usage {usage}, reason {reason}");
            std::process::exit(1);
        }
        self.count.set(self.count.get() + if self.streamed { tokens } else { 1 });
    }

    pub fn certificate(&self) -> reqwest::Certificate {
        reqwest::Certificate::from_pem(&fs::read(&self.ca_file).unwrap()).unwrap()
    }

    pub fn report(&self) {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
        println!("count={} peak_kb={}", self.count.get(), peak.trim().trim_end_matches(" kB"));
    }
}
