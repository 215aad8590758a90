"""What the sandbox's page says about each vendor, read from the store by kind.

A kind that is absent is an empty table. Fields are chosen one by one: whole documents hold secrets.
"""

from datetime import UTC, datetime
from typing import Any

import psycopg

from stackwright.sandbox.page_html import Html, button, lines, link, section, table
from stackwright.sandbox.render.logs import Logs
from stackwright.sandbox.status import database_address
from stackwright.sandbox.world import World

_TAIL = 40
_JOBS = """
SELECT coalesce(jobname, jobid::text), schedule, CASE WHEN active THEN 'active' ELSE 'off' END,
  coalesce(to_char(start_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), 'never'),
  coalesce(status, '')
FROM cron.job LEFT JOIN LATERAL (
  SELECT * FROM cron.job_run_details AS run WHERE run.jobid = job.jobid ORDER BY runid DESC LIMIT 1
) AS last USING (jobid) ORDER BY jobid"""
_VENDORS = ("render", "supabase", "stripe")
Rows = dict[str, list[tuple[str, ...]]]
"""By project ref, as its database answered."""


def everything(world: World, migrations: Rows, jobs: Rows) -> Html:
    """All sections."""
    return Html(
        _addresses(world)
        + section("services", "Render services", _services(world))
        + section("functions", "Edge functions", _functions(world))
        + section("secrets", "Secrets (names only)", _secrets(world))
        + section("migrations", "Migrations", _migrations(migrations))
        + section("jobs", "Scheduled jobs (pg_cron)", _jobs(jobs))
        + section("catalogue", "Stripe catalogue", _catalogue(world))
        + section("webhooks", "Webhook endpoints", _endpoints(world))
        + section("deliveries", "Webhook deliveries", _deliveries(world))
        + section("faults", "Faults in force", _faults(world))
        + section("journal", "Requests, newest first", _journal(world))
    )


def _addresses(world: World) -> Html:
    rows = [(name, address) for name, address in world.urls.items() if name != "page"]
    return section("addresses", "Stand-ins", table(("what", "address"), rows))


def _services(world: World) -> Html:
    rows = []
    for service in world.store.all("render.service"):
        deploys = world.store.find("render.deploy", service=service["id"])
        rows.append(
            (
                service["name"],
                service["type"],
                _address(service),
                lines(f"{deploy['id']} {deploy['status']}" for deploy in reversed(deploys[-5:])),
                link(f"/services/{service['id']}/logs", "log"),
            )
        )
    return table(("name", "type", "address", "deploys", ""), rows)


def _address(service: dict[str, Any]) -> object:
    url = service["serviceDetails"].get("url", "")
    return link(url) if url.startswith("http") else url


def _functions(world: World) -> Html:
    gateway = world.urls.get("gateway", "")
    rows = [
        (
            function["slug"],
            function["ref"],
            f"version {function['version']}",
            link(f"{gateway}/{function['ref']}/functions/v1/{function['slug']}"),
            link(f"/functions/{function['ref']}/{function['slug']}/logs", "log"),
        )
        for function in world.store.all("supabase.function")
    ]
    return table(("name", "project", "version", "address", ""), rows)


def _secrets(world: World) -> Html:
    rows = [
        (f"{secret['ref']} (functions)", secret["name"])
        for secret in world.store.all("supabase.secret")
    ]
    names = {service["id"]: service["name"] for service in world.store.all("render.service")}
    for service, name in names.items():
        env_vars = (world.store.get("render.env_vars", service) or {}).get("items", {})
        rows += [(f"{name} (env var)", key) for key in env_vars]
    return table(("where", "name"), rows)


def migrations(world: World) -> Rows:
    """The applied migrations of each project, from its database; blocks for a query."""
    return {
        project["ref"]: _applied(database_address(world, project))
        for project in world.store.all("supabase.project")
    }


def _applied(address: str) -> list[tuple[str, ...]]:
    query = "SELECT version, coalesce(name, '') FROM supabase_migrations.schema_migrations"
    return _rows(address, f"{query} ORDER BY version")


def jobs(world: World) -> Rows:
    """The scheduled jobs of each project with their last runs, from its database; blocks."""
    return {
        project["ref"]: _rows(database_address(world, project), _JOBS)
        for project in world.store.all("supabase.project")
    }


def _rows(address: str, query: str) -> list[tuple[str, ...]]:
    try:
        with psycopg.connect(address, connect_timeout=3) as connection:
            return connection.execute(query.encode()).fetchall()
    except psycopg.Error:
        return []  # no such table yet, or the database is down: the page still opens


def _jobs(found: Rows) -> Html:
    rows = [(ref, *job) for ref, all_jobs in found.items() for job in all_jobs]
    return table(("project", "job", "schedule", "", "last run", ""), rows)


def _migrations(found: Rows) -> Html:
    rows = [(ref, *applied) for ref, all_applied in found.items() for applied in all_applied]
    return table(("project", "version", "name"), rows)


def _catalogue(world: World) -> Html:
    products = world.store.all("stripe.product")
    names = {product["id"]: product["name"] for product in products}
    rows = [
        (_mode(product), product["id"], product["name"], "", _active(product))
        for product in products
    ]
    rows += [
        (_mode(price), price["id"], names.get(price["product"], ""), _amount(price), _active(price))
        for price in world.store.all("stripe.price")
    ]
    return table(("mode", "id", "product", "price", ""), rows)


def _amount(price: dict[str, Any]) -> str:
    amount = price.get("unit_amount")
    interval = (price.get("recurring") or {}).get("interval", "once")
    known = f"{amount / 100:.2f}" if amount is not None else "by formula"
    return f"{known} {price['currency'].upper()} / {interval}"


def _active(thing: dict[str, Any]) -> str:
    return "active" if thing.get("active") else "archived"


def _mode(thing: dict[str, Any]) -> str:
    return "live" if thing.get("livemode") else "test"


def _endpoints(world: World) -> Html:
    rows = [
        (_mode(endpoint), endpoint["url"], endpoint["status"], lines(endpoint["enabled_events"]))
        for endpoint in world.store.all("stripe.webhook_endpoint")
    ]
    return table(("mode", "address", "", "events"), rows)


def _deliveries(world: World) -> Html:
    rows = [
        (
            delivery["type"],
            delivery["url"],
            delivery["status"],
            lines(_attempt(attempt) for attempt in delivery["attempts"]),
            button(f"/deliveries/{delivery['id']}/resend", "resend"),
        )
        for delivery in reversed(world.store.all("stripe.delivery")[-_TAIL:])
    ]
    return table(("event", "to", "", "attempts", ""), rows)


def _attempt(attempt: dict[str, Any]) -> str:
    return f"{_time(attempt['time'])} {attempt.get('status') or attempt.get('error')}"


def _faults(world: World) -> Html:
    rows = [
        (fault.kind, fault.vendor or "any", fault.method or "any", fault.path, fault.times or "∞")
        for fault in world.faults.all()
    ]
    return table(("kind", "vendor", "method", "path", "times"), rows)


def _journal(world: World) -> Html:
    rows = [
        (
            _time(entry.time),
            entry.vendor,
            f"{entry.method} {entry.path}",
            entry.status,
            "write" if entry.write else "",
            entry.note or "",
        )
        for entry in reversed(world.journal.entries(last=_TAIL))
    ]
    return table(("time", "vendor", "request", "status", "", ""), rows)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S")


def service_log(world: World, service: dict[str, Any]) -> str:
    """Build and process output of a service."""
    logs = Logs(world)
    release = world.store.get("render.release", service["id"])
    found = [
        f"{line['timestamp']} {line['labels']['type']:<5} {line['message']}"
        for line in logs.all(service["id"])
    ]
    if release and release["command"]:
        process = world.processes.log(f"service {service['id']} {release['deploy']}")
        found += ["", "Output of the running process:", _read(process)]
    return "\n".join(found)


def function_log(world: World, function: dict[str, Any]) -> str:
    """Output of a function's process."""
    return _read(world.processes.log(f"function {function['ref']} {function['slug']}"))


def _read(path: Any) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def secret_values(world: World) -> list[str]:
    """Every secret that the sandbox knows, to be kept out of what is shown."""
    found = [value for vendor in _VENDORS for value in world.credentials(vendor).values()]
    found += [secret["value"] for secret in world.store.all("supabase.secret")]
    for endpoint in world.store.all("stripe.webhook_endpoint"):
        found += [value for key, value in endpoint.items() if "secret" in key and value]
    for project in world.store.all("supabase.project"):
        found += [project[key] for key in ("db_password", "jwt_secret", "secret_key")]
    return [str(value) for value in found]
