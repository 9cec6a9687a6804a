"""A web server in Swift whose tracing and metrics go into the recording, driven over loopback while it is recorded."""
import concurrent.futures
import http.client
import os
import pathlib
import signal

import pytest

from perfetto_engine import decode

SERVER = pathlib.Path(os.environ.get(
    "STRIPCHART_SERVER_EXAMPLE", pathlib.Path(__file__).resolve().parents[2] / ".build-examples/Server/debug/Server"))
PAGES, NOTES, BROKEN, MISSING = 40, 48, 5, 3
NOTE_BYTES = 1 << 20
TRACE = "0af7651916cd43dd8448eb211c80319c"

SLICES = """
    select s.id, s.name, s.dur, p.name as parent, s.arg_set_id from slice s left join slice p on s.parent_id = p.id
    where s.category is null or s.category != 'stripchart'
"""
ARGUMENTS = "select arg_set_id, flat_key, display_value from args where flat_key like 'debug.%'"
CURVES = """
    select t.name, count(*) as points, max(c.value) as greatest from counter c join counter_track t on c.track_id = t.id
    group by 1
"""


def request(port, method, path, body=None, headers={}):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


@pytest.fixture(scope="module")
def recorded(command_path, tmp_path_factory):
    """The recording of a server that answered so many requests and was then told to stop; and how it ended."""
    from stripchart_command import StripchartCommand

    if not os.access(SERVER, os.X_OK):
        pytest.skip("the example is not built: make examples")
    folder = tmp_path_factory.mktemp("server")
    stripchart = StripchartCommand(command_path, folder)
    recording = folder / "server.pftrace"
    process = stripchart.start_run(SERVER, 0, recording=recording)
    try:
        line = process.stdout.readline().decode()
        port = int(line.split()[-1])
        with concurrent.futures.ThreadPoolExecutor(4) as clients:
            pages = clients.map(lambda number: request(port, "GET", f"/pages/p{number}"), range(PAGES))
            assert set(pages) == {200}
            notes = clients.map(lambda _: request(port, "POST", "/notes", b"n" * NOTE_BYTES), range(NOTES))
            assert set(notes) == {200}
        assert {request(port, "GET", "/broken") for _ in range(BROKEN)} == {500}
        assert {request(port, "GET", f"/no/{number}") for number in range(MISSING)} == {404}
        caller = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
        assert request(port, "GET", "/pages/called", headers=caller) == 200
        process.send_signal(signal.SIGTERM)
        outcome = stripchart.finish(process, b"", recording)
    finally:
        stripchart.end_all()
    return stripchart, outcome


@pytest.fixture(scope="module")
def slices(recorded, engine):
    """All slices, with their arguments by name. The engine writes a name's dots as underscores."""
    rows, arguments = engine.assert_clean(recorded[1].recording, SLICES, ARGUMENTS)
    of = {}
    for row in arguments:
        of.setdefault(row["arg_set_id"], {})[row["flat_key"].removeprefix("debug.")] = row["display_value"]
    return [dict(row, arguments=of.get(row["arg_set_id"], {})) for row in rows]


def named(slices, name):
    return [slice for slice in slices if slice["name"] == name]


def test_it_shuts_down_and_leaves_a_whole_recording(recorded, engine, slices):
    outcome = recorded[1]
    assert outcome.rc == 0, outcome.stderr
    decode(outcome.recording)
    assert [slice for slice in slices if slice["dur"] < 0] == []


def test_each_route_is_a_span_with_its_calls(recorded, slices):
    expected = {"/pages/{name}": PAGES + 1, "/notes": NOTES, "/broken": BROKEN, "NotFound": MISSING}
    assert {name: len(named(slices, name)) for name in expected} == expected
    spans = recorded[0].report(recorded[1].recording)["spans"]
    calls = {span["name"]: span["calls"] for span in spans if len(span["path"]) == 1}
    assert {name: calls.get(name) for name in expected} == expected


def test_spans_of_the_handler_nest_below_the_route(slices):
    assert {slice["parent"] for slice in named(slices, "load page")} == {"/pages/{name}"}
    assert {slice["parent"] for slice in named(slices, "render page")} == {"/pages/{name}"}
    assert {slice["parent"] for slice in named(slices, "join lines")} == {"render page"}
    assert len(named(slices, "load page")) == len(named(slices, "join lines")) == PAGES + 1


def test_attributes_are_arguments(slices):
    for slice in named(slices, "/pages/{name}"):
        arguments = slice["arguments"]
        assert arguments["http_request_method"] == "GET" and arguments["kind"] == "server"
        assert arguments["http_response_status_code"] == "200"
    assert {slice["arguments"]["page_name"] for slice in named(slices, "load page")} >= {"p0", "p39", "called"}


def test_who_called_is_told(slices):
    called = [slice for slice in slices if slice["arguments"].get("url_path") == "/pages/called"]
    assert [(slice["arguments"]["trace_id"], slice["arguments"]["parent_id"]) for slice in called] == [(TRACE, "b7ad6b7169203331")]


def test_a_failing_route_says_how_it_failed(recorded, slices):
    for slice in named(slices, "/broken"):
        assert slice["arguments"]["exception"] == "PageFailure" and slice["arguments"]["status"] == "error"
    broken = [span for span in recorded[0].report(recorded[1].recording)["spans"] if span["name"] == "/broken"]
    assert [span["exceptions"] for span in broken] == [[{"type": "PageFailure", "count": BROKEN}]]


def test_metrics_are_curves_with_their_last_values(recorded, engine):
    curves = {row["name"]: row for row in engine(recorded[1].recording, CURVES)}
    route = 'http.request.method="GET", http.response.status_code="200", http.route="/pages/{name}"'
    assert curves[f"hb.requests{{{route}}}"]["greatest"] == PAGES + 1
    assert curves["notes.kept"]["greatest"] == NOTES
    assert curves[f"http.server.request.duration{{{route}}}, ms count"]["greatest"] == PAGES + 1
    assert curves[f"http.server.request.duration{{{route}}}, ms mean"]["greatest"] >= 2


def test_the_route_that_keeps_memory_is_named(recorded):
    report = recorded[0].report(recorded[1].recording)
    growth = {span["name"]: (span["rss_growth_once_bytes"] or 0) for span in report["spans"] if len(span["path"]) == 1}
    assert max(growth, key=growth.get) == "/notes", growth
    assert growth["/notes"] >= NOTES * NOTE_BYTES / 2
