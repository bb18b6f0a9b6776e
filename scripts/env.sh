# shellcheck shell=bash
# Shared by reproduce, test and lab: the private environment in .hatlab, inside the repository and ignored by git.
#
#   .hatlab/venv     Python with the notebook runner's packages, and our Jupyter kernels under share/jupyter
#   .hatlab/jupyter  Jupyter's settings and runtime files: the user's own Jupyter is neither read nor changed
#   .hatlab/         HATLAB_HOME: kernel program, XLA plugin, data sets, results
#
# Sourced with `set -euo pipefail`. Everything is safe to repeat, to interrupt, and to start twice at once.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export HATLAB_HOME=$ROOT/.hatlab
VENV=$HATLAB_HOME/venv
export HATLAB_PYTHON=$VENV/bin/python
export GOMLX_NO_AUTO_INSTALL=1
export JUPYTER_DATA_DIR=$HATLAB_HOME/jupyter/data JUPYTER_CONFIG_DIR=$HATLAB_HOME/jupyter/config
export JUPYTER_RUNTIME_DIR=$HATLAB_HOME/jupyter/runtime JUPYTERLAB_WORKSPACES_DIR=$HATLAB_HOME/jupyter/workspaces
export JUPYTERLAB_SETTINGS_DIR=$HATLAB_HOME/jupyter/settings IPYTHONDIR=$HATLAB_HOME/jupyter/ipython
export JUPYTER_PREFER_ENV_PATH=1 PYTHONNOUSERSITE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
unset JUPYTER_PATH JUPYTER_CONFIG_PATH JUPYTER_NO_CONFIG VIRTUAL_ENV PYTHONHOME PYTHONPATH

say() { printf '%s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# step TITLE COMMAND...: numbers the steps of the set-up, and says how long each took.
STEP=0 STEPS=5
step() {
  local title=$1 start=$SECONDS
  shift
  STEP=$((STEP + 1))
  say "$STEP/$STEPS $title ..."
  "$@"
  say "$STEP/$STEPS $title: $((SECONDS - start)) s"
}

# check_prerequisites names everything that is missing in one go, with the package that brings it.
check_prerequisites() {
  local missing=() python=${PYTHON:-python3} version
  command -v git >/dev/null || missing+=("git (apt-get install git)")
  command -v flock >/dev/null || missing+=("flock (apt-get install util-linux)")
  command -v "${CC:-cc}" >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null ||
    missing+=("a C compiler (apt-get install gcc libc6-dev)")
  if ! command -v go >/dev/null; then
    missing+=("Go 1.26 or newer (https://go.dev/dl/)")
  elif ! version=$(cd "$ROOT" && go env GOVERSION 2>&1); then
    missing+=("Go 1.26 or newer; this one says: $version")
  elif [[ $version =~ ^go1\.([0-9]+) && ${BASH_REMATCH[1]} -lt 26 ]]; then
    missing+=("Go 1.26 or newer; found $version")
  fi
  if ! command -v "$python" >/dev/null; then
    missing+=("Python 3.11 or newer (apt-get install python3 python3-venv)")
  elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    missing+=("Python 3.11 or newer; found $("$python" --version); PYTHON=/path/to/python3 chooses another")
  elif ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    missing+=("Python's venv (apt-get install python3-venv)")
  fi
  if ((${#missing[@]})); then
    printf 'missing: %s\n' "${missing[@]}" >&2
    exit 1
  fi
  say "    $(cd "$ROOT" && go env GOVERSION), $("$python" --version), $(nproc) cores"
}

# python_environment makes the virtual environment. The stamp is written last, so one without it is half made and made again.
python_environment() {
  local stamp=$VENV/requirements.sha256 want
  want=$({ cat "$ROOT/scripts/runner/requirements.txt"; "${PYTHON:-python3}" --version; say "$VENV"; } | sha256sum)
  [[ -f $stamp && $(<"$stamp") == "$want" ]] && return
  rm -rf "$VENV"
  "${PYTHON:-python3}" -m venv "$VENV"
  pip_install "$ROOT/scripts/runner/requirements.txt"
  printf '%s\n' "$want" >"$stamp"
}

pip_install() { "$VENV/bin/python" -m pip install --quiet --require-hashes --no-input -r "$1" || die "pip could not install $1; see above"; }

# more_python NAME adds requirements-NAME.txt to the environment, while no other script sets it up.
more_python() {
  local file=$ROOT/scripts/runner/requirements-$1.txt stamp=$VENV/requirements-$1.sha256 want
  want=$(sha256sum <"$file")
  (
    flock 9
    [[ -f $stamp && $(<"$stamp") == "$want" ]] && exit
    pip_install "$file"
    printf '%s\n' "$want" >"$stamp"
  ) 9>"$HATLAB_HOME/setup.lock"
}

go_modules() { (cd "$ROOT" && go mod download); }

# gopls serves completion in JupyterLab alone, so only scripts/lab asks for it.
KERNEL_OPTIONS=(--no-gopls)
kernels_install() {
  say "    Go compiles GoMLX and GoNB: a minute or two the first time, seconds later"
  (cd "$ROOT" && go run ./kernels install --prefix "$VENV" "${KERNEL_OPTIONS[@]}")
}

# data brings Fashion-MNIST. Without it much still works (the digits are embedded), so its absence is said, not fatal.
data() {
  (cd "$ROOT" && go run ./scripts/hatlab data fashion-mnist) ||
    say "    Fashion-MNIST could not be had (see above): the notebooks and tests that need it will say so"
}

# setup makes the environment complete; a second script that starts meanwhile waits.
setup() {
  # A home folder that is not there or cannot be written (containers) would stop Go and pip.
  if [[ ! -d ${HOME:-} || ! -w ${HOME:-} ]]; then
    export HOME=$HATLAB_HOME/home
  fi
  mkdir -p "$HATLAB_HOME/jupyter" "$HOME"
  step "Prerequisites" check_prerequisites
  exec 9>"$HATLAB_HOME/setup.lock"
  if ! flock -n 9; then
    say "    another hatlab script is setting up; waiting for it"
    flock 9
  fi
  step "Python environment" python_environment
  step "Go modules" go_modules
  step "Jupyter kernels and XLA plugin" kernels_install
  step "Data" data
  exec 9>&-
}

# runner MODULE ARGS...: a module of the notebook runner, in the private environment.
runner() {
  local module=$1
  shift
  PYTHONPATH=$ROOT/scripts PYTHONUNBUFFERED=1 "$VENV/bin/python" -m "$module" "$@"
}
