#!/bin/sh
# The cells of an experiment under GNU parallel, on this machine or, with its option
# --sshloginfile, on several that share the folder of the results. A cell that fails is
# tried three times; a second call runs only what is not in the log as done.
#   scripts/parallel.sh wall-robot-et --data DIR --out DIR
set -eu
relabel=${RELABEL:-relabel}

# Lists the cells: of the arguments of a run, only the experiment and --set decide which.
cells() {
    experiment=$1 left=$#
    while [ "$left" -gt 0 ]; do
        case $1 in
            --set) set -- "$@" "$1" "$2" && shift && left=$((left - 1)) ;;
            --set=*) set -- "$@" "$1" ;;
        esac
        shift && left=$((left - 1))
    done
    "$relabel" cells "$experiment" "$@"
}

cells "$@" | awk 'NR > 1 { print $1 }' |
    parallel -q --joblog parallel.log --resume-failed --retries 3 --jobs "${JOBS:-100%}" \
        sh -c '"$@" > /dev/null' sh "$relabel" run "$@" --progress none --cell '{}'
"$relabel" run "$@" --progress none
