// async-openai with its own types, over a reqwest that trusts the server.
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, ChatCompletionStreamOptions, CreateChatCompletionRequest, FinishReason,
};
use async_openai::Client;
use compare::Task;
use futures_util::StreamExt;
use std::rc::Rc;

fn word(reason: Option<FinishReason>) -> &'static str {
    if reason == Some(FinishReason::Stop) { "stop" } else { "" }
}

async fn stream(client: &Client<OpenAIConfig>, request: &CreateChatCompletionRequest, task: &Task) {
    let mut events = client.chat().create_stream(request.clone()).await.unwrap();
    let (mut tokens, mut reason, mut usage) = (0, None, 0);
    while let Some(event) = events.next().await {
        let event = event.unwrap();
        for choice in event.choices {
            tokens += choice.delta.content.is_some_and(|c| !c.is_empty()) as u64;
            reason = choice.finish_reason.or(reason);
        }
        usage = event.usage.map_or(usage, |u| u.completion_tokens as u64);
    }
    task.finish(tokens, word(reason), usage);
}

async fn call(client: &Client<OpenAIConfig>, request: &CreateChatCompletionRequest, task: &Task) {
    let answer = client.chat().create(request.clone()).await.unwrap();
    let choice = &answer.choices[0];
    let filled = choice.message.content.as_ref().is_some_and(|c| !c.is_empty());
    task.finish(filled as u64, word(choice.finish_reason), answer.usage.map_or(0, |u| u.completion_tokens as u64));
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let task = Rc::new(Task::from_arguments());
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([task.certificate()]).build().unwrap();
    let client = Client::with_config(OpenAIConfig::new().with_api_base(&task.url).with_api_key("none")).with_http_client(http);
    let request = CreateChatCompletionRequest {
        model: task.model.clone(),
        messages: vec![ChatCompletionRequestUserMessage::from("Hello").into()],
        stream: Some(task.streamed),
        stream_options: task.streamed.then(|| ChatCompletionStreamOptions {
            include_usage: Some(true),
            include_obfuscation: None,
        }),
        ..Default::default()
    };
    let local = tokio::task::LocalSet::new();
    for _ in 0..task.parallel {
        let (client, request, task) = (client.clone(), request.clone(), task.clone());
        local.spawn_local(async move {
            while task.take() {
                if task.streamed {
                    stream(&client, &request, &task).await;
                } else {
                    call(&client, &request, &task).await;
                }
            }
        });
    }
    local.await;
    task.report();
}
