# shellcheck shell=bash disable=SC2034,SC2154 # shared with run.sh
# A make-believe machine for the launcher's tests: its own HOME, programs and root folder, a small copy of the
# repository in a path with spaces, an apt-get that hands out tiny packages, and a dotnet that reports what it was given.

# new_machine: fresh folders under $scratch; sets machine, repository, data.
new_machine() {
    machine=$scratch/$((++machines)) repository="$scratch/$machines/a path with spaces/forge"
    data=$machine/home/.local/share/forge
    mkdir -p "$machine"/{home,root,programs,packages} "$repository/src/Forge.Cli"
    cp -r "$here/../../forge" "$here/../../eng" "$repository/"
    echo 'return 0;' > "$repository/src/Forge.Cli/Program.cs"
    printf 'ID=debian\nVERSION_CODENAME=bookworm\n' > "$machine/os-release"
    mkdir -p "$machine/apt/sources.list.d"
    echo 'deb http://deb.debian.org/debian bookworm main' > "$machine/apt/sources.list"
    write_dotnet 10.0.100
    write_apt
}

# write_dotnet VERSION: "build" makes forge.dll; running forge.dll shows arguments and the variables that matter.
write_dotnet() {
    cat > "$machine/programs/dotnet" <<DOTNET
#!/bin/bash
case \$1 in
    --version) echo $1 ;;
    --list-sdks) echo "$1 [/nowhere]" ;;
    build|publish) echo build >> "$machine/builds"
        [[ ! -e "$machine/no-ready" || "\$*" != *PublishReadyToRun* ]] || { echo "error NU1101: Unable to find package microsoft.netcore.app.crossgen2.linux-x64"; exit 1; }
        mkdir -p "$repository/artifacts/program"; touch "$repository/artifacts/program/forge.dll" ;;
    format) [[ ! -e "$machine/untidy" ]] || { echo "Program.cs(1,1): error WHITESPACE: Fix whitespace formatting."; exit 2; } ;;
    test)   # what a suite leaves behind: "total passed failed exit-code" in the suite's own folder
        name=\$(basename "\$2" .dll) folder=\$(dirname "\$2")
        read -r total passed failed exit_code < "$repository/tests/\$name/outcome"
        while [[ \$1 != --results-directory ]]; do shift; done
        [[ \$total == none ]] || echo "<TestRun><Counters total=\"\$total\" executed=\"0\" passed=\"\$passed\" failed=\"\$failed\" error=\"0\" /></TestRun>" > "\$2/\$name.trx"
        env | grep -E '^(FORGE_TEST|LD_LIBRARY_PATH)' | sed 's/^/seen /'
        [[ ! -d \${FORGE_TEST_REPORTS-} ]] || echo "mesa25|3|4|1.5" >> "\$FORGE_TEST_REPORTS/\$name"
        exit "\$exit_code" ;;
    run) printf 'argument %s\n' "\$@"
        env | grep -E '^(VK_|FORGE_VULKAN|FORGE_SHADERC)' ;;
    */forge.dll) shift
        [[ \$1 != bake ]] || { echo "\$FORGE_SHADERC \$2" >> "$machine/bakes"; [[ ! -e "$machine/unbaked" ]]; exit; }
        printf 'argument %s\n' "\$@"
        env | grep -E '^(VK_|FORGE_VULKAN|FORGE_SHADERC|LD_LIBRARY_PATH)'
        [[ \$1 != wait ]] || { echo \$\$ > "$machine/waiting"; exec sleep 60; }
        [[ \$1 != fails ]] || exit 7 ;;
esac
DOTNET
    chmod +x "$machine/programs/dotnet"
}

# Packages hold a real (small) shared library or program under the name wanted, so that the dynamic linker accepts it.
write_apt() {
    local real folder=usr/lib/x86_64-linux-gnu
    real=$(ldconfig -p | sed -n 's/.*libdl\.so\.2 .*=> //p' | head -n 1)
    write_package libvulkan1 "$real" $folder/libvulkan.so.1
    write_package mesa-vulkan-drivers "$real" $folder/libvulkan_lvp.so usr/share/vulkan/icd.d/lvp_icd.json
    write_package libshaderc1 "$real" $folder/libshaderc.so.1
    write_package vulkan-validationlayers "$real" $folder/libVkLayer_khronos_validation.so usr/share/vulkan/explicit_layer.d/layer.json
    write_package chromium-common "$real" usr/lib/chromium/libvk_swiftshader.so usr/lib/chromium/vk_swiftshader_icd.json
    write_package glslc /bin/true usr/bin/glslc
    write_package spirv-tools /bin/true usr/bin/spirv-val
    write_package libc6 "$(readlink -f /lib64/ld-linux-x86-64.so.2)" $folder/ld-linux-x86-64.so.2
    write_package dataset-fashion-mnist /bin/true usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz
    write_apt_get
}

# write_package NAME FILE PLACE [MANIFEST]: once for all machines, since each takes a while to pack.
write_package() {
    local packed=$scratch/packages/$1.deb tree=$scratch/tree name
    if [[ ! -f $packed ]]; then
        rm -rf "$tree"; mkdir -p "$scratch/packages" "$tree/DEBIAN" "$tree/$(dirname "$3")"
        cp -L "$2" "$tree/$3"
        if [[ $1 == spirv-tools ]]; then for name in opt dis as; do cp -L "$2" "$tree/usr/bin/spirv-$name"; done; fi
        if [[ -n ${4-} ]]; then
            mkdir -p "$tree/$(dirname "$4")"
            printf '{ "ICD": { "api_version": "1.4.305", "library_path": "./%s" } }\n' "$(basename "$3")" > "$tree/$4"
        fi
        printf 'Package: %s\nVersion: 25\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: test\n' "$1" > "$tree/DEBIAN/control"
        dpkg-deb -Zgzip --build --root-owner-group "$tree" "$packed" > /dev/null
    fi
    cp "$packed" "$machine/packages/"
}

write_apt_get() {
    cat > "$machine/programs/apt-get" <<APT
#!/bin/bash
echo "\$*" >> "$machine/apt-calls"
[[ ! -e "$machine/offline" ]] || { echo "E: Could not resolve the mirror"; exit 100; }
for argument; do
    case \$argument in
        */apt.conf) cat "\${argument%/*}/own.sources" >> "$machine/apt-sources" ;;
        Dir::Cache::archives=*) into=\${argument#*=} ;;
        chromium*) cp "$machine/packages/\$argument.deb" . 2> /dev/null || { echo "E: Unable to locate package"; exit 100; } ;;
        dataset*) cp "$machine/packages/\$argument.deb" . ;;
        lib*|mesa*|vulkan-validationlayers|glslc|spirv-tools) cp "$machine/packages/\$argument.deb" "\$into/" ;;
    esac
done
APT
    chmod +x "$machine/programs/apt-get"
}

# write_npm [ERROR]: node, an npm that notes its calls and fails with ERROR, and the peer's package.json.
write_npm() {
    mkdir -p "$repository/bench/peers/tfjs"
    echo '{}' > "$repository/bench/peers/tfjs/package.json"
    printf '#!/bin/bash\necho "$*" >> "%s"\necho "%s"\nexit %d\n' "$machine/npm-calls" "${1-}" "$(( $# > 0 ))" > "$machine/programs/npm"
    printf '#!/bin/bash\n' > "$machine/programs/node"
    chmod +x "$machine/programs/npm" "$machine/programs/node"
}

# forge ARGUMENTS: runs the launcher on the machine, from elsewhere; output in $machine/out and /err, exit code in $code.
forge() {
    code=0
    (cd / && env -i HOME="$machine/home" PATH="${programs:-$machine/programs:/usr/local/bin:/usr/bin:/bin}" TERM=dumb FORGE_SYSTEM_ROOT="$machine/root" \
        FORGE_OS_RELEASE="$machine/os-release" FORGE_APT_ETC="$machine/apt" ${settings[@]+"${settings[@]}"} \
        "$repository/forge" "$@" > "$machine/out" 2> "$machine/err" < /dev/null) || code=$?
}

# forge_on_terminal KEYS ARGUMENTS: the same with a person at a pseudo-terminal who types KEYS; all they see is in $machine/seen.
forge_on_terminal() {
    local keys=$1 words; shift
    script --version 2> /dev/null | grep -q util-linux || skip "no 'script' of util-linux, which makes the pseudo-terminal"
    printf -v words ' %q' "$repository/forge" "$@"
    code=0
    printf '%s' "$keys" | (cd / && env -i HOME="$machine/home" PATH="$machine/programs:/usr/local/bin:/usr/bin:/bin" TERM=dumb SHELL=/bin/bash FORGE_SYSTEM_ROOT="$machine/root" \
        FORGE_OS_RELEASE="$machine/os-release" FORGE_APT_ETC="$machine/apt" ${settings[@]+"${settings[@]}"} \
        timeout 60 script -qec "exec$words" /dev/null | tr -d '\r' > "$machine/seen"; exit "${PIPESTATUS[0]}") || code=$?
    cp "$machine/seen" "$machine/out"; cp "$machine/seen" "$machine/err"
}

# gpu_run FAILING ARGUMENTS: runs eng/gpu-run beside a forge that notes its calls and fails at one command.
gpu_run() {
    mkdir -p "$machine/bundle"
    cp "$here/../../eng/gpu-run" "$machine/bundle/"
    printf '#!/bin/bash\n[[ $1 != --help ]] || { echo "  check  Check kernels"; exit; }\necho "$*" | tee -a "%s"\n[[ $1 != %s ]] || exit 9\n' "$machine/calls" "$1" > "$machine/bundle/forge"
    chmod +x "$machine/bundle/forge"; shift; code=0
    (cd "$machine" && env -i HOME="$machine/home" PATH=/usr/local/bin:/usr/bin:/bin FORGE_PYTHON=/bin/false \
        "$machine/bundle/gpu-run" --device "A card" "$@" > "$machine/out" 2> "$machine/err" < /dev/null) || code=$?
}

# The checks: a failed one says what it saw and ends the test.
refuse() { printf '    %s\n' "$@"; sed 's/^/    out: /' "$machine/out"; sed 's/^/    err: /' "$machine/err"; exit 1; }
says() { grep -qF -- "$1" "$machine/err" || refuse "expected on stderr: $1"; }
prints() { grep -qF -- "$1" "$machine/out" || refuse "expected on stdout: $1"; }
prints_not() { ! grep -qF -- "$1" "$machine/out" || refuse "not expected on stdout: $1"; }
says_not() { ! grep -qF -- "$1" "$machine/err" || refuse "not expected on stderr: $1"; }
skip() { printf '%s\n' "$1"; exit 77; }
quiet() { [[ ! -s $machine/err ]] || refuse "expected nothing on stderr"; }
exits() { [[ $code == "$1" ]] || refuse "expected exit code $1, got $code"; }
