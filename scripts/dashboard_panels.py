"""What the Grafana dashboard shows: its rows, panels and queries."""

# What the variables at the top of the dashboard choose.
GATEWAY = 'job=~"$job",instance=~"$instance"'
BACKEND = GATEWAY + ',backend=~"$backend"'
MODEL = GATEWAY + ',model=~"$model"'
PLACE = BACKEND + ',model=~"$model"'


def rate(name, choice=GATEWAY):
    return f"rate({name}{{{choice}}}[$__rate_interval])"


def total(name, by="", choice=GATEWAY):
    return f"sum by ({by}) ({rate(name, choice)})" if by else f"sum({rate(name, choice)})"


def grown(name, by):
    return f"sum by ({by}) (increase({name}{{{GATEWAY}}}[$__rate_interval]))"


def quantile(part, name, by="", choice=GATEWAY):
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({part}, {total(name + '_bucket', labels, choice)})"


def quantiles(name, choice=GATEWAY):
    return [(quantile(part, name, choice=choice), f"p{part * 100:g}") for part in (0.5, 0.95, 0.99)]


def mean(name, by="", choice=GATEWAY):
    return f"{total(name + '_sum', by, choice)} / {total(name + '_count', by, choice)}"


def failed_share(by="", choice=PLACE):
    """Failures of the service among requests; there is no series where none has failed."""
    failed = total("nexus_requests_total", by, choice + ',status=~"5.."')
    every = total("nexus_requests_total", by, choice)
    return f"({failed} or 0 * {every}) / ({every} > 0)"


def gauge(name, by="", choice=GATEWAY, how="sum"):
    return f"{how} by ({by}) ({name}{{{choice}}})" if by else f"{how}({name}{{{choice}}})"


# Panels: title, unit, queries with their legends; then width (of 24), kind, and further settings.
ROWS = [
    ("Overview", [
        ("Requests", "reqps", [(total("nexus_requests_total", choice=PLACE), "")], 3, "stat", {}),
        ("Errors (5xx)", "percentunit", [(failed_share(), "")], 3, "stat",
         {"steps": [(None, "green"), (0.01, "orange"), (0.05, "red")]}),
        ("First token, p95", "s",
         [(quantile(0.95, "nexus_agent_ttft_seconds", choice=BACKEND), "")], 3, "stat",
         {"steps": [(None, "green"), (2, "orange"), (5, "red")]}),
        ("Tokens of answers", "short",
         [(total("nexus_tokens_total_sum", choice=PLACE + ',type="completion"'), "per second")],
         3, "stat", {}),
        ("In flight", "short", [(gauge("nexus_requests_in_flight"), "requests")], 3, "stat", {}),
        ("Waiting", "short", [(gauge("nexus_queue_depth"), "requests")], 3, "stat",
         {"steps": [(None, "green"), (1, "orange")]}),
        ("Healthy backends", "short",
         [(gauge("nexus_backends_healthy"), "healthy"), (gauge("nexus_backends_total"), "known")],
         3, "stat", {"colour": "none"}),
        ("Budget used", "percent",
         [(gauge("nexus_budget_utilization_percent", how="max"), "")], 3, "stat",
         {"steps": [(None, "green"), (75, "orange"), (100, "red")]}),
        ("Requests by status", "reqps",
         [(total("nexus_requests_total", "status", PLACE), "{{status}}")], 8, "graph",
         {"stack": True}),
        ("Duration of requests", "s", quantiles("nexus_request_duration_seconds", PLACE), 8,
         "graph", {"exemplars": True}),
        ("Time to first token", "s", quantiles("nexus_agent_ttft_seconds", BACKEND), 8, "graph",
         {}),
        ("Tokens per second", "short",
         [(total("nexus_tokens_total_sum", "type", PLACE), "{{type}}")], 8, "graph", {}),
        ("Errors by cause", "reqps",
         [(total("nexus_errors_total", "error_type", MODEL), "{{error_type}}")], 8, "graph",
         {"stack": True}),
        ("Requests at the moment", "short", [
            (gauge("nexus_requests_in_flight"), "in flight"),
            (gauge("nexus_open_streams"), "open streams"),
            (gauge("nexus_queue_depth"), "waiting"),
            (gauge("nexus_queue_limit"), "may wait")], 8, "graph", {}),
        ("Queue", "reqps", [
            (total("nexus_queue_enqueued_total"), "began to wait"),
            (total("nexus_queue_drained_total"), "got a place"),
            (total("nexus_queue_timeout_total"), "waited in vain"),
            (total("nexus_queue_refused_total"), "turned away")], 12, "graph", {}),
        ("Time in the queue", "s", quantiles("nexus_queue_wait_seconds"), 12, "graph", {}),
    ]),
    ("Backends", [
        ("Backends", "short", [
            (gauge(name, "job, instance, backend", BACKEND), title) for name, title in (
                ("nexus_backend_up", "Up"), ("nexus_circuit_state", "Circuit"),
                ("nexus_pending_requests", "In flight"),
                ("nexus_agent_request_count_1h", "Requests 1 h"),
                ("nexus_agent_error_rate", "Errors of late"),
                ("nexus_agent_success_rate_24h", "Success 24 h"))], 24, "table", {}),
        ("Health", "short", [(f"nexus_backend_up{{{BACKEND}}}", "{{backend}}")], 12, "states",
         {"values": [("down", "red"), ("up", "green")]}),
        ("Circuits", "short", [(f"nexus_circuit_state{{{BACKEND}}}", "{{backend}}")], 12,
         "states", {"values": [("closed", "green"), ("on trial", "orange"), ("open", "red")]}),
        ("Requests in flight", "short",
         [(gauge("nexus_pending_requests", "backend", BACKEND), "{{backend}}")], 8, "graph",
         {"stack": True}),
        ("Requests", "reqps",
         [(total("nexus_requests_total", "backend", PLACE), "{{backend}}")], 8, "graph",
         {"stack": True}),
        ("First token, p95", "s",
         [(quantile(0.95, "nexus_agent_ttft_seconds", "backend", BACKEND), "{{backend}}")], 8,
         "graph", {}),
        ("Failed attempts", "reqps",
         [(total("nexus_attempt_failures_total", "backend, class", BACKEND),
           "{{backend}}: {{class}}")], 8, "graph", {"stack": True}),
        ("Retries by the failure before", "reqps",
         [(total("nexus_retries_total", "class"), "{{class}}")], 8, "graph", {"stack": True}),
        ("Failovers, and answers that broke off", "reqps", [
            (total("nexus_failovers_total", "stage"), "failover: {{stage}}"),
            (total("nexus_broken_answers_total", "backend", BACKEND), "broke off: {{backend}}")],
         8, "graph", {}),
        ("Circuits opened", "reqps",
         [(total("nexus_circuits_opened_total", "backend, cause", BACKEND),
           "{{backend}}: {{cause}}")], 8, "graph", {}),
        ("Circuits by state", "short",
         [(gauge("nexus_circuits", "scope, state"), "{{scope}}: {{state}}")], 8, "graph", {}),
        ("Health probes, p95", "s",
         [(quantile(0.95, "nexus_backend_latency_seconds", "backend", BACKEND), "{{backend}}")],
         8, "graph", {}),
    ]),
    ("Models", [
        ("Requests", "reqps", [(total("nexus_requests_total", "model", PLACE), "{{model}}")], 8,
         "graph", {"stack": True}),
        ("Errors (5xx)", "percentunit", [(failed_share("model"), "{{model}}")], 8, "graph", {}),
        ("Duration, p95", "s",
         [(quantile(0.95, "nexus_request_duration_seconds", "model", PLACE), "{{model}}")], 8,
         "graph", {}),
        ("Tokens per second of all answers", "short",
         [(total("nexus_tokens_total_sum", "model", PLACE + ',type="completion"'), "{{model}}")],
         8, "graph", {"stack": True}),
        ("Speed of a stream, median", "short",
         [(quantile(0.5, "nexus_tokens_per_second", "model, backend", PLACE),
           "{{model}} on {{backend}}")], 8, "graph", {}),
        ("Time between two tokens, p95", "s",
         [(quantile(0.95, "nexus_inter_token_latency_seconds", "model, backend", PLACE),
           "{{model}} on {{backend}}")], 8, "graph", {}),
        ("Tokens of a prompt, median", "short",
         [(quantile(0.5, "nexus_tokens_total", "model", PLACE + ',type="prompt"'), "{{model}}")],
         8, "graph", {}),
        ("Estimated prompt by real one, median", "short",
         [(quantile(0.5, "nexus_prompt_estimate_ratio", "model", MODEL), "{{model}}")], 8, "graph",
         {}),
        ("Served by a fallback", "reqps",
         [(total("nexus_fallbacks_total", "from_model, to_model"),
           "{{from_model}} → {{to_model}}")], 8, "graph", {}),
        ("Embeddings", "reqps", [
            (total("nexus_embeddings_requests_total", "model, status", MODEL),
             "{{model}}: {{status}}"),
            (total("nexus_embeddings_tokens_total", "model", MODEL), "{{model}}: tokens")], 8,
         "graph", {}),
        ("Models and orders to load them", "short", [
            (gauge("nexus_models_available", how="max"), "models available"),
            (gauge("nexus_lifecycle_jobs", "state"), "orders: {{state}}")], 8, "graph", {}),
        ("How prompts were measured", "reqps",
         [(total("nexus_token_count_tier_total", "tier", MODEL), "{{tier}}")], 8, "graph", {}),
    ]),
    ("Cost and budget", [
        ("Spent in the month", "currencyUSD", [
            (gauge("nexus_budget_spending_usd", "billing_month"), "spent {{billing_month}}"),
            (gauge("nexus_budget_reserved_usd"), "reserved"),
            (gauge("nexus_budget_limit_usd"), "limit")], 8, "graph", {}),
        ("Budget", "short", [(gauge("nexus_budget_status", "instance", how="max"), "{{instance}}")],
         8, "states", {"values": [
             ("normal", "green"), ("soft limit", "orange"), ("hard limit", "red")]}),
        ("Budget used", "percent",
         [(f"nexus_budget_utilization_percent{{{GATEWAY}}}", "{{instance}} {{billing_month}}")], 8,
         "graph", {}),
        ("Cost per hour", "currencyUSD",
         [("3600 * " + total("nexus_cost_per_request_usd_sum", "model, backend_type", MODEL),
           "{{model}} at {{backend_type}}")], 8, "graph", {"stack": True}),
        ("Cost of a request, mean", "currencyUSD",
         [(mean("nexus_cost_per_request_usd", "model", MODEL), "{{model}}")], 8, "graph", {}),
        ("What happened to the budget", "short",
         [(grown("nexus_budget_events_total", "event_type"), "{{event_type}}")], 8, "graph", {}),
    ]),
    ("Gateway", [
        ("Lag of the threads", "s",
         [(gauge("nexus_event_loop_lag_seconds", "instance, loop", how="max"),
           "{{instance}} thread {{loop}}")], 8, "graph", {}),
        ("Call of a driver, p99", "s",
         [(quantile(0.99, "nexus_driver_call_duration_seconds", "driver"), "{{driver}}")], 8,
         "graph", {}),
        ("Route decision", "s", quantiles("nexus_pipeline_duration_seconds"), 8, "graph", {}),
        ("Stages of a decision, mean", "s",
         [(mean("nexus_reconciler_duration_seconds", "reconciler"), "{{reconciler}}")], 8,
         "graph", {}),
        ("Candidates dropped by stages", "short",
         [(total("nexus_reconciler_exclusions_total", "reconciler"), "{{reconciler}}")], 8,
         "graph", {"stack": True}),
        ("Background work, p95", "s", [
            (quantile(0.95, "nexus_token_count_duration_seconds", "tier", MODEL),
             "read a request: {{tier}}"),
            (quantile(0.95, "nexus_quality_recompute_duration_seconds"), "quality of backends")],
         8, "graph", {}),
        ("Connections", "short", [
            (gauge("nexus_client_connections"), "clients"),
            (gauge("nexus_live_viewers"), "open dashboards"),
            (gauge("nexus_upstream_connections", "state"), "backends: {{state}}")], 8, "graph", {}),
        ("Connections to backends", "ops", [
            (total("nexus_upstream_connections_opened_total"), "made"),
            (total("nexus_upstream_connections_reused_total"), "used again"),
            (total("nexus_upstream_connection_failures_total"), "failed")], 8, "graph", {}),
        ("Bytes", "Bps", [
            (total("nexus_request_body_bytes_total", choice=PLACE), "requests"),
            (total("nexus_response_body_bytes_total", choice=PLACE), "answers")], 8, "graph", {}),
        ("Memory", "bytes",
         [(gauge("process_resident_memory_bytes", "instance"), "{{instance}}")], 8, "graph", {}),
        ("Processor", "percentunit",
         [(total("process_cpu_seconds_total", "instance"), "{{instance}}")], 8, "graph", {}),
        ("Open files", "short", [
            (gauge("process_open_fds", "instance"), "{{instance}}"),
            (gauge("process_max_fds", "instance"), "{{instance}}: limit")], 8, "graph",
         {"log": True}),
        ("Backends by source, and discovery", "short", [
            (gauge("nexus_backends_by_source", "source"), "{{source}}"),
            (gauge("nexus_discovery_network_up", how="min"), "network is heard"),
            (grown("nexus_discovery_events_total", "event"), "{{event}}")], 8, "graph", {}),
        ("Retries earned, streams, what was lost", "short", [
            (gauge("nexus_retry_budget"), "retries that may be made"),
            (total("nexus_streams_total"), "streams per second"),
            (grown("nexus_log_dropped_total", "instance"), "{{instance}}: lines of the log lost"),
            (grown("nexus_live_viewers_dropped_total", "instance"),
             "{{instance}}: dashboards that did not keep up")], 8, "graph", {}),
        ("Spans for the collector of traces", "short", [
            (total("nexus_trace_spans_exported_total"), "taken"),
            (total("nexus_trace_spans_dropped_total", "reason"), "lost: {{reason}}")], 8, "graph",
         {"stack": True}),
        ("Gateways", "short", [
            (gauge("nexus_build_info", "job, instance, version"), "Version"),
            (gauge("nexus_uptime_seconds", "job, instance"), "Up for (s)"),
            ("1000 * " + gauge("process_start_time_seconds", "job, instance"), "Since"),
            (gauge("nexus_drivers", "job, instance", GATEWAY + ',state="loaded"'), "Drivers"),
            (gauge("nexus_drivers", "job, instance", GATEWAY + ',state="refused"'), "Refused")],
         16, "table", {}),
    ]),
]

VARIABLES = [
    ("job", "Job", "label_values(nexus_build_info, job)"),
    ("instance", "Gateway", 'label_values(nexus_build_info{job=~"$job"}, instance)'),
    ("backend", "Backend", f"label_values(nexus_requests_total{{{GATEWAY}}}, backend)"),
    ("model", "Model", f"label_values(nexus_requests_total{{{GATEWAY}}}, model)"),
]
