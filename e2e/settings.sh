# Settings and steps that the commands beside this file share. Sourced, never run; every setting can come from the environment.
E2E=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=${E2E%/*}
# Survives "mvn clean" and serves every clone of the user: built tools and assembled images, each under the hash of what it was made from.
CACHE=${FAIRLEAD_E2E_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fairlead-e2e}
# Everything a run writes outside the node's own tmpfs. On a real disk: overlayfs accepts no overlay as its upper directory.
export FAIRLEAD_NODE_DIR=${FAIRLEAD_NODE_DIR:-$E2E/target/node}

# What Debian and Ubuntu call the things we need: one list for building, the node, the images and the peers.
PACKAGES=(
  gcc libc6-dev make maven valgrind                 # the launcher, the Maven build
  libseccomp2 libseccomp-dev pkg-config             # seccomp profiles; runc
  iproute2 iptables util-linux procps               # the node
  containernetworking-plugins                       # pod networks
  busybox-static docker-registry jq openssl         # the images and their registry
  lxcfs fuse3                                       # limits in /proc
  strace                                            # what the hot paths ask the kernel for
)
GUEST_PACKAGES=(user-mode-linux cpio) # a kernel with cgroup v2 alone, see uml/run
CLUSTER_PACKAGES=(curl conntrack netcat-openbsd) # a cluster of Kubernetes, see cluster, and its images
GO_PACKAGES=(golang-go) # only where no Go is, and something has to be built with it

say() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

need_root() { [ "$(id -u)" = 0 ] || die "needs root, to make namespaces, mounts and cgroups of its own. Try: sudo $0"; }

# packages NAME...: installs those that are missing.
packages() {
  local missing=() p
  for p; do
    [ "$p" = maven ] && command -v mvn >/dev/null && continue # need not come from a package
    dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || missing+=("$p")
  done
  [ ${#missing[@]} = 0 ] && return
  say "installing ${missing[*]}"
  command -v apt-get >/dev/null || die "please install: ${missing[*]}"
  # The registry and the CNI DHCP daemon would start as services where systemd runs: they are masked by a policy for this one call.
  local policy=/usr/sbin/policy-rc.d made=
  [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; made=1; }
  local status=0
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null; } || status=$?
  [ -z "$made" ] || rm -f $policy
  return $status
}

need_packages() { packages "${PACKAGES[@]}"; }

# What in_guest needs. Fails where it cannot be had, and says so: user-mode Linux is for x86, and not in every release of Ubuntu.
need_guest() {
  packages "${GUEST_PACKAGES[@]}" || true # told next
  local lacks
  lacks=$("$E2E/uml/run" --check)
  [ -z "$lacks" ] || { say "not on cgroup v2: $lacks"; return 1; }
}

# Sets JAVA_HOME to a JDK 25 or newer.
need_jdk() {
  local home
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/*25* /opt/*jdk*25*; do
    [ -x "$home/bin/javac" ] && [ "$("$home/bin/javac" -version 2>&1 | sed 's/[^0-9]*\([0-9]*\).*/\1/')" -ge 25 ] || continue
    export JAVA_HOME=$home PATH=$home/bin:$PATH
    return
  done
  die "needs a JDK 25: none in JAVA_HOME (${JAVA_HOME:-not set}) nor in /usr/lib/jvm. Install one (openjdk-25-jdk-headless, temurin-25-jdk) or set JAVA_HOME."
}

maven() { (cd "$ROOT" && mvn -B "$@"); }

# A Go that can build what asks for 1.26.6. A distribution's older one fetches it, as the module golang.org/toolchain.
need_go() {
  local wanted=1.26.8 have directory
  command -v go >/dev/null || packages "${GO_PACKAGES[@]}"
  have=$(go env GOVERSION 2>/dev/null | sed 's/^go//')
  [ "$(printf '%s\n' 1.26.6 "$have" | sort -V | head -1)" = 1.26.6 ] && return
  directory=$CACHE/go-$wanted
  if [ ! -e "$directory" ]; then
    say "Go $wanted (${have:-none} is here)"
    mkdir -p "$CACHE"
    local module
    module=$(cd / && GOTOOLCHAIN=local GOFLAGS=-mod=mod go mod download -json "golang.org/toolchain@v0.0.1-go$wanted.linux-$(dpkg --print-architecture)" | jq -er .Dir)
    cp -r "$module" "$directory.$$"
    chmod -R u+w "$directory.$$"
    chmod +x "$directory.$$"/bin/* "$directory.$$"/pkg/tool/*/* # a module's files are never executable
    mv -T "$directory.$$" "$directory"
  fi
  export PATH=$directory/bin:$PATH GOTOOLCHAIN=local
  unset GOROOT
}

# cached NAME FILE...: the directory $CACHE/NAME-(hash of the files). Succeeds if it is there already; else the caller fills $cached.new
# and calls keep. Two runs side by side build twice, and the last one stays.
cached() {
  local name=$1
  shift
  cached=$CACHE/$name-$(cat "$@" | sha256sum | cut -c1-16)
  [ -d "$cached" ] && return
  mkdir -p "$CACHE"
  cached_new=$(mktemp -d "$CACHE/$name.XXXXXX")
  return 1
}
keep() { rm -rf "$cached" && mv -T "$cached_new" "$cached"; }

# go_build OUTPUT TAGS PACKAGE: with the module in the current directory.
go_build() { go build -mod=readonly -buildvcs=false -trimpath -ldflags '-s -w' -tags "$2" -o "$1/${3##*/}" "$3"; }

# crictl and critest: puts them on the PATH.
need_tools() {
  if ! cached tools "$E2E"/tools/cri-tools/go.*; then
    need_go
    say "building crictl and critest"
    (
      cd "$E2E/tools/cri-tools"
      export CGO_ENABLED=0
      go_build "$cached_new" "" sigs.k8s.io/cri-tools/cmd/crictl
      go test -c -mod=readonly -trimpath -ldflags '-s -w' -o "$cached_new/critest" sigs.k8s.io/cri-tools/cmd/critest
    )
    keep
  fi
  export PATH=$cached:$PATH
}

# containerd with its shim, and runc: puts them on the PATH.
need_peers() {
  if ! cached peers "$E2E"/peers/go.*; then
    need_go
    say "building containerd and runc, to compare with"
    (
      cd "$E2E/peers"
      for c in containerd containerd-shim-runc-v2; do
        CGO_ENABLED=0 go_build "$cached_new" "no_btrfs no_devmapper no_zfs" "github.com/containerd/containerd/v2/cmd/$c"
      done
      CGO_ENABLED=1 go_build "$cached_new" seccomp github.com/opencontainers/runc
    )
    keep
  fi
  export PATH=$cached:$PATH
}

# Kubernetes and its etcd: sets KUBE to their directory.
need_kube() {
  packages "${CLUSTER_PACKAGES[@]}"
  if ! cached kube "$E2E"/kube/*/go.*; then
    need_go
    say "building Kubernetes, which takes some ten minutes"
    (
      export CGO_ENABLED=0
      stamp=k8s.io/component-base/version # else the node says v0.0.0-master
      cd "$E2E/kube/kubernetes"
      go build -mod=readonly -buildvcs=false -trimpath -o "$cached_new" \
        -ldflags "-s -w -X $stamp.gitVersion=v1.36.0 -X $stamp.gitMajor=1 -X $stamp.gitMinor=36" \
        k8s.io/kubernetes/cmd/{kubelet,kube-apiserver,kube-controller-manager,kube-scheduler,kube-proxy,kubectl}
      go build -mod=readonly -buildvcs=false -trimpath -ldflags '-s -w' -o "$cached_new" k8s.io/kubernetes/test/images/agnhost
      install -m 644 "$(go list -m -f '{{.Dir}}' k8s.io/kubernetes)"/test/images/agnhost/porter/localhost.{crt,key} "$cached_new"
      cd "$E2E/kube/etcd"
      go build -mod=readonly -buildvcs=false -trimpath -ldflags '-s -w' -o "$cached_new/etcd" go.etcd.io/etcd/server/v3
    )
    keep
  fi
  export KUBE=$cached
}

# Kubernetes' own end-to-end tests: sets KUBE_SUITE to the directory of e2e.test and ginkgo.
need_kube_suite() {
  if ! cached kube-suite "$E2E"/kube/kubernetes/go.*; then
    need_go
    say "building the end-to-end tests of Kubernetes, which takes some minutes"
    (
      cd "$E2E/kube/kubernetes"
      export CGO_ENABLED=0
      go test -c -mod=readonly -trimpath -ldflags '-s -w' -o "$cached_new/e2e.test" k8s.io/kubernetes/test/e2e
      go test -c -mod=readonly -trimpath -ldflags '-s -w' -o "$cached_new/e2e_node.test" k8s.io/kubernetes/test/e2e_node
      go build -mod=readonly -buildvcs=false -trimpath -ldflags '-s -w' -o "$cached_new/ginkgo" github.com/onsi/ginkgo/v2/ginkgo
    )
    keep
  fi
  KUBE_SUITE=$cached
}

# debian SUITE PACKAGE PROGRAM: a program of a later Debian, in $cached. Fails where it cannot be had, and says so.
debian() {
  ! cached "$2-$1" "$E2E/tools/debian/fetch" || return 0
  say "fetching $2 of Debian $1"
  "$E2E/tools/debian/fetch" "$@" "$cached_new" || { rm -rf "$cached_new"; say "no $2 of Debian $1"; return 1; }
  keep
}

# crun, which Debian 12 has in a version that does not know the configurations of today's containerd: that of Debian 13, put on the PATH.
need_crun() {
  debian trixie crun /usr/bin/crun
  export PATH=$cached:$PATH
}

# CRIU, which Debian 12 has in a version that works on no newer kernel: that of a later Debian, the first that finds nothing missing here. Sets CRIU to
# the program; empty where none can be had, which is told: then the scenarios that need it are aborted.
CRIU_SUITES=(trixie sid)
need_criu() {
  CRIU=
  local suite said
  for suite in "${CRIU_SUITES[@]}"; do
    debian "$suite" criu /usr/sbin/criu || continue
    if said=$("$cached/criu" check 2>&1); then
      CRIU=$cached/criu
      return
    fi
    say "CRIU of Debian $suite does not work on this kernel: $(grep -m1 Error <<<"$said" || tail -n1 <<<"$said")"
  done
}

# The images; sets REGISTRY to the registry's directory.
need_images() {
  if ! cached images "$E2E"/images/{build,layout.sh} /bin/busybox; then
    say "assembling images"
    "$E2E/images/build" "$cached_new"
    keep
  fi
  REGISTRY=$cached
}

# The same and the images that critest asks for; sets REGISTRY, too.
need_critest_images() {
  need_images
  cached critest-images "$E2E"/images/{build,critest,layout.sh} /bin/busybox || more_images critest
  REGISTRY=$cached
}

# The same and those of Kubernetes' own tests; sets REGISTRY, too.
need_kubernetes_images() {
  need_critest_images
  need_kube
  cached kubernetes-images "$E2E"/images/{build,critest,kubernetes,layout.sh} /bin/busybox "$KUBE/agnhost" || more_images kubernetes "$KUBE"
  REGISTRY=$cached
}

# more_images NAME ARGUMENT...: what images/NAME adds to those in REGISTRY. The busybox is taken from its package without being installed: the package
# would displace busybox-static.
more_images() {
  say "assembling the images of $1"
  local unpacked
  unpacked=$(mktemp -d)
  (
    cd "$unpacked"
    # The first time fails where the lists of packages are old, or none.
    apt-get download -qq busybox 2>/dev/null || { apt-get update -qq && apt-get download -qq busybox; }
    dpkg-deb -x busybox_*.deb .
  )
  cp -rl "$REGISTRY/." "$cached_new" # nothing writes to what is stored already
  "$E2E/images/$1" "$cached_new" "$unpacked/bin/busybox" "${@:2}"
  rm -rf "$unpacked"
  keep
}

# The private node with the registry in it, gone when the calling script ends.
start_node() {
  trap stop_node EXIT
  begin_node
}

# The same, and it goes on when the script has ended.
begin_node() {

# begin_runtime NAME LOG: the daemon of fairlead or containerd on the node, and waits until it answers. Sets SOCKET.
begin_runtime() {
  local command tries
  case $1 in
  fairlead) SOCKET=/run/fairlead/fairlead.sock command=("$E2E/fairlead" serve) ;;
  containerd) SOCKET=/run/containerd/containerd.sock command=(containerd -c "$E2E/peers/containerd.toml") ;;
  *) die "the runtime is fairlead or containerd, not \"$1\"" ;;
  esac
  in_node setsid "${command[@]}" </dev/null >>"$2" 2>&1 &
  disown
  for tries in $(seq 300); do
    ! in_node crictl --runtime-endpoint "unix://$SOCKET" --image-endpoint "unix://$SOCKET" version >/dev/null 2>&1 || return 0
    sleep 0.2
  done
  tail -n 5 "$2" | cut -c1-500 >&2
  die "$1 does not answer after $tries tries"
}
  "$E2E/node/node" stop
  "$E2E/node/node" start
  in_node mkdir -p /var/lib/docker-registry
  in_node mount --bind "$REGISTRY" /var/lib/docker-registry
  in_node docker-registry serve /etc/docker/registry/config.yml >"$FAIRLEAD_NODE_DIR/registry.log" 2>&1 </dev/null &
  disown # else bash reports its end with the node's
  local tries
  for tries in $(seq 100); do
    ! in_node bash -c 'exec 3<>/dev/tcp/127.0.0.1/5000' 2>/dev/null || return 0
    sleep 0.1
  done
  cat "$FAIRLEAD_NODE_DIR/registry.log" >&2
  die "the registry does not answer after $tries tries"
}
stop_node() { "$E2E/node/node" stop; }
in_node() { "$E2E/node/node" exec "$@"; }

# in_jvm OPTION...: JUnit in the node, on what "mvn verify" has compiled; options are those of its console launcher.
# Its reports and the logs of the daemons: e2e/target/{reports,logs}, or below E2E_OUTPUT.
in_jvm() {
  local output=${E2E_OUTPUT:-$E2E/target} logs
  logs=$output/logs
  rm -rf "$logs" && mkdir -p "$logs"
  in_node java --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -Djava.util.logging.config.file="$E2E/src/test/resources/logging.properties" -De2e.home="$E2E" -De2e.logs="$logs" \
    -De2e.runtime="${E2E_RUNTIME:-fairlead}" -De2e.rounds="${E2E_ROUNDS:-20}" -De2e.critest="${E2E_CRITEST:-}" \
    -De2e.criu="${CRIU:-}" -De2e.kube="${KUBE:-}" \
    -cp "$E2E/target/test-classes:$(<"$E2E/target/classpath")" \
    org.junit.platform.console.ConsoleLauncher execute --disable-banner --disable-ansi-colors --details-theme=ascii \
    --reports-dir="$output/reports" "$@"
}

# in_guest SECONDS COMMAND...: one of the commands beside this file, on a node with cgroup v2 alone. What it would have to build or fetch must
# be there; of what it writes, e2e/target/uml is left (its E2E_OUTPUT).
in_guest() {
  mkdir -p "$E2E/target/uml"
  # The node's directories on a tmpfs: the root of the guest is an overlay, which may not be the upper directory of another.
  (cd "$ROOT" && "$E2E/uml/run" -m 2560M -t "$1" -s "$E2E/target/uml" env PATH="$PATH" JAVA_HOME="$JAVA_HOME" FAIRLEAD_E2E_CACHE="$CACHE" \
    FAIRLEAD_NODE_DIR=/tmp/node E2E_OUTPUT=/mnt/shared "${@:2}")
}

# The native executable of the sources as they are, out of the cache or built; from then on it is what e2e/fairlead runs.
need_native() {
  local sources=("$ROOT"/pom.xml "$ROOT"/{cri-api,runtime,node-agent}/pom.xml "$ROOT"/{cri-api,runtime,node-agent}/src/main "$ROOT/node-agent/native-kit")
  if ! cached native <(cd / && find "${sources[@]}" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sed "s|$ROOT/||"; cat "$JAVA_HOME/release"); then
    say "building the native executable, which takes some minutes"
    maven -q package -Dnative -DskipTests -pl node-agent -am
    cp "$ROOT/node-agent/target/fairlead" "$cached_new/"
    keep
    ls -dt "$CACHE"/native-* | tail -n +4 | xargs -r rm -rf # 90 MB each
  fi
  cp "$cached/fairlead" "$ROOT/node-agent/target/fairlead.new"
  mv -T "$ROOT/node-agent/target/fairlead.new" "$ROOT/node-agent/target/fairlead"
}

# Everything compiled and packaged, without tests, unless it is already; with E2E_NATIVE=1 the native executable, too.
need_build() {
  if ! [ -e "$E2E/target/classpath" ] || [ -z "$(ls -d "$ROOT"/node-agent/target/{quarkus-app/quarkus-run.jar,fairlead} 2>/dev/null)" ]; then
    say "building"
    maven -q package -DskipTests
  fi
  [ -z "${E2E_NATIVE:-}" ] || need_native
}
