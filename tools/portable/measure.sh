#!/bin/sh
# ./measure.sh OUT [GOLDEN] [FOX]: doctor, verify, every suite, and the same work beside PyTorch, the official kernel and model, jax-js and tfjs,
# each step under a time limit, reports into OUT.
# GOLDEN: folder of reference vectors. FOX: checkout of the official Forgetting Transformer. PYTHON: a Python that has PyTorch.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
out=${1:?usage: ./measure.sh OUT [GOLDEN] [FOX]}
golden=${2:-$here/fixtures}
fox=${3:-}
mkdir -p "$out"

step() { # NAME SECONDS COMMAND…
  name=$1
  limit=$2
  shift 2
  began=$(date +%s)
  timeout "$limit" "$here/vulpes" "$@" >"$out/$name.txt" 2>"$out/$name.log"
  code=$?
  # Few files come back from a machine that is lent: one log for all.
  { echo "== $name"; tail -n 5 "$out/$name.log"; } >>"$out/steps.log"
  rm "$out/$name.log"
  cat "$out/$name.txt" >>"$out/all.txt"
  echo "$name: exit code $code, $(($(date +%s) - began)) s" | tee -a "$out/all.txt"
  tail -n "${LINES_SHOWN:-12}" "$out/$name.txt"
  rm "$out/$name.txt"
}

bench() { # NAME SECONDS OPTIONS…
  name=$1
  limit=$2
  shift 2
  step "bench-$name" "$limit" bench --json "$out/$name.json" ${fox:+--fox-path "$fox"} ${PYTHON:+--python "$PYTHON"} "$@"
}

# Nine and a half minutes at most. A report is written row by row, so a limit that is met costs only the rows after it;
# what matters most comes first, and the peer that may hang comes last.
step doctor 20 doctor
step verify 60 verify "$golden"
step verify-certified 60 verify "$golden" --pruning certified
bench training-pytorch 110 --suite training --preset pro-125m --case T2048 --budget-seconds 25 --compare pytorch
bench attention-pytorch 80 --suite attention --case T16384-H12 --budget-seconds 40 --compare pytorch
bench suites 110 --budget-seconds 100
bench matmul-pytorch 40 --suite matmul --case M4096 --budget-seconds 20 --compare pytorch --no-peaks
bench training-peers 90 --suite training --preset pro-125m --case T2048 --runs 3 --no-peaks --compare jax-js,tfjs
