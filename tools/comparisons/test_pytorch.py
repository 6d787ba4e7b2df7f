"""Tests of the parts that need no PyTorch: python3 -m unittest discover -s tools/comparisons"""

import contextlib
import os
import tempfile
import unittest
from unittest import mock

import pytorch as script


class Cards:
    """Of torch the part that chooses a card."""

    def __init__(self, *names):
        self.names = names
        self.chosen = None
        self.cuda = self

    def device_count(self):
        return len(self.names)

    def get_device_name(self, index):
        return self.names[index]

    def set_device(self, index):
        self.chosen = index


class ChooseCard(unittest.TestCase):
    def test_the_card_of_our_adapter_is_chosen(self):
        cards = Cards("NVIDIA H100 PCIe", "NVIDIA H200")
        adapter = "nvidia-h200 NVIDIA: 580.159.04 (gpu kernels)"
        self.assertEqual(script.choose_card(cards, adapter), "NVIDIA H200")
        self.assertEqual(cards.chosen, 1)

    def test_others_of_its_kind_are_named(self):
        cards = Cards("NVIDIA H200", "NVIDIA H200")
        name = script.choose_card(cards, None)
        self.assertEqual((name, cards.chosen), ("NVIDIA H200 (1 more of its kind here)", 0))

    def test_another_card_is_an_error(self):
        cards = Cards("NVIDIA A100")
        with self.assertRaisesRegex(script.CannotRun, r"\(nvidia-h200\), PyTorch sees NVIDIA A100"):
            script.choose_card(cards, "nvidia-h200")
        self.assertIsNone(cards.chosen)


class CommitOf(unittest.TestCase):
    def checkout(self, files):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, text in files.items():
            file = os.path.join(folder.name, ".git", name)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "w", encoding="utf8") as out:
                out.write(text + "\n")
        return script.commit_of(folder.name)

    def test_each_way_in_which_git_keeps_it(self):
        ref = "ref: refs/heads/main"
        commit = "0123456789abcdef0123456789abcdef01234567"
        packed = f"# pack-refs with: peeled\n{'f' * 40} refs/heads/main2\n{commit} refs/heads/main"
        for files in (
            {"HEAD": commit},
            {"HEAD": ref, "refs/heads/main": commit},
            {"HEAD": ref, "packed-refs": packed},
        ):
            self.assertEqual(self.checkout(files), "commit 0123456789")

    def test_a_folder_without_git(self):
        self.assertEqual(self.checkout({}), "commit unknown")
        self.assertEqual(self.checkout({"HEAD": "ref: refs/heads/main"}), "commit unknown")


class Runs:
    """A clock whose runs take `ms` by the wall and 1 ms on the GPU; the profiler sees them or not."""

    def __init__(self, runs, ms, has_kernels=True):
        self.timer = script.Timer(None, runs)
        self.timer.warm = lambda _: None
        self.timer.wall_ms = lambda _: ms
        self.timer.kernel_ms = lambda _, __: 1.0 if has_kernels else 0
        self.timer.event_ms = lambda _, __: 2.0

    def counts(self):
        gpu, _, wall = self.timer.measure(None)
        return len(gpu), len(wall)


class ClockRuns(unittest.TestCase):
    def test_both_clocks_have_as_many_runs(self):
        for runs, ms, wanted in ((20, 499, 20), (20, 1000, 10), (20, 60_000, 5), (3, 60_000, 3)):
            self.assertEqual(Runs(runs, ms).counts(), (wanted, wanted), f"{runs} of {ms} ms")

    def test_what_a_clock_costs_beside_the_run_costs_no_run(self):
        hours = mock.patch.object(script.time, "perf_counter", side_effect=range(0, 10**9, 3600))
        with hours:
            self.assertEqual(Runs(20, 100).counts(), (20, 20))

    def test_events_where_the_profiler_sees_no_kernels(self):
        gpu, clock, wall = Runs(20, 1000, has_kernels=False).timer.measure(None)
        self.assertEqual(gpu, [2.0] * 10)
        self.assertEqual(len(wall), 10)
        self.assertIn("CUDA events", clock)


class Profiler:
    """Of torch the profiler and the wait: run n launches a fill and a kernel, the latter of `1000 * n` us; in no order."""

    def __init__(self, extra=0):
        self.runs = 0
        self.extra = extra
        self.profiler = self.cuda = self.autograd = self
        self.ProfilerActivity = self.DeviceType = mock.Mock(CUDA="cuda")
        self.synchronize = lambda: None

    def profile(self, activities):
        self.runs = 0
        return contextlib.nullcontext(self)

    def run(self):
        self.runs += 1

    def events(self):
        def event(start, us, device="cuda"):
            time_range = mock.Mock(start=start, elapsed_us=lambda: us)
            return mock.Mock(time_range=time_range, device_type=device)

        kernels = [event(10 * n, 1000 * n) for n in range(1, self.runs + 1)]
        fills = [event(10 * n + 1, 500) for n in range(1, self.runs + 1)]
        first = [event(0, 600) for _ in range(self.extra)]
        return kernels[::-1] + fills + first + [event(99, 1e6, "cpu")]


class KernelTimes(unittest.TestCase):
    def test_only_the_last_run_counts(self):
        torch = Profiler()
        clock = script.Timer(torch, 20)
        self.assertEqual(clock.kernel_ms(torch.run, 3), 4.5)
        self.assertEqual(clock.kernel_ms(torch.run, 0), 1.5)

    def test_the_mean_where_runs_differ_in_launches(self):
        torch = Profiler(extra=1)
        self.assertAlmostEqual(script.Timer(torch, 20).kernel_ms(torch.run, 1), (1 + 2 + 2 * 0.5 + 0.6) / 2)

    def test_no_kernels(self):
        torch = Profiler()
        self.assertEqual(script.Timer(torch, 20).kernel_ms(lambda: None, 2), 0)

    def test_the_preroll_takes_ten_ms(self):
        for ms, preroll in ((0.001, 256), (0.5, 20), (8, 1), (21, 0), (1000, 0)):
            runs = Runs(20, ms)
            prerolls = []
            runs.timer.kernel_ms = lambda _, preroll: prerolls.append(preroll) or 1.0
            runs.counts()
            self.assertEqual(set(prerolls), {preroll}, f"{ms} ms")


class TrainRows(unittest.TestCase):
    def test_the_model_is_the_one_that_the_job_describes(self):
        fox = mock.MagicMock(commit="commit 0")
        case = {
            "id": "train",
            "suite": "training",
            "dims": {"B": 1, "T": 8, "vocab": 300},
            "config": {"hidden_size": 64, "qk_norm": True, "log_pruning_tolerance": -9.0},
        }
        torch = mock.MagicMock()
        variants = []
        for _, variant, _, make in script.train_rows(torch, case, fox):
            variants.append(variant)
            make()
        self.assertEqual(variants, ["dense", "paper", "dense"])
        made = [call.kwargs for call in fox.config_class.call_args_list]
        shared = {"hidden_size": 64, "qk_norm": True, "use_cache": False}
        tolerances = [None, -9.0, None]
        self.assertEqual(made, [{**shared, "log_pruning_tolerance": one} for one in tolerances])
        self.assertEqual(torch.randint.call_args.args, (0, 300, (1, 9)))


if __name__ == "__main__":
    unittest.main()
