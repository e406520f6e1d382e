"""The rules that need no server: splitting, waiting, texts, and what the spool folder promises."""

import datetime
import inspect
import json
import os
import random
import stat
import struct
import tempfile
import time
import typing
import unittest
from pathlib import Path

import tallyhouse_worker as tallyhouse


def page(number: int, values: typing.Sequence[float] = (0.5, 1.5)) -> dict:
    data = {"values": list(values), "dimensions": [list(range(len(values)))], "unit": "Gy"}
    return {"page_number": number, "name": f"page {number}", "data": data}


def joined(parts: typing.Iterable[tallyhouse.Part]) -> typing.Dict[str, dict]:
    """What a service has after it stored all of them."""
    stored: typing.Dict[str, dict] = {}
    for part in parts:
        for estimator in json.loads(part.text):
            kept = stored.setdefault(estimator["name"], {**estimator, "pages": []})
            kept["pages"] += estimator["pages"]
    return stored


class Splitting(unittest.TestCase):
    def test_what_fits_stays_one_text(self) -> None:
        estimators = [{"name": "a", "pages": [page(0), page(1)]}, {"name": "b", "pages": []}]
        parts = list(tallyhouse.split_estimators(estimators, 10_000))
        self.assertEqual([json.loads(part.text) for part in parts], [estimators])
        self.assertEqual(parts[0].pages, (("a", 0), ("a", 1)))

    def test_nothing_is_one_empty_text(self) -> None:
        self.assertEqual(list(tallyhouse.split_estimators([], 10)), [tallyhouse.Part("[]", ())])

    def test_parts_fill_their_room_never_exceed_it_and_lose_nothing(self) -> None:
        draw = random.Random(4)
        for _ in range(300):
            estimators = [
                {
                    "name": f"estimator {index}",
                    "metadata": {"text": "x" * draw.randrange(50)},
                    "pages": [
                        page(n, [draw.random() for _ in range(draw.randrange(1, 20))]) for n in range(draw.randrange(9))
                    ],
                }
                for index in range(draw.randrange(1, 7))
            ]
            room = draw.randrange(300, 3000)
            parts = list(tallyhouse.split_estimators(estimators, room))
            self.assertEqual(list(joined(parts).values()), estimators)
            for part in parts:
                self.assertTrue(len(part.text) <= room or len(part.pages) == 1, (len(part.text), room))
            pages = [key for part in parts for key in part.pages]
            self.assertEqual(len(pages), sum(len(estimator["pages"]) for estimator in estimators))
            self.assertEqual(len(set(pages)), len(pages))

    def test_the_size_of_a_part_is_counted_to_the_byte(self) -> None:
        estimators = [{"name": "a", "pages": [page(0), page(1)]}, {"name": "b", "pages": [page(0)]}]
        exact = len(next(tallyhouse.split_estimators(estimators, 10_000)).text)
        self.assertEqual(len(list(tallyhouse.split_estimators(estimators, exact))), 1)
        self.assertEqual(len(list(tallyhouse.split_estimators(estimators, exact - 1))), 2)

    def test_a_page_over_the_room_is_alone(self) -> None:
        estimators = [{"name": "a", "pages": [page(0), page(1, [0.1] * 500), page(2)]}]
        parts = list(tallyhouse.split_estimators(estimators, 400))
        self.assertEqual([part.pages for part in parts], [(("a", 0),), (("a", 1),), (("a", 2),)])

    def test_pages_and_estimators_are_counted_too(self) -> None:
        estimators = [{"name": str(name), "pages": [page(0), page(1)]} for name in range(3)]
        by_pages = list(tallyhouse.split_estimators(estimators, 10**6, max_pages=4))
        self.assertEqual([len(part.pages) for part in by_pages], [4, 2])
        by_estimators = list(tallyhouse.split_estimators(estimators, 10**6, max_estimators=1))
        self.assertEqual([len(part.pages) for part in by_estimators], [2, 2, 2])

    def test_both_page_shapes_have_a_number(self) -> None:
        worker_page = {"dimensions": 0, "metadata": {"page_number": "7"}, "data": {"values": [1.0]}}
        part = next(tallyhouse.split_estimators([{"name": "a", "pages": [worker_page]}], 10_000))
        self.assertEqual(part.pages, (("a", 7),))

    def test_what_is_no_estimator_is_named(self) -> None:
        for wrong in ({"name": "a"}, {"name": "a", "pages": {}}, "a"):
            with self.assertRaisesRegex(ValueError, r"estimators\[1\]"):
                list(tallyhouse.split_estimators([{"name": "b", "pages": []}, wrong], 1000))  # type: ignore[list-item]

    def test_files_are_split_between_files(self) -> None:
        texts = {name: json.dumps(name * 40) for name in "abcdefg"}
        parts = [json.loads(part) for part in tallyhouse.split_map(texts, 100, 100)]
        self.assertEqual([list(part) for part in parts], [["a", "b"], ["c", "d"], ["e", "f"], ["g"]])
        self.assertEqual(list(tallyhouse.split_list(["1", "2", "3"], 100, 2)), ["[1,2]", "[3]"])


class Waiting(unittest.TestCase):
    def test_waits_double_up_to_half_a_minute_and_are_shortened_at_random(self) -> None:
        self.assertEqual([tallyhouse.backoff(n, None, 0) for n in (0, 1, 2, 6, 1000)], [0.5, 1, 2, 30, 30])
        self.assertEqual(tallyhouse.backoff(6, None, 1), 15)

    def test_never_shorter_than_the_server_asked(self) -> None:
        self.assertEqual(tallyhouse.backoff(0, 7, 0), 7)
        self.assertEqual(tallyhouse.backoff(0, 8, 1), 10)
        self.assertEqual(tallyhouse.backoff(6, 1, 0), 30)

    def test_retry_after_is_seconds_or_a_date_and_believed_within_reason(self) -> None:
        now = datetime.datetime(2026, 11, 25, 12, 0, 0, tzinfo=datetime.timezone.utc).timestamp()
        expected = {
            "5": 5, " 0 ": 0, "999999": 600, "Wed, 25 Nov 2026 12:00:09 GMT": 9, "Wed, 25 Nov 2026 11:00:00 GMT": 0,
            "soon": None, "-1": None, "": None, None: None, "9" * 400: None,
        }  # fmt: skip
        for text, seconds in expected.items():
            self.assertEqual(tallyhouse.parse_retry_after(text, now), seconds, text)


class Texts(unittest.TestCase):
    def test_any_double_comes_back_from_its_text(self) -> None:
        draw = random.Random(1)
        values = [-0.0, 5e-324, 1.7976931348623157e308, 1e22, 0.1]
        while len(values) < 5000:
            (value,) = struct.unpack(">d", draw.getrandbits(64).to_bytes(8, "big"))
            if value - value == 0:
                values.append(value)
        text = tallyhouse.json_text(values)
        self.assertEqual(text, "[" + ",".join(map(repr, values)) + "]")
        again = tallyhouse.parse_results(text)
        self.assertEqual([struct.pack(">d", value) for value in again], [struct.pack(">d", value) for value in values])

    def test_what_python_writes_beyond_json_is_passed_on(self) -> None:
        self.assertEqual(tallyhouse.json_text([float("nan"), float("inf"), -float("inf")]), "[NaN,Infinity,-Infinity]")

    def test_arrays_are_lists_and_local_times_get_their_zone(self) -> None:
        class Array:
            def tolist(self) -> typing.List[float]:
                return [0.5]

        self.assertEqual(tallyhouse.json_text({"values": Array()}), '{"values":[0.5]}')
        naive = datetime.datetime(2026, 11, 25, 12)
        self.assertEqual(datetime.datetime.fromisoformat(json.loads(tallyhouse.json_text(naive))), naive.astimezone())
        with self.assertRaises(TypeError):
            tallyhouse.json_text(object())

    def test_a_file_keeps_every_sign_and_no_number_turns_into_infinity(self) -> None:
        (zero,) = tallyhouse.parse_results("[-0]")
        self.assertEqual(str(zero), "-0.0")
        self.assertEqual(tallyhouse.parse_results('{"estimators": [12345678901234567890]}'), [12345678901234567890])
        for wrong in ("[1e400]", "{}", "1", "[", '{"estimators": {}}'):
            with self.assertRaises(ValueError):
                tallyhouse.parse_results(wrong)

    def test_the_hints_are_valid_in_this_python(self) -> None:
        for one in (tallyhouse.Worker, tallyhouse.Spool, tallyhouse.Settings, tallyhouse.Courier):
            for method in filter(inspect.isfunction, vars(one).values()):
                typing.get_type_hints(method)


class Keeping(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name) / "a" / "spool"
        self.spool = tallyhouse.Spool(self.root, 10**6)
        self.folder = self.spool.of("../job:1")
        os.umask(os.umask(0o000))

    def message(self, text: str = '{"update_key":"k"}') -> tallyhouse.Message:
        return tallyhouse.Message.of("tasks.update", "../job:1", text)

    def test_what_is_kept_comes_back_in_order_and_is_nobody_elses_to_read(self) -> None:
        messages = [self.message(json.dumps([number] * 5000)) for number in range(20)]
        names = [self.folder.put(message) for message in messages]
        self.assertEqual(self.folder.pending(), names)
        self.assertEqual([self.folder.load(name) for name in names], messages)
        self.assertEqual(self.folder.path.parent, self.root)
        for path in [self.folder.path, *self.folder.path.iterdir()]:
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o700 if path.is_dir() else 0o600)
        self.assertEqual({path.suffix for path in self.folder.path.iterdir()}, {".msg"})

    def test_order_survives_a_clock_that_is_put_back(self) -> None:
        now = time.time_ns
        self.addCleanup(setattr, time, "time_ns", now)
        first = self.folder.put(self.message())
        time.time_ns = lambda: now() - 10**15
        second = self.folder.put(self.message())
        self.assertEqual(self.folder.pending(), [first, second])

    def test_it_is_bounded_and_says_so(self) -> None:
        small = tallyhouse.Spool(self.root, 1000).of("1")
        small.put(self.message())
        with self.assertRaisesRegex(tallyhouse.SpoolError, "full"):
            small.put(self.message("[" + "1," * 500 + "1]"))
        self.assertEqual(len(small.pending()), 1)

    def test_a_damaged_file_is_recognised(self) -> None:
        name = self.folder.put(self.message())
        path = self.folder.path / name
        data = path.read_bytes()
        for damaged in (data[:-1], data[:10], b"", data + b" ", data.replace(b"tasks.update", b"tasks.upbate")):
            path.write_bytes(damaged)
            with self.assertRaisesRegex(ValueError, "damaged"):
                self.folder.load(name)

    def test_a_refusal_is_told_once(self) -> None:
        name = self.folder.put(self.message())
        self.folder.set_aside(name, 403, "no")
        self.assertEqual(self.folder.pending(), [])
        refusal = self.folder.take_refusal(name)
        assert refusal is not None
        self.assertEqual((refusal.status, refusal.message), (403, "no"))
        self.assertIsNone(self.folder.take_refusal(name))
        self.assertEqual(list(self.folder.path.iterdir()), [])

    def test_simulations_come_oldest_first(self) -> None:
        for simulation in ("b", "a", "c"):
            self.spool.of(simulation).put(self.message())
        self.assertEqual([folder.path.name[-1] for folder in self.spool.waiting()], ["b", "a", "c"])


def task(**members: typing.Any) -> tallyhouse.Task:
    message = {
        **{"job_id": "job-1", "sim_id": 7, "task_id": 0, "ntasks": 2, "update_key": "k" * 43},
        **{"input_type": "files", "input": {}},
        **members,
    }
    return tallyhouse.Task.of(json.dumps(message).encode())


class Running(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_what_is_no_task_is_recognised(self) -> None:
        for body in (b"", b"[]", b"{}", b'{"job_id": "a"}'):
            with self.assertRaises(ValueError):
                tallyhouse.Task.of(body)
        for wrong in ({"task_id": "0"}, {"input": []}, {"update_key": None}):
            with self.assertRaises(ValueError):
                task(**wrong)

    def test_a_seed_is_a_tasks_own_and_always_the_same(self) -> None:
        seeds = {task(task_id=number).seed for number in range(1000)}
        self.assertEqual(len(seeds), 1000)
        self.assertTrue(all(0 < seed < 2**31 for seed in seeds))
        self.assertEqual(task().seed, task().seed)

    def test_a_project_is_written_as_a_file_and_files_by_name(self) -> None:
        tallyhouse.write_input(task(input_type="editor", input={"beam": {"energy": 1.5}}), self.folder)
        self.assertEqual(json.loads((self.folder / "input.json").read_text()), {"beam": {"energy": 1.5}})
        tallyhouse.write_input(task(input={"beam.dat": "a\r\nb\n", "Wi\u0105zka 1.inp": ""}), self.folder)
        self.assertEqual((self.folder / "beam.dat").read_bytes(), b"a\r\nb\n")
        self.assertTrue((self.folder / "Wi\u0105zka 1.inp").exists())

    def test_no_name_leaves_the_folder(self) -> None:
        inside = self.folder / "inside"
        inside.mkdir()
        for name in ("", ".", "..", "../x", "/tmp/x", "a/b", "a\\b", "C:x", "a\nb"):
            with self.assertRaises(ValueError):
                tallyhouse.write_input(task(input={name: "text"}), inside)
        os.symlink(self.folder / "target", inside / "link")
        with self.assertRaises(OSError):
            tallyhouse.write_input(task(input={"link": "text"}), inside)
        self.assertEqual(os.listdir(self.folder), ["inside"])

    def test_progress_is_a_json_object_with_a_known_number(self) -> None:
        told = {"simulated_primaries": 5, "estimated_time": 1.5}
        self.assertEqual(tallyhouse.parse_progress(b'{"simulated_primaries": 5, "estimated_time": 1.5, "x": 1}'), told)
        for line in (b"Primary 5", b"{", b'{"x": 1}', b'{"simulated_primaries": "5"}', b'{"simulated_primaries": -1}'):
            self.assertEqual(tallyhouse.parse_progress(line), {})

    def test_results_are_lists_bodies_or_single_estimators(self) -> None:
        for name, content in {
            "a.json": {"name": "a", "pages": [page(0)]},
            "b.json": [{"name": "b", "pages": []}],
            "c.json": {"estimators": [{"name": "c", "pages": []}]},
        }.items():
            (self.folder / name).write_text(json.dumps(content))
        self.assertEqual([one["name"] for one in tallyhouse.read_estimators(self.folder)], ["a", "b", "c"])
        for wrong in ({"pages": []}, {"name": "a", "pages": [{}]}, [1], {"estimators": 1}):
            (self.folder / "d.json").write_text(json.dumps(wrong))
            with self.assertRaisesRegex(ValueError, "d.json"):
                tallyhouse.read_estimators(self.folder)

    def test_averages_are_weighted_by_primaries_and_sums_are_not(self) -> None:
        def scored(*values: typing.Optional[float]) -> list:
            data = {"values": list(values), "dimensions": [[0, 1]], "unit": "Gy", "errors": [9.0, 9.0]}
            return [{"name": "dose_", "metadata": {"a": 1}, "pages": [{"page_number": 0, "name": "p", "data": data}]}]

        parts = [(scored(1.0, 3.0), 100.0), (scored(4.0, None), 300.0)]
        merged = tallyhouse.merge_estimators(parts, "average")
        self.assertEqual(merged[0]["pages"][0]["data"]["values"], [3.25, None])
        self.assertNotIn("errors", merged[0]["pages"][0]["data"])
        self.assertEqual(merged[0]["pages"][0]["data"]["dimensions"], [[0, 1]])
        self.assertEqual(tallyhouse.merge_estimators(parts, "sum")[0]["pages"][0]["data"]["values"], [5.0, None])
        self.assertEqual(tallyhouse.merge_estimators(parts[:1], "average"), parts[0][0])
        self.assertEqual(parts[0][0], scored(1.0, 3.0))
        with self.assertRaisesRegex(ValueError, "different bins"):
            tallyhouse.merge_estimators([parts[0], (scored(1.0), 1.0)], "average")

    def test_a_job_is_over_once_and_stays_recognised(self) -> None:
        job = tallyhouse.JobFolder(self.folder, "../a:b")
        run = job.fresh_folder(3)
        self.assertEqual(run.parent.parent, self.folder)
        job.keep(3, [{"name": "a", "pages": []}], 5.0)
        job.keep(12, None, 1.0)
        self.assertTrue(job.has_ended(3) and job.has_ended(12))
        self.assertFalse(job.has_ended(4) or job.is_over)
        self.assertEqual(job.ended(), [([{"name": "a", "pages": []}], 5.0), (None, 1.0)])
        job.close()
        self.assertTrue(tallyhouse.JobFolder(self.folder, "../a:b").has_ended(4))
        self.assertEqual(len(os.listdir(self.folder)), 1)


if __name__ == "__main__":
    unittest.main()
