"""``/metrics`` for Prometheus, with a token of its own: counts and hours, no name and no word that somebody typed."""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterator, Mapping

import flask
from flask import Blueprint, Response, g, request
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from sync.ledger.operations.backup_notes import BackupNotes
from sync.operations.audit import Clockwork, findings
from sync.service import Service
from sync.settings import LEAST_SECRETS

PARTS = ("clock", "rules", "looks", "jobs", "notices", "seals", "backup", "disk")
STATES = {
    "待发送": "waiting", "发送中": "handed", "已发送": "sent", "已发送（演示信箱）": "demo", "未发送": "unsent",
    "发送失败": "failed", "不再发送": "left_out",
}  # fmt: skip


class ServiceCollector(Collector):
    """What is asked of the service when Prometheus comes."""

    def __init__(self, service: Service, clockwork: Clockwork) -> None:
        self.service, self.clockwork = service, clockwork

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges."""
        service = self.service
        now, states = service.now(), service.ledger.notice_states()
        wrong = {finding.part for finding in findings(service, self.clockwork, now) if finding.wrong}
        yield _family("jielu_attention", "1: people must look at this part", "part", {p: p in wrong for p in PARTS})
        told = {word: states.get(state, 0) for state, word in STATES.items()}
        yield _family("jielu_notices", "Notices by state", "state", told)
        silence = self.clockwork.silence()
        yield _family("jielu_job_silence_seconds", "Seconds since a job of the clock went through", "job", silence)
        yield GaugeMetricFamily("jielu_tick_failures", "Ticks failed in a row", value=self.clockwork.failures())
        if made_at := BackupNotes(service.ledger).backup().made_at:
            yield GaugeMetricFamily("jielu_backup_timestamp_seconds", "Last good backup", value=made_at.timestamp())


def _family(name: str, words: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], float(value))
    return family


def blueprint(service: Service, clockwork: Clockwork) -> Blueprint:
    """The page, and the durations of all requests."""
    pages, registry = Blueprint("metrics", __name__), CollectorRegistry()
    registry.register(ServiceCollector(service, clockwork))
    labels = ("method", "rule", "status")
    durations = Histogram("jielu_request_seconds", "Requests", labels, registry=registry)

    @pages.before_app_request
    def begin() -> None:
        g.metrics_began = time.perf_counter()

    @pages.after_app_request
    def note(response: Response) -> Response:
        if "metrics_began" in g and request.url_rule:
            values = (request.method, request.url_rule.rule, str(response.status_code))
            durations.labels(*values).observe(time.perf_counter() - g.metrics_began)
        return response

    @pages.get("/metrics")
    def metrics() -> Response:
        token = service.settings.metrics
        if len(token) < LEAST_SECRETS["JIELU_METRICS"]:
            flask.abort(404)
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
            flask.abort(401)
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    return pages
