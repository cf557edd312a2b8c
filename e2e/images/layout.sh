# How an image comes into the directory of a registry (the layout of Debian's docker-registry). Sourced by the scripts beside this file.
#
# The same input gives the same digests: names sorted, owners and times fixed, gzip without a name.
export LC_ALL=C

# begin REGISTRY_DIRECTORY: sets out, where images go, and scratch, a directory that goes away with the script.
begin() {
  out=$1/docker/registry/v2
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  mkdir -p "$out/blobs/sha256"
}

docker=application/vnd.docker oci=application/vnd.oci.image
created=2025-01-01T00:00:00Z

# blob FILE: stores it; sets digest and size.
blob() {
  digest=$(sha256sum "$1" | cut -c1-64)
  size=$(stat -c %s "$1")
  local at=$out/blobs/sha256/${digest:0:2}/$digest
  mkdir -p "$at"
  [ -e "$at/data" ] || cp "$1" "$at/data"
  digest=sha256:$digest
}

# layer NAME: packs the directory $scratch/NAME, all of it root's, for image.
declare -A layer_digest layer_size layer_diff
layer() {
  tar -C "$scratch/$1" --sort=name --mtime="$created" --owner=0 --group=0 --numeric-owner --format=gnu -cf "$scratch/$1.tar" .
  layer_diff[$1]=sha256:$(sha256sum "$scratch/$1.tar" | cut -c1-64)
  gzip -n -5 "$scratch/$1.tar"
  blob "$scratch/$1.tar.gz"
  layer_digest[$1]=$digest layer_size[$1]=$size
}

link() { mkdir -p "${2%/*}"; rm -f "$2"; printf %s "$1" >"$2"; } # anew: a copy of the directory may share the old file

# tag NAME TAG DIGEST: makes a stored manifest known; without a TAG, by its digest only.
tag() {
  local at=$out/repositories/$1/_manifests hex=${3#sha256:}
  link "$3" "$at/revisions/sha256/$hex/link"
  [ -n "$2" ] || return 0
  link "$3" "$at/tags/$2/current/link"
  link "$3" "$at/tags/$2/index/sha256/$hex/link"
}

# again NAME TAG NEW...: an image that is stored, by further tags.
again() {
  local name=$1 digest new
  digest=$(<"$out/repositories/$1/_manifests/tags/$2/current/link")
  for new in "${@:3}"; do tag "$name" "$new" "$digest"; done
}

# image NAME TAG TYPE CONFIG LAYER...: TYPE docker or oci, CONFIG the "config" object of the image. Sets digest and size of the manifest.
image() {
  local name=$1 tag=$2 type=$3 config=$4 l config_type layer_type manifest_type layers=[] diffs=[]
  shift 4
  case $type in
  docker) manifest_type=$docker.distribution.manifest.v2+json config_type=$docker.container.image.v1+json layer_type=$docker.image.rootfs.diff.tar.gzip ;;
  oci) manifest_type=$oci.manifest.v1+json config_type=$oci.config.v1+json layer_type=$oci.layer.v1.tar+gzip ;;
  esac
  for l; do
    layers=$(jq -c --arg t "$layer_type" --arg d "${layer_digest[$l]}" --argjson s "${layer_size[$l]}" '. + [{mediaType: $t, size: $s, digest: $d}]' <<<"$layers")
    diffs=$(jq -c --arg d "${layer_diff[$l]}" '. + [$d]' <<<"$diffs")
    link "${layer_digest[$l]}" "$out/repositories/$name/_layers/sha256/${layer_digest[$l]#sha256:}/link"
  done
  jq -nc --arg c "$created" --argjson config "$config" --argjson diffs "$diffs" '{created: $c, architecture: "amd64", os: "linux",
    config: $config, rootfs: {type: "layers", diff_ids: $diffs}, history: [$diffs[] | {created: $c, created_by: "e2e/images"}]}' >"$scratch/config"
  blob "$scratch/config"
  link "$digest" "$out/repositories/$name/_layers/sha256/${digest#sha256:}/link"
  jq -nc --arg mt "$manifest_type" --arg ct "$config_type" --arg d "$digest" --argjson s "$size" --argjson l "$layers" \
    '{schemaVersion: 2, mediaType: $mt, config: {mediaType: $ct, size: $s, digest: $d}, layers: $l}' >"$scratch/manifest"
  blob "$scratch/manifest"
  tag "$name" "$tag" "$digest"
}

# index NAME TAG TYPE: the image that was stored last, TYPE docker or oci, as one of two platforms. The other one's manifest is nowhere: nobody may
# fetch it. Sets digest and size.
index() {
  local index_type=$oci.index.v1+json manifest_type=$oci.manifest.v1+json
  [ "$3" = oci ] || index_type=$docker.distribution.manifest.list.v2+json manifest_type=$docker.distribution.manifest.v2+json
  jq -nc --arg d "$digest" --argjson s "$size" --arg it "$index_type" --arg mt "$manifest_type" '{schemaVersion: 2, mediaType: $it, manifests: [
    {mediaType: $mt, digest: ("sha256:" + "0" * 64), size: 1234, platform: {architecture: "riscv64", os: "linux"}},
    {mediaType: $mt, digest: $d, size: $s, platform: {architecture: "amd64", os: "linux"}}]}' >"$scratch/index"
  blob "$scratch/index"
  tag "$1" "$2" "$digest"
}

# programs DIRECTORY BUSYBOX: a root file system with each program of that busybox as a hard link of its own.
programs() {
  local path
  mkdir -p "$1"/{bin,etc,root,home,var/log,proc,sys,dev,run}
  install -d -m 1777 "$1/tmp"
  chmod 700 "$1/root"
  install -m 755 "$2" "$1/bin/busybox"
  "$2" --list-full | while read -r path; do
    [ "$path" = bin/busybox ] || { mkdir -p "$1/${path%/*}"; ln -f "$1/bin/busybox" "$1/$path"; }
  done
}

program() { # program C_SOURCE OUTPUT
  gcc -Os -static -s -o "$2" -x c - <<<"$1"
  chmod 755 "$2"
}

# pause_layer: a program that waits for a signal.
pause_layer() {
  mkdir -p "$scratch/pause"
  program '#include <signal.h>
#include <unistd.h>
static void end(int signal) { (void) signal; _exit(0); }
int main(void) { signal(SIGTERM, end); signal(SIGINT, end); for (;;) pause(); }' "$scratch/pause/pause"
  layer pause
}

# libraries PROGRAM DIRECTORY: the libraries that a program of this machine needs, at their places below DIRECTORY.
libraries() {
  local library
  ldd "$1" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$2/${library%/*}"
    cp -L "$library" "$2/$library"
  done
}

# base_layer BUSYBOX: the layer "base" of the images that tests of Kubernetes ask for: programs, users. BUSYBOX is the program of Debian's package
# "busybox", not that of "busybox-static": the shell of the latter runs its own ls where /bin/ls may not be executed, which is how critest tries
# masked paths.
users='root:x:0:0:root:/root:/bin/sh
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false'
groups='root:x:0:
wheel:x:10:root
www-data:x:33:
nogroup:x:65534:'
base_layer() {
  local base=$scratch/base
  if [ -n "$(PATH=/nonexistent "$1" sh -c 'ls /' 2>/dev/null)" ]; then
    echo "${0##*/}: the shell of $1 prefers its own programs to those on the PATH: critest cannot see whether /bin/ls is masked" >&2
    exit 1
  fi
  programs "$base" "$1"
  libraries "$1" "$base"
  # What this busybox lacks.
  printf '#!/bin/sh\nexec pidof "$@"\n' >"$base/bin/pgrep"
  printf '#!/bin/sh\nexec cat /proc/sysvipc/shm\n' >"$base/bin/ipcs"
  chmod 755 "$base/bin/pgrep" "$base/bin/ipcs"
  echo "$users" >"$base/etc/passwd"
  echo "$groups" >"$base/etc/group"
  layer base
}

path='"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"' # an element of Env
