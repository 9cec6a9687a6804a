"""Reads a speedscope file by the rules of its format (https://www.speedscope.app/file-format-schema.json and the importer)."""
import json
from collections import Counter

UNITS = {"none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"}


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class Speedscope:
    def __init__(self, text):
        self.file = json.loads(text)
        assert self.file["$schema"] == "https://www.speedscope.app/file-format-schema.json"
        assert set(self.file) <= {"$schema", "shared", "profiles", "name", "activeProfileIndex", "exporter"}
        assert isinstance(self.file.get("name", ""), str) and isinstance(self.file.get("exporter", ""), str)
        assert set(self.file["shared"]) == {"frames"}
        self.frames = self.file["shared"]["frames"]
        for frame in self.frames:
            assert isinstance(frame["name"], str) and set(frame) <= {"name", "file", "line", "col"}
            assert isinstance(frame.get("file", ""), str) and isinstance(frame.get("line", 1), int)
        assert isinstance(self.file["profiles"], list)
        if self.file["profiles"]:
            assert 0 <= self.file.get("activeProfileIndex", 0) < len(self.file["profiles"])
        self.profiles = [Profile(each, self.frames) for each in self.file["profiles"]]

    @property
    def kinds(self):
        return {each.kind for each in self.profiles}

    def frame(self, name):
        [found] = [each for each in self.frames if each["name"] == name]
        return found

    def profile(self, end_of_name):
        [found] = [each for each in self.profiles if each.name.endswith(end_of_name)]
        return found


class Profile:
    """`total` and `calls` of each frame's name, `weight` of all; times in the profile's unit."""

    def __init__(self, profile, frames):
        common = {"type", "name", "unit", "startValue", "endValue"}
        self.kind, self.name, self.unit = profile["type"], profile["name"], profile["unit"]
        self.start, self.end = profile["startValue"], profile["endValue"]
        assert isinstance(self.name, str) and self.unit in UNITS
        assert is_number(self.start) and is_number(self.end) and self.start <= self.end
        self.total, self.calls, self.own = Counter(), Counter(), Counter()
        if self.kind == "evented":
            assert set(profile) == common | {"events"}
            self.read_events(profile["events"], frames)
        else:
            assert self.kind == "sampled" and set(profile) == common | {"samples", "weights"}
            self.read_samples(profile["samples"], profile["weights"], frames)

    def read_events(self, events, frames):
        last, stack = self.start, []
        for event in events:
            assert set(event) == {"type", "frame", "at"} and 0 <= event["frame"] < len(frames)
            assert is_number(event["at"]) and last <= event["at"] <= self.end, "out of order"
            last = event["at"]
            if event["type"] == "O":
                stack.append((event["frame"], last))
                continue
            assert event["type"] == "C"
            frame, begin = stack.pop()
            assert frame == event["frame"], "tried to leave a frame that is not on top"
            self.total[frames[frame]["name"]] += last - begin
            self.calls[frames[frame]["name"]] += 1
        assert stack == [], "not balanced"

    def read_samples(self, samples, weights, frames):
        assert len(samples) == len(weights)
        for stack, weight in zip(samples, weights):
            assert is_number(weight) and weight >= 0 and all(0 <= each < len(frames) for each in stack)
            self.own[tuple(frames[each]["name"] for each in stack)] += weight
            for name in {frames[each]["name"] for each in stack}:
                self.total[name] += weight
        assert sum(weights) <= self.end - self.start
