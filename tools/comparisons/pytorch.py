"""PyTorch beside ours: torch.matmul, SDPA, and the official Forgetting Transformer's kernel and model.

Reads our benchmark's cases as JSON from standard input, does those that it can do, and prints one JSON object a line:
progress, measurement (sum of the kernels and wall clock of each run, ms), not-measured (with the reason), cannot-run.

    bench --compare pytorch [--python PATH] [--fox-path CHECKOUT]
"""

import argparse
import functools
import gc
import importlib.util
import json
import os
import re
import statistics
import sys
import time
from unittest import mock

WARM_SECONDS = 1.0  # of work before each measurement, queued without waits: the card has to clock up
QUEUE_SECONDS = 0.1  # of work between two waits while warming
LONG_RUN_SECONDS = 0.5  # longer runs are fewer: as many as fit in the time of all runs at this length, as in our own cases
MIN_RUNS = 5
PREROLL_MS = 10  # of untimed runs queued right before a run whose kernels are timed, as in our own cases
MAX_PREROLL_RUNS = 256


def print_line(line_type, **fields):
    print(json.dumps({"type": line_type, **fields}), flush=True)


def not_measured(runner, case, why, kind="unsupported"):
    print_line("not-measured", kind=kind, runner=runner, case=case["id"], why=why)


class Timer:
    """Times functions by the wall and by the kernels' own times, each after a warm-up; the kernels of a run behind a preroll, as in our own cases."""

    def __init__(self, torch, runs):
        self.torch = torch
        self.runs = runs

    def measure(self, run):
        """Returns a list of GPU ms, what they are in words, and a list of wall ms; the lists are equally long."""
        self.warm(run)
        wall = self.repeat(lambda: self.wall_ms(run))
        self.warm(run)
        preroll = min(MAX_PREROLL_RUNS, round(PREROLL_MS / statistics.median(wall)))
        gpu = [self.kernel_ms(run, preroll) for _ in wall]
        if all(ms > 0 for ms in gpu):
            return gpu, "GPU: sum of the kernels", wall
        gpu = [self.event_ms(run, preroll) for _ in wall]
        return gpu, "GPU: CUDA events, gaps between launches included", wall

    def warm(self, run):
        self.wall_ms(run)
        queued = max(1, int(1e3 * QUEUE_SECONDS / self.wall_ms(run)))
        start = time.perf_counter()
        while time.perf_counter() - start < WARM_SECONDS:
            for _ in range(queued):
                run()
            self.torch.cuda.synchronize()

    def repeat(self, once):
        """`once` returns the ms of one run."""
        times = []
        most_ms = 1e3 * LONG_RUN_SECONDS * self.runs
        while len(times) < self.runs and (len(times) < MIN_RUNS or sum(times) < most_ms):
            times.append(once())
        return times

    def wall_ms(self, run):
        start = time.perf_counter()
        run()
        self.torch.cuda.synchronize()
        return 1e3 * (time.perf_counter() - start)

    def kernel_ms(self, run, preroll):
        """Sum over the kernels, copies and fills of the last of `preroll` + 1 runs, the mean of all where they differ in count; 0 where the profiler sees none."""
        torch = self.torch
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
            for _ in range(preroll + 1):
                run()
            torch.cuda.synchronize()
        cuda = torch.autograd.DeviceType.CUDA
        ranges = [event.time_range for event in profile.events() if event.device_type == cuda]
        each, rest = divmod(len(ranges), preroll + 1)
        if rest:
            return 1e-3 * sum(one.elapsed_us() for one in ranges) / (preroll + 1)
        ranges.sort(key=lambda one: one.start)
        return 1e-3 * sum(one.elapsed_us() for one in ranges[len(ranges) - each :])

    def event_ms(self, run, preroll):
        before, after = (self.torch.cuda.Event(enable_timing=True) for _ in range(2))
        for _ in range(preroll):
            run()
        before.record()
        run()
        after.record()
        self.torch.cuda.synchronize()
        return before.elapsed_time(after)


def time_row(torch, timer, case, row):
    """Measures one runner on one case and prints the row, or the reason why there is none. `row`: runner, variant, note, and
    what makes the function to time; what that holds is freed afterwards."""
    runner, variant, note, make = row
    print_line("progress", doing=f"{case['id']}: {runner}")
    run = None
    try:
        run = make()
        gpu, clock, wall = timer.measure(run)
        times = dict(gpuMs=gpu, wallMs=wall, note=f"{note}; {clock}")
        print_line("measurement", case=case["id"], variant=variant, runner=runner, **times)
    except Exception as error:  # a case that fails must not end the others
        is_memory = isinstance(error, torch.OutOfMemoryError)
        reason = "out of GPU memory" if is_memory else first_line(error)
        not_measured(runner, case, reason, "did-not-fit" if is_memory else "failed")
    finally:
        del run
        gc.collect()
        torch.cuda.empty_cache()


def first_line(error):
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:300]


def matmul_rows(torch, case, _fox):
    m, n, k = (case["dims"][name] for name in ("M", "N", "K"))
    for name in ("f32", "tf32", "f16", "bf16"):
        dtype = {"f16": torch.float16, "bf16": torch.bfloat16}.get(name, torch.float32)

        def make():
            torch.backends.cuda.matmul.allow_tf32 = name == "tf32"
            a = torch.randn(m, k, device="cuda", dtype=dtype)
            b = torch.randn(k, n, device="cuda", dtype=dtype)
            out = torch.empty(m, n, device="cuda", dtype=dtype)
            return lambda: torch.matmul(a, b, out=out)

        yield f"torch.matmul {name}", "nn", f"torch {torch.__version__}, {name}", make
    torch.backends.cuda.matmul.allow_tf32 = False


def gate_biases(torch, heads):
    """Of every three heads two forget and one remembers, as in our cases."""
    return torch.tensor([6.0 if head % 3 == 2 else 0.0 for head in range(heads)])


def attention_inputs(torch, dims, dtype):
    """q, k, v, dOut [B, T, H, D] ~ N(0, 1), and the log of the gates [B, T, H]."""
    batch, length, heads, head_dim = (dims[name] for name in ("B", "T", "H", "D"))
    torch.manual_seed(0)
    q, k, v, grad = (
        torch.randn(batch, length, heads, head_dim, device="cuda", dtype=dtype) for _ in range(4)
    )
    logits = torch.randn(batch, length, heads, device="cuda") + gate_biases(torch, heads).cuda()
    return q, k, v, torch.nn.functional.logsigmoid(logits), grad


def timed_attention(torch, attend, inputs, grad, mode):
    if mode == "forward":
        return torch.no_grad()(lambda: attend(*inputs))
    learned = [tensor.requires_grad_(True) for tensor in inputs]
    return lambda: torch.autograd.grad(attend(*learned), learned, grad)


def attention_rows(torch, case, fox):
    sdpa = torch.nn.functional.scaled_dot_product_attention
    for name, dtype in (("bf16", torch.bfloat16), ("f32", torch.float32)):

        def make():
            q, k, v, _, grad = attention_inputs(torch, case["dims"], dtype)
            inputs = [tensor.transpose(1, 2).contiguous() for tensor in (q, k, v, grad)]
            attend = functools.partial(sdpa, is_causal=True)
            return timed_attention(torch, attend, inputs[:3], inputs[3], case["mode"])

        yield f"torch SDPA {name}", "dense", f"{name}, causal, no forget gate", make
    if fox is None:
        return not_measured("fox triton", case, NO_FOX)
    for variant, threshold, pruning in (
        ("dense", None, "no pruning"),
        ("paper", "auto", "adaptive_threshold auto, blocks kept not counted"),
    ):

        def make():
            *inputs, grad = attention_inputs(torch, case["dims"], torch.bfloat16)
            attend = functools.partial(fox.attention, adaptive_threshold=threshold)
            return timed_attention(torch, attend, inputs, grad, case["mode"])

        yield "fox triton bf16", variant, f"official kernel, {fox.commit}, bf16, {pruning}", make


def official_model(torch, fox, fields):
    """`fields`: those of the official configuration in which the model differs from the official defaults."""
    config = fox.config_class(**fields, use_cache=False)
    torch.manual_seed(0)
    # transformers 5 wants a mapping where the official class has a list; nothing is tied here.
    fox.model_class._tied_weights_keys = {}
    model = fox.model_class(config).cuda().train()
    with torch.no_grad():  # gates as of a trained model, as in our cases
        for name, parameter in model.named_parameters():
            if name.endswith("fgate_proj.bias"):
                parameter.copy_(gate_biases(torch, parameter.numel()))
    return model


def train_step(torch, model, dims, autocast):
    batch, length = dims["B"], dims["T"]
    ids = torch.randint(0, dims["vocab"], (batch, length + 1), device="cuda")
    inputs, labels = ids[:, :-1].contiguous(), ids[:, 1:].contiguous()
    groups = [
        dict(params=[p for p in model.parameters() if (p.dim() > 1) == is_matrix], weight_decay=decay)
        for is_matrix, decay in ((True, 0.1), (False, 0.0))
    ]
    optimizer = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.95), fused=True)
    # All options named: their defaults are read from fields that transformers 5 no longer has.
    options = dict(use_cache=False, output_attentions=False, output_hidden_states=False, return_dict=True)

    def step():
        with torch.autocast("cuda", torch.bfloat16, enabled=autocast):
            output = model(input_ids=inputs, labels=labels, **options)
        output.loss.mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def train_rows(torch, case, fox):
    fields = case["config"]
    if fields is None:
        return not_measured("fox model", case, f"{case['preset']} is no Forgetting Transformer")
    if fox is None or fox.model_class is None:
        return not_measured("fox model", case, NO_FOX if fox is None else fox.no_model)
    dense = {**fields, "log_pruning_tolerance": None}
    for variant, name, chosen in (
        ("dense", "bf16", dense),
        ("paper", "bf16", fields),
        ("dense", "f32", dense),  # the same work as ours, where the official kernel takes it
    ):

        def make():
            model = official_model(torch, fox, chosen)
            return train_step(torch, model, case["dims"], autocast=name == "bf16")

        pruning = ", blocks kept not counted" if variant == "paper" else ""
        precision = "bf16 autocast" if name == "bf16" else name
        note = f"official model, {fox.commit}, {precision}, eager, fused AdamW, clip{pruning}"
        yield f"fox model {name}", variant, note, make


NO_FOX = "the official Forgetting Transformer was not named (--fox-path), or does not load"


class Fox:
    """The official kernel, and its model where `transformers` is there too."""

    def __init__(self, path):
        source = os.path.join(path, "src")
        source = os.path.realpath(source if os.path.isdir(source) else path)
        sys.path.insert(0, source)
        package = importlib.import_module("forgetting_transformer")
        found = os.path.realpath(next(iter(package.__path__)))
        if not found.startswith(source + os.sep):
            raise ImportError(f"expected it in {source}, found {found}")
        self.commit = commit_of(path)
        ops = importlib.import_module("forgetting_transformer.ops.forgetting_attention")
        self.attention = ops.forgetting_attention
        self.model_class = self.config_class = None
        self.no_model = ""
        try:
            self.load_model()
        except Exception as error:
            self.no_model = f"the official model does not load: {first_line(error)}"

    def load_model(self):
        if importlib.util.find_spec("pytest") is None:
            sys.modules["pytest"] = mock.MagicMock()  # one official module holds its own tests
        folder = "forgetting_transformer.model.forgetting_transformer"
        configuration = importlib.import_module(f"{folder}.configuration_forgetting_transformer")
        modeling = importlib.import_module(f"{folder}.modeling_forgetting_transformer")
        self.config_class = configuration.ForgettingTransformerConfig
        self.model_class = modeling.ForgettingTransformerForCausalLM


def commit_of(checkout):
    """`commit 883f260…`, read from the files of git: a host may have none."""
    folder = os.path.join(checkout, ".git")
    head = read_text(os.path.join(folder, "HEAD"))
    if head.startswith("ref: "):
        ref = head[len("ref: ") :]
        packed = re.search(rf"^(\w+) {re.escape(ref)}$", read_text(os.path.join(folder, "packed-refs")), re.M)
        head = read_text(os.path.join(folder, ref)) or (packed.group(1) if packed else "")
    return f"commit {head[:10]}" if head else "commit unknown"


def read_text(path):
    try:
        with open(path, encoding="utf8") as file:
            return file.read().strip()
    except OSError:
        return ""


def load_fox(path):
    """None where it is not named, or cannot run: that is printed, and the others run."""
    try:
        if path and not os.path.isdir(path):
            raise FileNotFoundError(f"there is no folder {path} (--fox-path)")
        return Fox(path) if path else None
    except FileNotFoundError as error:
        print_line("cannot-run", why=str(error))
    except Exception as error:
        print_line("cannot-run", why=f"the official kernel does not load: {first_line(error)}")


class CannotRun(Exception):
    """Nothing can be measured: why, in words."""


def load_torch():
    try:
        import torch
    except ImportError:
        why = f"PyTorch is not installed for {sys.executable}; name another Python with --python PATH"
        raise CannotRun(why) from None
    if not torch.cuda.is_available():
        raise CannotRun("PyTorch sees no CUDA device; its CPU does not compare with a GPU")
    return torch


def choose_card(torch, adapter):
    """Makes the card that our adapter names the current one. Returns its name."""
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    plain = lambda name: re.sub(r"[^a-z0-9]", "", name.lower())
    for index, name in enumerate(names):
        if adapter is None or plain(name) in plain(adapter):
            torch.cuda.set_device(index)
            others = names.count(name) - 1
            return f"{name}{f' ({others} more of its kind here)' if others else ''}"
    raise CannotRun(f"expected the card that our adapter runs on ({adapter}), PyTorch sees {', '.join(names)}")


ROWS = {"matmul": matmul_rows, "attention": attention_rows, "training": train_rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--adapter", help="name of our adapter: rows must come from the same card")
    parser.add_argument("--fox-path", help="checkout of the official Forgetting Transformer")
    arguments = parser.parse_args()
    cases = json.load(sys.stdin)
    try:
        torch = load_torch()
        card = choose_card(torch, arguments.adapter)
    except CannotRun as error:
        print_line("cannot-run", why=str(error))
        return
    print_line("progress", doing=f"torch {torch.__version__} on {card}")
    fox = load_fox(arguments.fox_path)
    timer = Timer(torch, arguments.runs)
    for case in cases:
        for row in ROWS[case["suite"]](torch, case, fox) if case["suite"] in ROWS else ():
            time_row(torch, timer, case, row)


if __name__ == "__main__":
    main()
