# Sourced by the checks that measure memory, after toolchain/environment.sh: keeps what they measured below BUILD, and holds
# it against what is committed for the twin's reports (sim/src/memory/measured.toml, written by firmware-esp32/memory).
# shellcheck shell=bash

MEASURED=$REPOSITORY/sim/src/memory/measured.toml
# A stack is not measured finer than half a kilobyte, and a future moves a little with whatever it is made of.
MOST_MOVED_PERCENT=2

# begin_figures CHECK
begin_figures() {
    figures=$BUILD/memory/$1
    mkdir -p "$BUILD/memory"
    : >"$figures"
}

figure() { # KEY BYTES
    echo "$1 = $2" >>"$figures"
}

compiler() {
    "$DEBIAN_RUSTC" --version | cut -d ' ' -f 1,2
}

# Fails if a figure moved since it was committed. On another compiler than the committed one figures are only told.
hold_figures() {
    [ "${RENEW_FIGURES:-}" != yes ] || return 0
    awk -v here="$(compiler)" -v most="$MOST_MOVED_PERCENT" '
        { key = $1; value = $3 }
        FNR == NR && key == "compiler" { sub(/^[^"]*"/, ""); sub(/".*/, ""); there = $0; next }
        FNR == NR { committed[key] = value; next }
        !(key in committed) { printf "  %s: %d bytes, and not in the file\n", key, value; moved++; next }
        {
            off = value - committed[key]
            if (off < 0 ? -100 * off > most * committed[key] : 100 * off > most * committed[key]) {
                printf "  %s: %d bytes, and %d are committed\n", key, value, committed[key]; moved++
            }
        }
        END {
            if (!moved) { printf "  %d figures as sim/src/memory/measured.toml has them\n", FNR; exit }
            if (here != there) { printf "  the file is of %s, this is %s: no failure\n", there, here; exit }
            print "  sim/src/memory/measured.toml does not hold any more: firmware-esp32/memory writes it anew"
            exit 1
        }' "$MEASURED" "$figures"
}
