# Sourced by checks/c3-image and checks/sizes: builds an image of the firmware and reads its ELF file.
# shellcheck shell=bash

ESPTOOL_VERSION=5.6.0

# From PyPI, into BUILD, unless there is one.
install_esptool() {
    command -v esptool >/dev/null && return
    need python3 python3-venv
    python3 -m venv "$BUILD/python" && "$BUILD/python/bin/pip" install --quiet "esptool==$ESPTOOL_VERSION" ||
        skip "esptool $ESPTOOL_VERSION cannot be installed from PyPI (and python3-venv is a Debian package)"
}

# build_c3 APP[,wifi]: prints the path of the ELF file. The machine watcher is not built without a model.
build_c3() {
    local kept=$BUILD/firmware-esp32c3-${1/,/-}.elf
    (
        [ "$1" != vibration ] || export NODETWIN_MODEL=${NODETWIN_MODEL:-$REPOSITORY/scenarios/models/machine.ntm}
        cd "$FIRMWARE" && debian_cargo build --release --locked --quiet -Zbuild-std=core,alloc \
            --target riscv32imc-unknown-none-elf --target-dir "$BUILD/c3" \
            --package firmware --no-default-features --features "esp32c3,$1"
    ) >&2
    cp "$BUILD/c3/riscv32imc-unknown-none-elf/release/firmware" "$kept"
    echo "$kept"
}

# Section sizes, as assignments: text and rodata are read from flash, iram is code in RAM, the rest is memory.
sections() { # ELF
    llvm-size-22 -A "$1" | awk '
        $1 ~ /^\.text/                                 { text += $2 }
        $1 ~ /^\.(rodata|flash\.appdesc)/              { rodata += $2 }
        $1 ~ /^\.(trap|rwtext|vectors|iram)/           { iram += $2 }
        $1 ~ /^\.data/                                 { data += $2 }
        $1 ~ /^\.(bss|noinit)/                         { bss += $2 }
        $1 ~ /^\.rtc_/                                 { rtc += $2 }
        END { printf "text=%d rodata=%d iram=%d data=%d bss=%d rtc=%d\n", text, rodata, iram, data, bss, rtc }'
}

# The size of the app's future, which the firmware keeps in NODETWIN_RUN_BYTES, a constant in .rodata.
run_bytes() { # ELF
    local at from
    at=$(llvm-nm-22 "$1" | awk '$3 == "NODETWIN_RUN_BYTES" { print $1 }')
    [ -n "$at" ] || { echo "no NODETWIN_RUN_BYTES in $1" >&2 && return 1; }
    from=$(llvm-size-22 -A "$1" | awk '$1 == ".rodata" { print $3 }')
    llvm-objcopy-22 -O binary --only-section=.rodata "$1" "$BUILD/rodata"
    od -An -tu4 --endian=little -j $((16#$at - from)) -N 4 "$BUILD/rodata" | tr -d ' '
}

# Bytes of node-core's own statics in RAM.
node_core_statics() { # ELF
    llvm-nm-22 --print-size --demangle "$1" | awk '
        $3 ~ /^[bBdD]$/ && $4 ~ /^<*node_core::/ { print $2 }' | { sum=0; while read -r hex; do
        sum=$((sum + 16#$hex)); done; echo "$sum"; }
}
