# Sourced by `check` and by the scripts in checks/: where things are, and which Rust builds them.
#
#     source "$(dirname "$0")/../toolchain/environment.sh"
#
# FIRMWARE REPOSITORY   the two workspaces
# BUILD                 all that is made goes below it (default: CARGO_TARGET_DIR, else firmware-esp32/target)
# DEBIAN_RUSTC          an upstream rustc with its sources beside it (packages rustc-web, rust-web-src)
# STD                   where toolchain/std puts its copy of the standard library
# NODETWIN              the host's release binary, made by build_nodetwin
# PATH                  has rust-lld, and esptool once install_esptool has run
export CARGO_TERM_COLOR=never

FIRMWARE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
REPOSITORY=$(dirname "$FIRMWARE")
BUILD=${BUILD:-${CARGO_TARGET_DIR:-$FIRMWARE/target}}
DEBIAN_RUSTC=${DEBIAN_RUSTC:-/usr/bin/rustc}
STD=${STD:-$BUILD/std}
NODETWIN=${NODETWIN:-${CARGO_TARGET_DIR:-$REPOSITORY/target}/release/nodetwin}
export FIRMWARE REPOSITORY BUILD DEBIAN_RUSTC STD NODETWIN
mkdir -p "$BUILD/bin"

# rust-toolchain.toml names the Xtensa toolchain that only people with a board need.
if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && command -v rustup >/dev/null; then
    RUSTUP_TOOLCHAIN=$(rustup default | cut -d ' ' -f 1)
    export RUSTUP_TOOLCHAIN
fi

# rustup has it out of PATH; Debian has it under another name.
if ! command -v rust-lld >/dev/null && command -v rustc >/dev/null; then
    for lld in "$(rustc --print sysroot)"/lib/rustlib/*/bin/rust-lld /usr/lib/llvm-*/bin/lld; do
        if [ -x "$lld" ]; then
            ln -sf "$lld" "$BUILD/bin/rust-lld"
            break
        fi
    done
fi
export PATH="$BUILD/bin:$BUILD/python/bin:$PATH"

# cargo with Debian's rustc, for targets whose standard library is built on the way (-Zbuild-std).
debian_cargo() {
    RUSTC=$DEBIAN_RUSTC RUSTC_BOOTSTRAP=1 cargo "$@"
}

build_nodetwin() {
    (cd "$REPOSITORY" && cargo build --release --locked --quiet)
}

# Exit code of a check that cannot run here.
SKIPPED=77

# need PROGRAM PACKAGE: the check is skipped if there is no such program.
need() {
    command -v "$1" >/dev/null || skip "no $1 (Debian package $2)"
}

need_debian_rust() {
    need cargo cargo-web
    need "$DEBIAN_RUSTC" rustc-web
    # 1.95 is the workspace's rust-version; Debian's plain rustc may be years older.
    local version
    version=$("$DEBIAN_RUSTC" --version | cut -d ' ' -f 2)
    [ "$(printf '%s\n1.95.0\n' "$version" | sort -V | head -1)" = 1.95.0 ] ||
        skip "$DEBIAN_RUSTC is $version, too old (Debian package rustc-web has 1.96)"
    [ -d "$("$DEBIAN_RUSTC" --print sysroot)/lib/rustlib/src/rust/library" ] ||
        skip "no sources of $DEBIAN_RUSTC (Debian package rust-web-src)"
}

skip() {
    echo "skipped: $*" | tee "$BUILD/why-skipped" >&2
    exit "$SKIPPED"
}
