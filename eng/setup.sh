# shellcheck shell=bash disable=SC2034,SC2154 # system.sh sets the machine's facts
# Decides which sets a command needs, asks once, makes them, and hands their places to the program.

case ${XDG_DATA_HOME-} in
    /*) forge_data=$XDG_DATA_HOME/forge ;;
    *) forge_data=${HOME:?set HOME or XDG_DATA_HOME}/.local/share/forge ;;
esac

# The driver the command will use: "given" by the user's variables, the "system"'s, or Forge's "own".
choose_driver() {
    sets=() driver=system
    if [[ -n ${VK_DRIVER_FILES-}${VK_ICD_FILENAMES-} ]]; then driver=given
    else
        inspect_drivers
        case $driver_found in
            none) driver=own ;;
            software) can_unpack && software_is_old && driver=own ;;
        esac
    fi
    own_loader="" own_shaderc=""
    find_library libvulkan.so.1 libvulkan.1.dylib > /dev/null || own_loader=yes
    # Debian 12's libshaderc needs what its glslc carries (src/Forge.Vulkan/GlslcLibrary.cs).
    { find_library libshaderc.so.1 libshaderc_shared.so.1 libshaderc_shared.1.dylib && { ! can_unpack || command -v glslc; }; } > /dev/null || own_shaderc=yes
    [[ -n $own_loader ]] && sets+=(loader)
    [[ $driver == own ]] && sets+=(mesa25)
    [[ -n $own_shaderc ]] && sets+=(shaderc)
    return 0
}

# wants_fashion_mnist ARGUMENTS: whether the command reads that data set.
wants_fashion_mnist() {
    local data="" previous="" argument
    [[ -z ${FORGE_DATA-} ]] || return 1                              # the user keeps data sets elsewhere
    for argument; do
        [[ $previous == --data ]] && data=$argument
        [[ $argument == --data=* ]] && data=${argument#--data=}
        previous=$argument
    done
    people_have_fashion_mnist && return 1
    [[ $data == fashion-mnist || $data == moving-items ]] && return
    [[ -z $data ]] && { [[ ${1-} == evaluate ]] || [[ ${1-} == train && ( ${2-} == cnn || ${2-} == rnn || ${2-} == video ) ]]; }
}

# Whether the system's package or the user's own hands put the data set where the program looks.
people_have_fashion_mnist() {
    local folder
    for folder in "$system_root/usr/share/datasets/fashion-mnist" "$forge_data/datasets/fashion-mnist"; do
        [[ ! -e $folder/.complete && ( -s $folder/train-images-idx3-ubyte.gz || -s $folder/train-images-idx3-ubyte ) ]] && return
    done
    return 1
}

# FORGE_VALIDATION=1 needs the layer, from the machine or unpacked.
wants_validation() {
    case ${FORGE_VALIDATION-} in ""|0) return 1 ;; esac
    ! compgen -G "$system_root/usr/share/vulkan/explicit_layer.d/*khronos_validation*.json" > /dev/null
}

set_up_for() {
    local argument
    driver=system sets=() own_loader="" own_shaderc=""
    [[ $# -gt 0 ]] || return 0
    for argument; do
        case $argument in --help|-h|-\?|--version) return 0 ;; esac
    done
    detect_system
    choose_driver
    if wants_fashion_mnist "$@"; then sets+=(fashion-mnist); fi
    if wants_validation; then sets+=(validation); fi
    make_missing
}

set_folder() { case $1 in fashion-mnist) echo "datasets/$1" ;; *) echo "$1" ;; esac; }

# Makes the sets in $sets that are not whole, after asking once where there is somebody to ask.
make_missing() {
    local set missing=() titles="" megabytes=0
    for set in ${sets[@]+"${sets[@]}"}; do
        set_is_whole "$(set_folder "$set")" && continue
        missing+=("$set") titles="$titles, $(set_title "$set")" megabytes=$((megabytes + $(set_megabytes "$set")))
    done
    (( ${#missing[@]} )) || return 0
    if ! can_unpack; then explain_missing "${missing[@]}"; return 0; fi
    if ! may_set_up "${titles#, }" "$megabytes"; then
        explain_missing "${missing[@]}"
        return 0
    fi
    mkdir -p "$forge_data" || fail "cannot write $forge_data." "Set XDG_DATA_HOME to a folder you may write."
    exec 9> "$forge_data/.lock"
    flock -n 9 || { say "Another ./forge is setting up; waiting for it."; flock 9; }
    rm -f "$forge_data/.declined"
    prepare_apt
    for set in "${missing[@]}"; do
        case $set in
            loader|shaderc|mesa25) failure_code=4 ;;
            fashion-mnist) failure_code=3 ;;
            *)  # Only some tests need these; they say so and are counted as skipped.
                (make_set "$set") || say "Going on without $set."
                continue ;;
        esac
        make_set "$set" || fail "$set does not load on this machine: $(tail -n 3 "$(apt_folder)/log")"
    done
    failure_code=1
    exec 9>&-
    say "Set-up done."
}

# may_set_up WHAT MEGABYTES [HOW]
may_set_up() {
    local answer declined=$forge_data/.declined${3:+-peers}
    case ${FORGE_SETUP-} in
        yes) return 0 ;;
        no) return 1 ;;
        "") ;;
        *) fail "FORGE_SETUP is '$FORGE_SETUP'; it may be yes or no." ;;
    esac
    [[ -t 0 && -t 2 ]] || return 0
    [[ -e $declined ]] && return 1
    local how=("Forge can unpack what is missing from this machine's own package mirror (about $2 MB, signed) into"
        "$forge_data: no root, no source added, nothing replaced.")
    [[ -n ${3-} ]] && how=("About $2 MB. $3")
    say "Missing here: $1." "${how[@]}"
    printf '       Go ahead? [Y/n] ' >&2
    read -r answer || answer=no
    case $answer in
        [nN]*) mkdir -p "$forge_data" && : > "$declined"; return 1 ;;
        *) return 0 ;;
    esac
}

# Says what is missing and how to get it, then lets the program go on: it knows best whether it can.
explain_missing() {
    local set packages=()
    for set; do
        case $set in
            mesa25) say "No usable Vulkan driver on this machine." ;;
            loader) say "No Vulkan loader (libvulkan) on this machine." ;;
            shaderc) say "No shader compiler (libshaderc) on this machine." ;;
            fashion-mnist)
                say "Fashion-MNIST is not in $forge_data/datasets/fashion-mnist." \
                    "Put the four .gz files of https://github.com/zalandoresearch/fashion-mnist there."
                continue ;;
            *) say "Missing for some tests: $set."; continue ;;
        esac
        packages=(yes)
    done
    if (( ${#packages[@]} )); then
        local lines=()
        while IFS= read -r line; do lines+=("$line"); done <<< "$(system_packages)"
        say "Install them with:" "${lines[@]}"
    fi
    can_unpack && say "Or let Forge unpack them without root: FORGE_SETUP=yes ./forge ..."
    return 0
}

# Tells the program where the sets are. A variable the user set wins; a real GPU's driver is never shadowed.
use_sets() {
    local folder path="" set manifest
    for set in ${sets[@]+"${sets[@]}"}; do
        folder=$forge_data/$set
        # A set with a loader of its own brings another C library: no program of this system may meet it.
        [[ -d $folder/lib && ! -e $folder/lib/ld.so ]] && path=$path$folder/lib:
    done
    [[ -n $own_loader && -f $forge_data/loader/lib/libvulkan.so.1 ]] &&
        export FORGE_VULKAN_LOADER=${FORGE_VULKAN_LOADER:-$forge_data/loader/lib/libvulkan.so.1}
    [[ -n $own_shaderc && -f $forge_data/shaderc/lib/libshaderc.so.1 ]] &&
        export FORGE_SHADERC=${FORGE_SHADERC:-$forge_data/shaderc/lib/libshaderc.so.1}
    manifest=$(own_manifest mesa25)
    if [[ $driver == own && -n $manifest ]]; then
        if [[ $gpu_present == yes ]]; then
            say "A GPU is here, but no Vulkan driver for it that loads; install its driver. Until then: software."
            export VK_ADD_DRIVER_FILES=$manifest
        else
            export VK_DRIVER_FILES=$manifest VK_ICD_FILENAMES=$manifest    # loaders before 1.3.207 know the second
        fi
    fi
    # Mesa's cache of machine code does not know the width, and would run code made for another.
    [[ -n ${LP_NATIVE_VECTOR_WIDTH-} ]] &&
        export MESA_SHADER_CACHE_DIR=${MESA_SHADER_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/forge/machine-code-$LP_NATIVE_VECTOR_WIDTH}
    [[ -d $forge_data/validation/manifests ]] && export VK_ADD_LAYER_PATH=${VK_ADD_LAYER_PATH:-$forge_data/validation/manifests}
    [[ -n $path ]] && export LD_LIBRARY_PATH=$path${LD_LIBRARY_PATH-}
    return 0
}

# Prints the driver manifest of a set, or nothing.
own_manifest() {
    local file
    for file in "$forge_data/$1"/manifests/*_icd*.json; do
        [[ -f $file ]] && { printf '%s\n' "$file"; return; }
    done
    return 0
}
