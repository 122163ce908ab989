#!/bin/bash
# Lets a run go on for some minutes on a machine without a toolchain: program, data and finished
# rounds go there, new rounds come back and are merged. Repeat it, there or elsewhere, until the
# exit code is 0 and not 75.
#   scripts/remote_run.sh user@host MINUTES EXPERIMENT [--set KEY=VALUE]... [--name N] [--device D]
# A folder in place of user@host tries it out. RELABEL, DATA and OUT name the program, the data and
# the results here (target/release/relabel, data, results).
set -euo pipefail
host=$1 minutes=$2
shift 2
relabel=${RELABEL:-target/release/relabel} data=${DATA:-data} out=${OUT:-results}
config=$("$relabel" run "$@" --dry-run)
experiment=$(sed -n 's/^experiment = "\(.*\)"$/\1/p' <<<"$config")
shift
name=default more=()
while [ $# -gt 0 ]; do
    case $1 in
    --set) shift ;;
    --name) name=$2 && shift ;;
    *) more+=("$(printf %q "$1")") ;;
    esac
    shift
done
run=$experiment/$name
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -d "$host" ]; then there() { (cd "$host" && bash -c "$1"); }; else there() { ssh "$host" "$1"; }; fi
there 'mkdir -p relabel/data relabel/results'
pack=$(there 'command -v xz >/dev/null && echo J || echo z')
# What is there already by its checksum is not sent again.
send() { # checksum, command that writes an archive, what it is
    there "test -e relabel/sent-$1" && return
    echo "sending $3"
    eval "$2" | there "tar -x${pack}f - -C relabel && touch relabel/sent-$1"
}
cp "$relabel" "$work/relabel"
strip "$work/relabel" 2>/dev/null || true
send "$(sha256sum <"$work/relabel" | cut -c1-16)" "tar -c${pack}f - -C '$work' relabel" "the program"
sum=$(cd "$data" && find . -type f -exec sha256sum {} + | sort | sha256sum | cut -c1-16)
send "$sum" "tar -c${pack}f - -C '$data' --mode=u+rwX --transform 's,^\.,data,' ." "the data"
printf '%s\n' "$config" | there 'cat >relabel/run.toml'
[ ! -d "$out/$run" ] || tar -c${pack}f - -C "$out" "$run" | there "tar -x${pack}f - -C relabel/results"
code=0
there "cd relabel && ./relabel run run.toml --name $name --data data --max-minutes $minutes \
    --no-report --progress plain ${more[*]:-}" || code=$?
[ $code != 2 ] || exit 2
there "tar -c${pack}f - -C relabel/results '$run'" | tar -x${pack}f - -C "$work"
# A cell takes the place of one that is not as far, unless someone works on that one.
rounds() { find "$1/rounds" -name '*.json' 2>/dev/null | wc -l; }
(cd "$work/$run" && find cells -name rounds -printf '%h\n') | while read -r cell; do
    mine=$out/$run/$cell theirs=$work/$run/$cell
    mkdir -p "$mine"
    [ "$(rounds "$theirs")" -gt "$(rounds "$mine")" ] || continue
    cp -R "$theirs" "$mine.new"
    flock -n "$mine/lock" mv "$mine" "$mine.old" && mv -T "$mine.new" "$mine" || echo "left alone: $cell"
    rm -rf "$mine.new" "$mine.old"
done
find "$work/$run" -mindepth 1 -maxdepth 1 ! -name cells ! -name lock -exec cp -R -t "$out/$run" {} +
"$relabel" status "$out/$run" | tail -n 1
exit $code
