// reqwest with rustls and serde_json: borrowed fields, events cut out of the chunks where they lie.
use compare::Task;
use serde::Deserialize;
use std::borrow::Cow;
use std::rc::Rc;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow, alias = "message")]
    delta: Delta<'a>,
    #[serde(borrow)]
    finish_reason: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    content: Option<Cow<'a, str>>,
    #[serde(borrow)]
    reasoning_content: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Usage {
    completion_tokens: u64,
}

#[derive(Default)]
struct Seen {
    tokens: u64,
    reason: String,
    usage: u64,
    done: bool,
}

impl Seen {
    fn add(&mut self, text: &[u8]) {
        let answer: Answer = serde_json::from_slice(text).unwrap();
        for choice in &answer.choices {
            let filled = |s: &Option<Cow<str>>| s.as_ref().is_some_and(|s| !s.is_empty());
            self.tokens += (filled(&choice.delta.content) || filled(&choice.delta.reasoning_content)) as u64;
            if let Some(reason) = &choice.finish_reason {
                self.reason = reason.to_string();
            }
        }
        if let Some(usage) = answer.usage {
            self.usage = usage.completion_tokens;
        }
    }

    /// Returns how many bytes were whole lines.
    fn take(&mut self, text: &[u8]) -> usize {
        let mut taken = 0;
        while let Some(end) = memchr::memchr(b'\n', &text[taken..]) {
            let line = &text[taken..taken + end];
            taken += end + 1;
            match line.strip_prefix(b"data: ") {
                Some(b"[DONE]") => self.done = true,
                Some(event) => self.add(event),
                None => {}
            }
        }
        taken
    }
}

async fn stream(client: &reqwest::Client, url: &str, body: &str, task: &Task) {
    let mut answer = client.post(url).header("content-type", "application/json").body(body.to_owned()).send().await.unwrap();
    assert!(answer.status().is_success());
    let mut seen = Seen::default();
    let mut rest: Vec<u8> = Vec::new();
    while let Some(chunk) = answer.chunk().await.unwrap() {
        if rest.is_empty() {
            let taken = seen.take(&chunk);
            rest.extend_from_slice(&chunk[taken..]);
        } else {
            rest.extend_from_slice(&chunk);
            let taken = seen.take(&rest);
            rest.drain(..taken);
        }
    }
    assert!(seen.done);
    task.finish(seen.tokens, &seen.reason, seen.usage);
}

async fn call(client: &reqwest::Client, url: &str, body: &str, task: &Task) {
    let answer = client.post(url).header("content-type", "application/json").body(body.to_owned()).send().await.unwrap();
    assert!(answer.status().is_success());
    let mut seen = Seen::default();
    seen.add(&answer.bytes().await.unwrap());
    task.finish(seen.tokens, &seen.reason, seen.usage);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let task = Rc::new(Task::from_arguments());
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([task.certificate()]).build().unwrap();
    let url: Rc<str> = format!("{}/chat/completions", task.url).into();
    let more = if task.streamed { r#","stream":true,"stream_options":{"include_usage":true}"# } else { "" };
    let body: Rc<str> =
        format!(r#"{{"model":"{}","messages":[{{"role":"user","content":"Hello"}}]{more}}}"#, task.model).into();
    let local = tokio::task::LocalSet::new();
    for _ in 0..task.parallel {
        let (client, url, body, task) = (client.clone(), url.clone(), body.clone(), task.clone());
        local.spawn_local(async move {
            while task.take() {
                if task.streamed {
                    stream(&client, &url, &body, &task).await;
                } else {
                    call(&client, &url, &body, &task).await;
                }
            }
        });
    }
    local.await;
    task.report();
}
