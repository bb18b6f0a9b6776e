#!/usr/bin/env bash
# One shard of a sweep for each task of a SLURM job array. Submit from the repository:
#
#   sbatch --array=1-16 scripts/cluster/slurm.sh fig1-epochs --profile paper --out /shared/hatlab-results
#
# The arguments go to `hatlab sweep` as they are; the shard comes from the array. A task that is cancelled, runs out of time
# or loses its node is submitted again by the same line: what is finished stays, and what was begun goes on.
#SBATCH --job-name=hatlab
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=hatlab-%A-%a.log
set -euo pipefail

: "${SLURM_ARRAY_TASK_ID:?submit with sbatch --array=1-N}"
if [ "${SLURM_ARRAY_TASK_MIN:-1}" != 1 ] || [ "${SLURM_ARRAY_TASK_STEP:-1}" != 1 ]; then
  echo "error: shards count from 1 without gaps: use --array=1-N" >&2
  exit 2
fi
# HATLAB_SHARDS lets single tasks be repeated: HATLAB_SHARDS=16 sbatch --array=1-3 ...
shards=${HATLAB_SHARDS:-$SLURM_ARRAY_TASK_MAX}
cd "${SLURM_SUBMIT_DIR:-.}"
# HATLAB names a program that was built before (go build -o hatlab ./scripts/hatlab); nodes need no Go then.
if [ -z "${HATLAB:-}" ]; then
  set -- run ./scripts/hatlab sweep "$@"
  exec go "$@" --shard "$SLURM_ARRAY_TASK_ID/$shards"
fi
exec "$HATLAB" sweep "$@" --shard "$SLURM_ARRAY_TASK_ID/$shards"
