# shellcheck shell=bash disable=SC2034 # the other parts read these
# What machine this is: distribution, GPUs, the Vulkan loader and drivers it has. Reads only.
# FORGE_OS_RELEASE and FORGE_SYSTEM_ROOT let the launcher's tests show it another machine.

system_root=${FORGE_SYSTEM_ROOT-}

say() { printf 'forge: %s\n' "$1" >&2; shift; local line; for line; do printf '       %s\n' "$line" >&2; done; }

# Exit codes are the command line program's: 1 failure, 3 data, 4 device.
failure_code=1
fail() { say "$@"; exit "$failure_code"; }

# distribution: debian or ubuntu where their packages fit, otherwise another system's id; codename: its release.
detect_system() {
    local file=${FORGE_OS_RELEASE:-/etc/os-release} ID="" ID_LIKE="" VERSION_CODENAME="" UBUNTU_CODENAME="" DEBIAN_CODENAME=""
    distribution=other codename=""
    [[ $(uname -s) == Darwin && -z ${FORGE_OS_RELEASE-} ]] && { distribution=macos; return; }
    # shellcheck source=/dev/null
    [[ -r $file ]] && . "$file"
    case " $ID $ID_LIKE " in
        " debian "*) distribution=debian codename=$VERSION_CODENAME ;;
        *" ubuntu "*) distribution=ubuntu codename=${UBUNTU_CODENAME:-$VERSION_CODENAME} ;;
        *" debian "*) distribution=debian codename=${DEBIAN_CODENAME:-$VERSION_CODENAME} ;;
        *" fedora "*|*" rhel "*) distribution=fedora ;;
        *" arch "*) distribution=arch ;;
        *) distribution=${ID:-other} ;;
    esac
}

can_unpack() { [[ $distribution == debian || $distribution == ubuntu ]] && command -v apt-get dpkg-deb flock > /dev/null; }

# The packages a person would install by hand for a driver, the loader and the shader compiler.
system_packages() {
    case $distribution in
        debian|ubuntu) echo "sudo apt-get install libvulkan1 mesa-vulkan-drivers libshaderc1 glslc" ;;
        fedora) echo "sudo dnf install vulkan-loader mesa-vulkan-drivers libshaderc" ;;
        arch) echo "sudo pacman -S vulkan-icd-loader vulkan-swrast shaderc   (for a GPU: vulkan-radeon, vulkan-intel or nvidia-utils)" ;;
        macos) echo "brew install vulkan-loader molten-vk shaderc" ;;
        *) echo "dnf:    sudo dnf install vulkan-loader mesa-vulkan-drivers libshaderc"
           echo "pacman: sudo pacman -S vulkan-icd-loader vulkan-swrast shaderc"
           echo "brew:   brew install vulkan-loader molten-vk shaderc" ;;
    esac
}

# find_library NAME...: prints the first shared library of these names in the places a loader looks.
find_library() {
    local name folder folders
    IFS=: read -ra folders <<< "${LD_LIBRARY_PATH-}"
    for name; do
        for folder in ${folders[@]+"${folders[@]}"} "$system_root"{/usr/local,/usr,}/lib/*-linux-gnu* "$system_root"{/usr/local,/usr,}/lib{64,} \
            "$system_root"/opt/homebrew/lib "$system_root"/run/opengl-driver/lib; do
            [[ -n $folder && -e $folder/$name ]] && { printf '%s\n' "$folder/$name"; return; }
        done
    done
    return 1
}

# Prints the manifests of the drivers this machine has, in the folders the loader reads.
system_manifests() {
    local folder file
    for folder in "${XDG_CONFIG_HOME:-$HOME/.config}" "$system_root"/etc/xdg "$system_root"/etc "$system_root"/usr/local/etc \
        "${XDG_DATA_HOME:-$HOME/.local/share}" "$system_root"/usr/local/share "$system_root"/usr/share \
        "$system_root"/run/opengl-driver/share "$system_root"/opt/homebrew/share; do
        for file in "$folder"/vulkan/icd.d/*.json; do
            [[ -f $file ]] && printf '%s\n' "$file"
        done
    done
    return 0
}

# Prints the patterns of manifest names that would drive the GPUs present (virtual display adapters are none).
gpu_manifest_patterns() {
    local card device driver
    [[ -e $system_root/dev/nvidiactl || -e $system_root/dev/nvidia0 ]] && echo "*nvidia*"
    [[ -e $system_root/dev/dxg ]] && echo "*dzn*"
    for card in "$system_root"/dev/dri/renderD*; do
        [[ -e $card ]] || continue
        device=$system_root/sys/class/drm/${card##*/}/device
        driver=$(readlink "$device/driver" || true)
        case ${driver##*/} in
            vgem|vkms|virtio*|bochs*|qxl|cirrus*|ast|mgag200|hyperv*|vmwgfx|simple*|faux*) ;;
            nvidia*) ;;                                              # known by /dev/nvidiactl
            amdgpu|radeon) echo "*radeon*"; echo "*amd*" ;;
            i915|xe) echo "*intel*" ;;
            nouveau) echo "*nouveau*" ;;
            *) echo "*" ;;
        esac
    done
    return 0
}

is_software() { case ${1##*/} in lvp_icd*|*swiftshader*) return 0 ;; *) return 1 ;; esac; }

# Whether the library a manifest names can be loaded: the dynamic linker is asked, nothing is run.
manifest_loads() {
    local library
    library=$(manifest_library "$1")
    case $library in
        "") return 1 ;;
        /*) ;;
        */*) library=${1%/*}/$library ;;
    esac
    [[ $library != */* || -e $library ]] || return 1
    [[ $library != *[\ :]* ]] || return 0                            # LD_PRELOAD can't name such a path
    [[ $(LD_PRELOAD=$library LC_ALL=C /bin/true 2>&1) != *"cannot be preloaded"* ]]
}

# driver_found: "gpu" (a real GPU and a driver for it), "software" (only a software driver), or "none".
# gpu_present: yes or no; software_manifest: the machine's own software driver, if any.
inspect_drivers() {
    local pattern manifest
    driver_found=none gpu_present=no software_manifest=""
    while IFS= read -r pattern; do
        gpu_present=yes
        while IFS= read -r manifest; do
            # shellcheck disable=SC2053 # a pattern
            if [[ -n $manifest && ${manifest##*/} == $pattern ]] && ! is_software "$manifest" && manifest_loads "$manifest"; then
                driver_found=gpu; return
            fi
        done <<< "$(system_manifests)"
    done < <(gpu_manifest_patterns)
    [[ $distribution == macos && -n $(system_manifests) ]] && { driver_found=gpu; return; }
    while IFS= read -r manifest; do
        if [[ -n $manifest ]] && is_software "$manifest" && manifest_loads "$manifest"; then
            driver_found=software software_manifest=$manifest; return
        fi
    done <<< "$(system_manifests)"
}

# Lavapipe before Mesa 25 is several times slower; Debian knows which one it installed.
software_is_old() {
    local version
    version=$(dpkg-query -W -f '${Version}' mesa-vulkan-drivers 2> /dev/null || true)
    [[ ${version%%.*} =~ ^[0-9]+$ ]] && (( ${version%%.*} < 25 ))
}
