# shellcheck shell=bash disable=SC2154 # the launcher sets root, system.sh the facts
# Finds the .NET SDK and builds when sources changed.

find_dotnet() {
    local candidate
    export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
    for candidate in "$(command -v dotnet || true)" \
        "${DOTNET_ROOT-}/dotnet" "${HOME-}/.dotnet/dotnet" "$system_root"/usr/{share,lib,local/share}/dotnet/dotnet; do
        [[ -n $candidate && -x $candidate ]] && { dotnet=$candidate; return; }
    done
    explain_sdk "No .NET SDK found (no 'dotnet' on PATH)."
}

explain_sdk() {
    detect_system
    local how
    case $distribution in
        debian) how="Debian has no package of it; the one from Microsoft: https://learn.microsoft.com/dotnet/core/install/linux-debian" ;;
        ubuntu) how="sudo apt-get install dotnet-sdk-10.0" ;;
        fedora) how="sudo dnf install dotnet-sdk-10.0" ;;
        arch) how="sudo pacman -S dotnet-sdk" ;;
        macos) how="brew install --cask dotnet-sdk" ;;
        *) how="https://dotnet.microsoft.com/download/dotnet/10.0" ;;
    esac
    fail "$1" "Forge needs the .NET SDK, version 10. Get it with:" "$how" \
        "or, without root: https://dot.net/v1/dotnet-install.sh --channel 10.0 (it installs into ~/.dotnet, which ./forge looks into)"
}

check_sdk() {
    local version
    version=$(cd "$root" && "$dotnet" --version 2> /dev/null) || version=$("$dotnet" --list-sdks 2> /dev/null | tail -n 1)
    [[ ${version%%.*} == 10 ]] || explain_sdk "The .NET SDK found at $dotnet is ${version:-only a runtime}."
}

# One line that changes when a file in these folders is added, removed or written: names, times and sizes.
state_of() {
    local shape=(-printf '%p %T@ %s\n')
    [[ $(uname -s) == Darwin ]] && shape=(-exec stat -f '%N %m %z' '{}' +)
    (cd "$root" && { find "$@" \( -name bin -o -name obj -o -name TestResults \) -prune -o -type f "${shape[@]}" 2> /dev/null || true; } | LC_ALL=C sort | cksum)
}

source_state() { state_of src shaders tuning Directory.Build.props Directory.Packages.props global.json .editorconfig "$@"; }

# The program that ./forge runs, apart from the folders of ordinary builds.
program=artifacts/program/forge.dll

# compile TARGET OPTIONS: the program's own assemblies get machine code ahead of time (ReadyToRun), which a start would else spend some 0.2 s of
# compiling on. The compiler for that is a package: without it the program is made without.
compile() {
    local target=$1 machine publish; shift
    [[ $target == src/Forge.Cli ]] || { "$dotnet" build "$root/$target" "$@"; return; }
    publish=("$dotnet" publish "$root/$target" "$@" --artifacts-path "$root/artifacts/publish" -o "$root/${program%/*}")
    case $(uname -s)-$(uname -m) in
        Linux-x86_64) machine=linux-x64 ;;
        Linux-aarch64) machine=linux-arm64 ;;
        Darwin-arm64) machine=osx-arm64 ;;
        *) "${publish[@]}"; return ;;
    esac
    if "${publish[@]}" -r "$machine" --self-contained false -p:PublishReadyToRun=true > "$root/artifacts/ready.log" 2>&1; then return; fi
    if grep -qiE 'crossgen|NETSDK1094' "$root/artifacts/ready.log"; then "${publish[@]}"; else cat "$root/artifacts/ready.log"; return 1; fi
}

# build_if_changed TARGET [more source folders]: builds Release unless the last good build saw the same sources.
build_if_changed() {
    local target=$1 stamp state log
    shift
    stamp=$root/artifacts/built-$(basename "$target") log=$root/artifacts/build.log
    state="$(source_state "$@") $dotnet"
    [[ -f $stamp && $(< "$stamp") == "$state" && ( $target != src/Forge.Cli || -f $root/$program ) ]] && return
    check_sdk
    mkdir -p "$root/artifacts" || fail "cannot write $root."
    if command -v flock > /dev/null; then
        exec 8> "$root/artifacts/.lock"
        flock -n 8 || { say "Another ./forge is building; waiting for it."; flock 8; }
        [[ -f $stamp && $(< "$stamp") == "$state" ]] && { exec 8>&-; return; }
    fi
    say "Building (sources changed)"
    local options=(-c Release -v q -nologo "-clp:NoSummary")
    [[ -n ${CI-} ]] && options+=(-nodeReuse:false -p:UseSharedCompilation=false)     # nothing may outlive a CI job
    # Build servers must not inherit the lock, or they would hold it for hours.
    if ! compile "$target" "${options[@]}" > "$log" 2>&1 8>&- < /dev/null; then
        grep -E '(error|warning) ' "$log" | sort -u | head -n 40 >&2 || tail -n 40 "$log" >&2
        fail "The build failed; all of it: $log"
    fi
    printf '%s\n' "$state" > "$stamp.new"; mv "$stamp.new" "$stamp"
    exec 8>&-
}

# bake_if_changed ARGUMENTS: compiles the models' shaders into the pack beside the program, so that a first run need not.
# What a pack lacks is compiled when it is met, so trying once for each state of the sources is enough.
bake_if_changed() {
    local stamp=$root/artifacts/baked state argument
    [[ $# -gt 0 ]] || return 0
    for argument; do
        case $argument in --help|-h|-\?|--version) return 0 ;; esac
    done
    state=$(state_of shaders src/Forge.Vulkan/Kernels src/Forge.Core/Ops src/Forge.Core/Passes src/Forge.Models/Cnn)
    [[ -f $stamp && $(< "$stamp") == "$state" ]] && return
    say "Compiling shaders"
    env -u FORGE_SHADERS -u FORGE_PACK "$dotnet" "$root/$program" bake --models-only > "$root/artifacts/bake.log" 2>&1 < /dev/null || true
    printf '%s\n' "$state" > "$stamp.new"; mv "$stamp.new" "$stamp"
}
