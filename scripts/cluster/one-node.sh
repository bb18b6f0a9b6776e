#!/usr/bin/env bash
# A SLURM cluster of one node on this machine, for trying slurm.sh: starts munge, slurmctld and slurmd with a configuration
# of its own in a folder of its own, runs the command, and stops them.
#
#   scripts/cluster/one-node.sh DIR COMMAND...
#   scripts/cluster/one-node.sh /tmp/slurm sbatch --wait --array=1-3 scripts/cluster/slurm.sh fig1-epochs --out /tmp/store
#
# It needs root (munge and slurmd want it) and Debian's packages slurm-wlm and munge. DIR keeps the logs.
set -euo pipefail

[ $# -ge 2 ] || { echo "usage: $0 DIR COMMAND..." >&2; exit 2; }
dir=$(mkdir -p "$1" && cd "$1" && pwd -P)
shift
for program in munged slurmctld slurmd sbatch; do
  command -v "$program" >/dev/null || { echo "error: $program is missing: apt-get install slurm-wlm munge" >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "error: munge and slurmd need root" >&2; exit 1; }

export SLURM_CONF=$dir/slurm.conf
socket=$dir/munge.socket
cpus=$(nproc)
memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.9)}' /proc/meminfo)
host=$(hostname -s)
mkdir -p "$dir/state" "$dir/spool" "$dir/munge"
cat >"$SLURM_CONF" <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$socket
CryptoType=crypto/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldPort=16817
SlurmdPort=16818
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
MinJobAge=3600
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus RealMemory=$memory State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF

pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
}
trap stop EXIT
dd if=/dev/urandom of="$dir/munge/key" bs=1024 count=1 status=none
chmod 600 "$dir/munge/key"
munged --foreground --force --socket="$socket" --key-file="$dir/munge/key" --pid-file="$dir/munge/pid" \
  --seed-file="$dir/munge/seed" --log-file="$dir/munge/log" >"$dir/munge/out" 2>&1 &
pids+=($!)
for _ in $(seq 50); do [ -S "$socket" ] && break; sleep 0.1; done
slurmctld -D -f "$SLURM_CONF" >"$dir/slurmctld.out" 2>&1 &
pids+=($!)
slurmd -D -f "$SLURM_CONF" >"$dir/slurmd.out" 2>&1 &
pids+=($!)
for _ in $(seq 100); do
  state=$(sinfo -h -o %T 2>/dev/null || true)
  [ "$state" = idle ] && break
  for pid in "${pids[@]}"; do
    kill -0 "$pid" 2>/dev/null || { echo "error: a daemon stopped, see the logs:" >&2; tail -n 5 "$dir"/*.out "$dir"/*.log "$dir/munge/log" >&2; exit 1; }
  done
  sleep 0.3
done
[ "$state" = idle ] || { echo "error: the node is '$state' and not idle, see $dir/*.log" >&2; exit 1; }
sinfo
"$@"
