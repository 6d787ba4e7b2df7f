#!/bin/sh
# ./vulpes COMMAND [OPTIONS]: runs Vulpes from this folder; needs no network, Node, npm or root.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
command=${1:-help}
[ $# -gt 0 ] && shift

if [ ! -f "$here/app/$command.mjs" ]; then
  echo "usage: ./vulpes doctor | verify [DIR] | bench | trainer  (each has --help)" >&2
  [ "$command" = help ] && exit 0
  echo "vulpes: expected one of these commands, got '$command'" >&2
  exit 1
fi

# The carried loader finds drivers in the usual folders; container hosts keep NVIDIA's elsewhere.
export LD_LIBRARY_PATH="$here/vulkan${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
nvidia=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json
if [ -z "${VK_DRIVER_FILES:-}" ] && [ -f "$nvidia" ]; then export VK_DRIVER_FILES="$nvidia"; fi

exec "$here/bin/node" "$here/app/$command.mjs" "$@"
