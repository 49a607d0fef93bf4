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
    build) echo build >> "$machine/builds"
        mkdir -p "$repository/src/Forge.Cli/bin/Release/net10.0"; touch "$repository/src/Forge.Cli/bin/Release/net10.0/forge.dll" ;;
    */forge.dll) shift; printf 'argument %s\n' "\$@"
        env | grep -E '^(VK_|FORGE_VULKAN|FORGE_SHADERC|LD_LIBRARY_PATH)'
        [[ \$1 != wait ]] || { echo \$\$ > "$machine/waiting"; exec sleep 60; }
        [[ \$1 != fails ]] || exit 7 ;;
esac
DOTNET
    chmod +x "$machine/programs/dotnet"
}

# Packages hold a real (small) shared library under the name wanted, so that the dynamic linker accepts it.
write_apt() {
    local real folder=usr/lib/x86_64-linux-gnu
    real=$(ldconfig -p | sed -n 's/.*libdl\.so\.2 .*=> //p' | head -n 1)
    for package in libvulkan1:libvulkan.so.1 mesa-vulkan-drivers:libvulkan_lvp.so libshaderc1:libshaderc.so.1; do
        local tree=$machine/tree name=${package%%:*} library=${package#*:}
        rm -rf "$tree"; mkdir -p "$tree/DEBIAN" "$tree/$folder" "$tree/usr/share/vulkan/icd.d"
        cp -L "$real" "$tree/$folder/$library"
        [[ $name != mesa* ]] || printf '{ "ICD": { "api_version": "1.4.305", "library_path": "/%s/%s" } }\n' "$folder" "$library" > "$tree/usr/share/vulkan/icd.d/lvp_icd.json"
        printf 'Package: %s\nVersion: 25\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: test\n' "$name" > "$tree/DEBIAN/control"
        dpkg-deb -Zgzip --build --root-owner-group "$tree" "$machine/packages/$name.deb" > /dev/null
    done
    cat > "$machine/programs/apt-get" <<APT
#!/bin/bash
echo "\$*" >> "$machine/apt-calls"
[[ ! -e "$machine/offline" ]] || { echo "E: Could not resolve the mirror"; exit 100; }
for argument; do
    case \$argument in
        Dir::Cache::archives=*) into=\${argument#*=} ;;
        lib*|mesa*) cp "$machine/packages/\$argument.deb" "\$into/" ;;
    esac
done
APT
    chmod +x "$machine/programs/apt-get"
}

# forge ARGUMENTS: runs the launcher on the machine, from elsewhere; output in $machine/out and /err, exit code in $code.
forge() {
    code=0
    (cd / && env -i HOME="$machine/home" PATH="${programs:-$machine/programs:/usr/local/bin:/usr/bin:/bin}" TERM=dumb FORGE_SYSTEM_ROOT="$machine/root" \
        FORGE_OS_RELEASE="$machine/os-release" FORGE_APT_ETC="$machine/apt" ${settings[@]+"${settings[@]}"} \
        "$repository/forge" "$@" > "$machine/out" 2> "$machine/err" < /dev/null) || code=$?
}

# The checks: a failed one says what it saw and ends the test.
refuse() { printf '    %s\n' "$@"; sed 's/^/    out: /' "$machine/out"; sed 's/^/    err: /' "$machine/err"; exit 1; }
says() { grep -qF -- "$1" "$machine/err" || refuse "expected on stderr: $1"; }
prints() { grep -qF -- "$1" "$machine/out" || refuse "expected on stdout: $1"; }
prints_not() { ! grep -qF -- "$1" "$machine/out" || refuse "not expected on stdout: $1"; }
quiet() { [[ ! -s $machine/err ]] || refuse "expected nothing on stderr"; }
exits() { [[ $code == "$1" ]] || refuse "expected exit code $1, got $code"; }
