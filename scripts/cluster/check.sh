#!/usr/bin/env bash
# Tries the job array for real: a one-node cluster, an array of three shards of which one is killed, the same line again,
# and the comparison of every curve with an undisturbed sweep. Root, and Debian's slurm-wlm and munge, are needed.
#
#   scripts/cluster/check.sh [DIR]
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd -P)
work=$(mkdir -p "${1:-/tmp/hatlab-slurm}" && cd "${1:-/tmp/hatlab-slurm}" && pwd -P)
rm -rf "$work/array" "$work/undisturbed" "$work"/hatlab-*.log
export GOMLX_BACKEND=${GOMLX_BACKEND:-go} HATLAB=$work/hatlab work root
(cd "$root" && go build -o "$HATLAB" ./scripts/hatlab)
cd "$work" # the logs of the tasks go here

array() {
  job=$(sbatch --parsable --cpus-per-task=1 --mem=0 --array=1-3 "$root/scripts/cluster/slurm.sh" fig1-epochs --profile smoke --out "$work/array")
  echo "array job $job"
}
drained() { while [ -n "$(squeue -h)" ]; do sleep 1; done; }
both() {
  array
  sleep 5
  squeue -h -o "task %i %T"
  scancel --signal=KILL --full "${job}_1"
  echo "killed task ${job}_1"
  drained
  "$HATLAB" status fig1-epochs --out "$work/array"
  array
  drained
  "$HATLAB" status fig1-epochs --out "$work/array"
}
export -f array drained both
"$root/scripts/cluster/one-node.sh" "$work/cluster" bash -euc both
"$HATLAB" sweep fig1-epochs --profile smoke --out "$work/undisturbed" >"$work/undisturbed.log" 2>&1
count=0
for curve in "$work"/undisturbed/runs/*/curve.parquet; do
  cmp "$curve" "$work/array/runs/$(basename "$(dirname "$curve")")/curve.parquet"
  count=$((count + 1))
done
[ "$count" = "$(ls "$work/array/runs" | wc -l)" ]
echo "$count curves of the array equal those of an undisturbed sweep, byte for byte"
