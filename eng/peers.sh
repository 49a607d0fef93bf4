# shellcheck shell=bash disable=SC2154 # the launcher sets root, setup.sh the data folder
# Brings in the frameworks that `forge bench compare` runs beside Forge. What stays missing, the program names with the command that gets it.

# set_up_peers ARGUMENTS
set_up_peers() {
    local wanted
    wants_comparison "$@" || return 0
    wanted=$(wanted_peers "$@")
    [[ ,$wanted, == *,torch,* ]] && ! has_torch && install_torch
    [[ ,$wanted, == *,tfjs,* ]] && ! tfjs_is_whole && install_tfjs
    return 0
}

wants_comparison() {
    local previous="" argument
    for argument; do
        case $argument in --help|-h|-\?) return 1 ;; esac
    done
    for argument; do
        [[ $previous == bench && $argument == compare ]] && return
        previous=$argument
    done
    return 1
}

# The value of --peers, or every peer.
wanted_peers() {
    local previous="" argument peers=torch,tfjs
    for argument; do
        [[ $previous == --peers ]] && peers=$argument
        [[ $argument == --peers=* ]] && peers=${argument#--peers=}
        previous=$argument
    done
    printf '%s\n' "$peers"
}

has_torch() {
    local python candidates=(/usr/bin/python3 python3)
    [[ -n ${FORGE_PYTHON-} ]] && candidates=("$FORGE_PYTHON")
    for python in "${candidates[@]}"; do
        "$python" -c 'import torch, numpy' > /dev/null 2>&1 && return
    done
    return 1
}

# A package of the whole system is installed only by root, and only where somebody said yes.
install_torch() {
    local install=(apt-get install -y --no-install-recommends python3-torch python3-numpy libopenblas0-pthread)
    [[ -z ${FORGE_PYTHON-} && $(id -u) == 0 ]] && can_unpack || return 0
    [[ ${FORGE_SETUP-} == yes || ( -t 0 && -t 2 ) ]] || return 0
    may_set_up "PyTorch, to compare with" 250 "It would be installed on this system: ${install[*]}" || return 0
    say "Installing PyTorch: ${install[*]}"
    "${install[@]}" > "$forge_data/peers.log" 2>&1 < /dev/null || say "That failed: $(tail -n 1 "$forge_data/peers.log")" "All of it: $forge_data/peers.log"
}

tfjs_is_whole() { cmp -s "$root/bench/peers/tfjs/package.json" "$forge_data/peers/tfjs/.complete"; }

# Into Forge's own folder, from the registry that npm is set up with; no script of a package is run.
install_tfjs() {
    local folder=$forge_data/peers/tfjs
    command -v node npm > /dev/null || return 0
    may_set_up "TensorFlow.js, to compare with" 120 "npm would install it into $folder, and run no script of its packages." || return 0
    say "Installing TensorFlow.js into $folder"
    mkdir -p "$folder" && cp "$root/bench/peers/tfjs/package.json" "$folder/"
    if (cd "$folder" && npm install --ignore-scripts --no-audit --no-fund > npm.log 2>&1 < /dev/null); then
        cp "$folder/package.json" "$folder/.complete"
    else
        say "That failed: $(grep -iE 'err' "$folder/npm.log" | tail -n 1)" "All of it: $folder/npm.log"
    fi
}
