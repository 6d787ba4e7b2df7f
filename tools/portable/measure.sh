#!/bin/sh
# ./measure.sh OUT [GOLDEN] [FOX]: on a machine with a GPU, doctor, verify, every suite, and the same work beside PyTorch, the official kernel and model, jax-js and tfjs.
# Reports and pages go to OUT, with all.txt (what was printed) and steps.log (progress and errors). Exit code 1 where a step failed.
#   GOLDEN         folder of reference vectors; default: the small ones in fixtures/
#   FOX            checkout of the official Forgetting Transformer; default: its rows are left out, and the report says so
#   PYTHON         a Python that has PyTorch; default: python3. Without PyTorch its rows are left out.
#   SUITE_SECONDS  time budget of the run of all suites; default: 100. A case that started in time
#                  is completed. The whole takes at most 600 s more.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
out=${1:?usage: ./measure.sh OUT [GOLDEN] [FOX]}
golden=${2:-$here/fixtures}
fox=${3:-}
suite_seconds=${SUITE_SECONDS:-100}
failed=0
torch=
if "${PYTHON:-python3}" -c 'import torch' 2>/dev/null; then torch=pytorch; fi

# The steps name cases of a GPU's size.
if ! timeout -k 5 30 "$here/vulpes" doctor --json 2>/dev/null | grep -q '"isSoftware": false'; then
  echo "measure.sh: expected a GPU, ./vulpes doctor finds none; ./vulpes bench has cases for a software adapter." >&2
  exit 1
fi
mkdir -p "$out" || exit 1
[ "$torch" ] || echo "measure.sh: ${PYTHON:-python3} has no PyTorch, so its rows are left out." >&2
: >"$out/all.txt"
: >"$out/steps.log"

step() { # NAME SECONDS COMMAND…: a step that meets its limit is ended; its report keeps the rows that it had
  name=$1
  limit=$2
  shift 2
  began=$(date +%s)
  echo "== $name" | tee -a "$out/all.txt" >>"$out/steps.log"
  timeout -k 5 "$limit" "$here/vulpes" "$@" >"$out/step.txt" 2>>"$out/steps.log"
  code=$?
  cat "$out/step.txt" >>"$out/all.txt"
  tail -n 12 "$out/step.txt"
  rm "$out/step.txt"
  case $code in
    0) verdict=done ;;
    124 | 137) verdict="ended at its limit of $limit s" ;;
    *) verdict="failed with exit code $code" ;;
  esac
  [ "$code" = 0 ] || failed=1
  echo "$name: $verdict, $(($(date +%s) - began)) s" | tee -a "$out/all.txt"
}

bench() { # NAME SECONDS OPTIONS…
  name=$1
  limit=$2
  shift 2
  case "$*" in *pytorch*) set -- "$@" ${fox:+--fox-path "$fox"} ${PYTHON:+--python "$PYTHON"} ;; esac
  step "bench-$name" "$limit" bench --json "$out/$name.json" "$@"
}

# What matters most comes first.
step doctor 20 doctor
step verify 60 verify "$golden"
step verify-certified 60 verify "$golden" --pruning certified
bench training 200 --suite training --preset pro-125m --case B1-T2048 --compare ${torch:+$torch,}jax-js,tfjs
bench attention-pytorch 90 --suite attention --case T16384-H12 ${torch:+--compare $torch}
bench suites $((suite_seconds + 135)) --budget-seconds "$suite_seconds"
bench matmul-pytorch 35 --suite matmul --case M4096 ${torch:+--compare $torch} --no-peaks
exit "$failed"
