# What the demos have in common: numbered steps, commands that are shown and must succeed or must be refused, and programs that run behind them.
# Sourced; wants $root, $bin, $dir, $keep and $qos.
# shellcheck shell=bash disable=SC2154

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'; else bold='' dim='' green='' red='' plain=''; fi

step_number=0
current='before the first step'
pids=() names=()
started=$SECONDS

step() {
    step_number=$((step_number + 1))
    current="step $step_number: $1"
    printf '\n%s%2d. %s%s\n' "$bold" "$step_number" "$1" "$plain"
}
say() { printf '    %s\n' "$*"; }
good() { printf '    %sok%s %s\n' "$green" "$plain" "$*"; }
fail() {
    printf '\n%sfailed at %s%s\n    %s\n' "$red" "$current" "$plain" "$*" >&2
    printf '    logs: %s/*.log\n' "$dir" >&2
    exit 1
}
show() {
    local words=${*//$bin\//}
    printf '    %s$ %s%s\n' "$dim" "${words//$dir\//}" "$plain"
}
# Runs a command that must succeed; its output is shown indented.
run() {
    local status=0
    show "$@"
    "$@" >"$dir/last.out" 2>&1 || status=$?
    sed 's/^/    | /' "$dir/last.out"
    [ "$status" = 0 ] || fail "$(basename "$1") ended with status $status"
}
# Runs a command that must be refused with exit status 1, saying why.
refused() {
    local because=$1 status=0
    shift
    show "$@"
    "$@" >"$dir/last.out" 2>&1 || status=$?
    sed 's/^/    | /' "$dir/last.out"
    [ "$status" = 1 ] || fail "this should have been refused with status 1, but ended with $status"
    grep -q "$because" "$dir/last.out" || fail "this was refused, but not because of $because"
    good "refused: $because"
}
# The same for a member, in the folder with that member's qos.yaml.
as() {
    local who=$1
    shift
    member_runs "$who" "$@" || fail "$who's command ended with status $status"
}
refused_by() {
    local because=$1 who=$2
    shift 2
    member_runs "$who" "$@"
    [ "$status" = 1 ] || fail "this should have been refused with status 1, but ended with $status"
    grep -q "$because" "$dir/last.out" || fail "this was refused, but not because of $because"
    good "refused: $because"
}
member_runs() {
    local who=$1 words
    shift
    words=${*//$dir\//}
    status=0
    printf '    %s%s$ qos %s%s\n' "$dim" "$who" "$words" "$plain"
    (cd "people/$who" && "$qos" "$@") >"$dir/last.out" 2>&1 || status=$?
    sed 's/^/    | /' "$dir/last.out"
    return "$status"
}
# Who answers there already would be taken for what is started below.
require_free() {
    local where=$1 variable=$2
    (exec 3<>"/dev/tcp/${where%:*}/${where##*:}") 2>/dev/null || return 0
    echo "$where is in use: stop what listens there ('ss -ltnp sport = :${where##*:}' shows it), or give another port: $variable=PORT" >&2
    exit 1
}
background() {
    local name=$1
    shift
    show "$@" '&'
    "$@" >"$dir/$name.log" 2>&1 </dev/null &
    pids+=($!) names+=("$name")
}
wait_for() {
    local what=$1 tries=0
    shift
    until "$@" >/dev/null 2>&1; do
        for ((i = 0; i < ${#pids[@]}; i++)); do
            [ -z "${pids[i]}" ] || kill -0 "${pids[i]}" 2>/dev/null || fail "${names[i]} ended: $(tail -n 1 "$dir/${names[i]}.log")"
        done
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || fail "$what did not come up within 30 s"
        sleep 0.1
    done
}
finish() {
    local status=$?
    if [ -n "$keep" ] && [ "$status" = 0 ]; then return; fi
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null; done
}
trap finish EXIT
trap 'exit 130' INT TERM
