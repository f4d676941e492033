# What bin/setup, bin/test, bin/demo and bin/console agree on: where the project
# is, whether the tools come from Debian's packages or from Bundler, and how a
# Ruby tool is started in either case. Sourced, never run; installs nothing.

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# rustup's folder is missing from the PATH of sudo and of many CI jobs. Under sudo
# Rust is the caller's, not root's.
rust_home="$HOME"
if [[ -n "${SUDO_USER:-}" && ! -d "$HOME/.cargo" ]]; then
  rust_home="$(getent passwd "$SUDO_USER" | cut -d: -f6)"
  export RUSTUP_HOME="${RUSTUP_HOME:-$rust_home/.rustup}"
fi
PATH="$PATH:${CARGO_HOME:-$rust_home/.cargo}/bin"

say() { printf '%s: %s\n' "${0##*/}" "$*"; }

# One line: what is wrong, and the cure.
fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Without root rights the gems cannot go where Debian's Ruby keeps them.
if [[ "${KARAFKA_RS_BUNDLER:-0}" == 1 ]]; then export BUNDLE_PATH="${BUNDLE_PATH:-vendor/bundle}"; fi

# True when Ruby and its tools are Debian's own packages: on Debian 12 or later,
# unless a version manager's Ruby comes first on PATH. KARAFKA_RS_BUNDLER=1 picks
# Bundler in spite of that, for Debian users without root rights.
uses_debian_packages() {
  [[ "${KARAFKA_RS_BUNDLER:-0}" != 1 && -r /etc/os-release ]] || return 1
  # A subshell, so that os-release cannot overwrite our variables.
  (
    . /etc/os-release
    [[ "${ID:-}" == debian && "${VERSION_ID:-99}" -ge 12 ]]
  ) || return 1
  local ruby
  ruby="$(command -v ruby || true)"
  [[ -z "$ruby" || "$ruby" == /usr/bin/ruby || "$ruby" == /bin/ruby ]]
}

# Runs a Ruby tool: directly when Debian provides the gems, else through Bundler.
ruby_tool() {
  if uses_debian_packages; then
    "$@"
  else
    bundle exec "$@"
  fi
}
