//! Talking to the running service over its control socket.

use std::{path::PathBuf, time::Duration};

use anyhow::Context;
use reqwest::{Client, Method, Response};
use serde::{Serialize, de::DeserializeOwned};

use super::Remote;
use crate::{api::Problem, config::Config};

/// No answer waits for a device; a service that takes longer hangs.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks for rows.
pub(super) fn get<T: DeserializeOwned>(remote: &Remote, path: &str) -> anyhow::Result<T> {
    call(remote, Method::GET, path, None::<&()>)
}

/// Gives a command.
pub(super) fn post<T: DeserializeOwned>(
    remote: &Remote,
    path: &str,
    body: Option<&impl Serialize>,
) -> anyhow::Result<T> {
    call(remote, Method::POST, path, body)
}

fn call<T: DeserializeOwned>(
    remote: &Remote,
    method: Method,
    path: &str,
    body: Option<&impl Serialize>,
) -> anyhow::Result<T> {
    let socket = socket(remote)?;
    let client = Client::builder().unix_socket(socket.as_path()).no_proxy().timeout(TIMEOUT).build()?;
    let body = body.map(serde_json::to_string).transpose()?;
    let exchange = async {
        // The host is never looked up: the socket leads to the one service there is.
        let mut request = client.request(method, format!("http://localhost{path}"));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let response = request.send().await;
        read(response.with_context(|| format!("no service answers on {}", socket.display()))?).await
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(exchange)
}

async fn read<T: DeserializeOwned>(response: Response) -> anyhow::Result<T> {
    let status = response.status();
    let text = response.text().await.context("the service broke off its answer")?;
    if status.is_success() {
        return serde_json::from_str(&text).context("the service's answer is of another version");
    }
    match serde_json::from_str::<Problem>(&text) {
        Ok(problem) => anyhow::bail!("{}", problem.error),
        Err(_) => anyhow::bail!("the service answers {status}"),
    }
}

fn socket(remote: &Remote) -> anyhow::Result<PathBuf> {
    match &remote.control {
        Some(socket) => Ok(socket.clone()),
        None => Ok(Config::control_socket(&remote.config)?),
    }
}
