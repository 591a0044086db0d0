//! The routes.

use actix_web::{
    HttpRequest, HttpResponse, Responder, error,
    http::StatusCode,
    web::{Data, Json, JsonConfig, Query, QueryConfig, ServiceConfig, get, post},
};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Deserialize;

use super::caller;
use crate::api::{Accepted, Close, Control, ControlError, Problem};

type Service = Data<dyn Control>;

/// How many lines of the history are given where nobody says.
const HISTORY: usize = 50;
/// How many are given at most, whoever asks.
const HISTORY_MAX: usize = 10_000;

/// The longest body of a command, in octets; a switch's name, a port and a VLAN fit many times.
const BODY: usize = 4_096;

/// Queries and commands.
pub(super) fn control(app: &mut ServiceConfig) {
    app.app_data(JsonConfig::default().limit(BODY).error_handler(|why, _| bad_request(&why)))
        .app_data(QueryConfig::default().error_handler(|why, _| bad_request(&why)))
        .route("/v1/status", get().to(status))
        .route("/v1/findings", get().to(findings))
        .route("/v1/history", get().to(history))
        .route("/v1/pause", post().to(pause))
        .route("/v1/resume", post().to(resume))
        .route("/v1/release-brake", post().to(release_brake))
        .route("/v1/close", post().to(close))
        .route("/v1/retry", post().to(retry));
}

/// `/metrics`.
pub(super) fn metrics(app: &mut ServiceConfig) {
    app.route("/metrics", get().to(scrape));
}

async fn scrape(metrics: Data<PrometheusHandle>) -> impl Responder {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(metrics.render())
}

async fn status(service: Service) -> impl Responder {
    Json(service.status())
}

async fn findings(service: Service) -> impl Responder {
    Json(service.findings())
}

#[derive(Debug, Deserialize)]
struct HistoryQuery {
    limit: Option<usize>,
}

async fn history(service: Service, query: Query<HistoryQuery>) -> HttpResponse {
    let limit = query.limit.unwrap_or(HISTORY).min(HISTORY_MAX);
    match service.history(limit).await {
        Ok(rows) => HttpResponse::Ok().json(rows),
        Err(why) => problem(&why),
    }
}

async fn pause(service: Service, request: HttpRequest) -> HttpResponse {
    answer(service.pause(caller::of(&request)).await, "writing to switches is paused")
}

async fn resume(service: Service, request: HttpRequest) -> HttpResponse {
    answer(service.resume(caller::of(&request)).await, "writing to switches goes on")
}

async fn release_brake(service: Service, request: HttpRequest) -> HttpResponse {
    answer(service.release_brake(caller::of(&request)).await, "the brake is released; withdrawals go on")
}

async fn close(service: Service, request: HttpRequest, what: Json<Close>) -> HttpResponse {
    let what = what.into_inner();
    let done = format!("VLAN {} on {} {} is closed", what.vlan, what.switch, what.interface);
    answer(service.close(caller::of(&request), what).await, &done)
}

async fn retry(service: Service, request: HttpRequest) -> HttpResponse {
    answer(service.retry(caller::of(&request)).await, "refused logins are forgotten; every device is tried again")
}

fn answer(result: Result<(), ControlError>, done: &str) -> HttpResponse {
    match result {
        Ok(()) => HttpResponse::Ok().json(Accepted { done: done.to_owned() }),
        Err(why) => problem(&why),
    }
}

fn problem(why: &ControlError) -> HttpResponse {
    let status = match why {
        ControlError::NotFound(_) => StatusCode::NOT_FOUND,
        ControlError::Refused(_) => StatusCode::CONFLICT,
        ControlError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    HttpResponse::build(status).json(Problem { error: why.to_string() })
}

fn bad_request(why: &dyn std::fmt::Display) -> error::Error {
    let body = Problem { error: why.to_string() };
    error::InternalError::from_response("bad request", HttpResponse::BadRequest().json(body)).into()
}
