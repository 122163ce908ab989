#!/bin/bash
# Shows that a Slurm array with scripts/slurm.sbatch runs a grid to the bytes of a local run,
# though two of its tasks are killed and a third is put back in the queue. Starts Slurm and munge
# on this machine, as root, from the Debian packages, which are unpacked and not installed.
#   scripts/slurm_test.sh target/release/relabel DATA_DIR [EXPERIMENT [--set KEY=VALUE]...]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
RELABEL=$(realpath "$1") data=$(realpath "$2")
export RELABEL
shift 2
experiment=("${@:-wall-robot-et}")
work=$(mktemp -d)
trap 'scontrol shutdown 2>/dev/null; pkill -F munged.pid || true; sleep 1; rm -rf "$work"' EXIT
cd "$work"
mkdir debs spool state munge
(cd debs && apt-get download -qq slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge \
    libmunge2 libhwloc15 libnuma1 libxnvctrl0 liblz4-1 libjson-c5 libhttp-parser2.9 libyaml-0-2)
for deb in debs/*.deb; do dpkg -x "$deb" root; done
lib=$work/root/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH=$lib:$lib/slurm-wlm PATH=$work/root/usr/bin:$work/root/usr/sbin:$PATH
export SLURM_CONF=$work/slurm.conf
cat >slurm.conf <<CONF
ClusterName=test
SlurmctldHost=$(hostname -s)(127.0.0.1)
AuthInfo=socket=$work/munge/socket
PluginDir=$lib/slurm-wlm
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SelectType=select/cons_tres
SchedulerParameters=batch_sched_delay=0,sched_interval=5
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$(nproc)
PartitionName=main Nodes=ALL Default=YES
CONF
mungekey -c -k munge.key
munged --force --key-file=munge.key --socket=munge/socket --pid-file="$work/munged.pid" \
    --log-file="$work/munged.log" --seed-file="$work/munged.seed"
slurmctld-wlm && slurmd-wlm -d "$work/root/usr/sbin/slurmstepd-wlm"
until sinfo -h -o %t 2>/dev/null | grep -q idle; do sleep 0.5; done
"$RELABEL" run "${experiment[@]}" --data "$data" --out local --progress none >/dev/null 2>&1
last=$("$RELABEL" cells "${experiment[@]}" | tail -n 1 | cut -f 1)
job=$(sbatch --parsable --array=0-"$last" "$here/slurm.sbatch" "${experiment[@]}" --data "$data" --out "$work/slurm")
rounds() { find slurm -path '*/rounds/*.json' 2>/dev/null | wc -l; }
for at in 5 25; do
    until [ "$(rounds)" -gt $at ]; do sleep 0.1; done
    until pkill -9 -o -f "^$RELABEL run .* --out $work/slurm "; do sleep 0.05; done
    echo "killed a task after $(rounds) rounds of all cells"
done
until scontrol requeue "$(squeue -h -t R -o %i | head -n 1)" 2>/dev/null; do sleep 0.05; done
while squeue -h -j "$job" 2>/dev/null | grep -q .; do sleep 1; done
run=${experiment[0]}/default
diff -r "local/$run/npy" "slurm/$run/npy" && diff "local/$run/summary.csv" "slurm/$run/summary.csv"
"$RELABEL" status "slurm/$run" | tail -n 1
grep -h 'continues after' relabel-*.log || true
echo "Slurm: equal to the local run"
