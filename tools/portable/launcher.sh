#!/bin/sh
# ./vulpes COMMAND [OPTIONS]: runs Vulpes from this folder; needs no network, Node, npm or root.
# A link to this file may lie elsewhere.
here=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd)
command=${1:-help}
[ $# -gt 0 ] && shift

if [ ! -f "$here/app/$command.mjs" ]; then
  usage='usage: ./vulpes doctor | verify [DIR] | bench | trainer | inspect  (each has --help)'
  case $command in
    help | --help | -h) echo "$usage" && exit 0 ;;
  esac
  printf '%s\n' "$usage" "vulpes: expected one of these commands, got '$command'" >&2
  exit 1
fi

export HOME="${HOME:-/tmp}" VULPES_LAUNCHER="$0"

has_library() {
  for folder in /usr/lib/x86_64-linux-gnu /lib/x86_64-linux-gnu /usr/lib64 /lib64 /usr/lib; do
    [ -e "$folder/$1" ] && return 0
  done
  return 1
}

# The carried loader finds drivers in the usual folders; container hosts keep NVIDIA's elsewhere.
path="$here/vulkan"
# NVIDIA's driver links to libglvnd; the host's own comes first where it is there.
if ! has_library libGL.so.1 || ! has_library libEGL.so.1; then path="$path:$here/gl"; fi
[ -d /usr/local/nvidia/lib64 ] && path="$path:/usr/local/nvidia/lib64"
export LD_LIBRARY_PATH="$path${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
nvidia=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json
if [ -z "${VK_DRIVER_FILES:-}" ] && [ -f "$nvidia" ]; then export VK_DRIVER_FILES="$nvidia"; fi

exec "$here/bin/node" "$here/app/$command.mjs" "$@"
