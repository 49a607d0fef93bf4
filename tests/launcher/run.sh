#!/usr/bin/env bash
# Tests of ./forge itself. Each prints "ok NAME", "not ok NAME" or "skip NAME"; nothing outside a temporary folder changes.
# shellcheck disable=SC2016,SC2034,SC2317 # tests are called by name, and set what machine.sh reads
set -uo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
machines=0 settings=() programs=""
# shellcheck source=tests/launcher/machine.sh
. "$here/machine.sh"

first_run_unpacks_and_passes_arguments_exactly() {
    forge devices "two words" '' '*'; exits 0
    says "(mesa-vulkan-drivers)"; says "Building"
    prints "argument devices"; prints "argument two words"; prints "argument *"
    prints "VK_DRIVER_FILES=$data/mesa25/manifests/lvp_icd.json"
    prints "FORGE_VULKAN_LOADER=$data/loader/lib/libvulkan.so.1"
    prints "FORGE_SHADERC=$data/shaderc/lib/libshaderc.so.1"
}

a_program_of_one_file_runs_with_what_was_set_up() {
    local program=$machine/some.cs
    : > "$program"
    forge run "$program" "two words" --help; exits 0
    says "(mesa-vulkan-drivers)"; says_not "Building"
    prints "argument --file"; prints "argument $program"; prints "argument two words"; prints "argument --help"
    prints "VK_DRIVER_FILES=$data/mesa25/manifests/lvp_icd.json"
    prints "FORGE_SHADERC=$data/shaderc/lib/libshaderc.so.1"
}

a_program_that_is_not_there_is_told_before_anything_is_set_up() {
    forge run missing.cs; exits 3; says "missing.cs: no such file"; says_not "mesa"
    forge run; exits 2; says "usage: ./forge run FILE.cs"
    forge run devices; exits 2; says_not "mesa"
}

second_run_is_quiet_and_builds_nothing() {
    forge devices; forge devices; exits 0; quiet
    [[ $(wc -l < "$machine/builds") == 1 ]] || refuse "expected one build"
    forge --json train x; quiet
}

changed_added_and_removed_sources_are_built_again() {
    forge devices
    echo '// more' >> "$repository/src/Forge.Cli/Program.cs"; forge devices; says "Building"
    touch "$repository/src/Forge.Cli/Added.cs"; forge devices; says "Building"
    rm "$repository/src/Forge.Cli/Added.cs"; forge devices; says "Building"
    forge devices; quiet
}

shaders_are_compiled_beforehand_when_they_changed() {
    forge --version; forge devices --help; [[ ! -e $machine/bakes ]] || refuse "compiled for a question about the program"
    forge devices; exits 0; says "Compiling shaders"; prints_not "argument bake"
    forge devices; quiet
    echo '// more' >> "$repository/src/Forge.Cli/Program.cs"; forge devices
    [[ $(< "$machine/bakes") == "$data/shaderc/lib/libshaderc.so.1 --models-only" ]] || refuse "expected one time, with the compiler: $(cat "$machine/bakes")"
    mkdir -p "$repository/shaders"; echo new > "$repository/shaders/New.comp"; forge devices; says "Compiling shaders"
}

shaders_that_do_not_compile_beforehand_are_no_failure() {
    touch "$machine/unbaked"; forge devices; exits 0; prints "argument devices"
    forge devices; quiet
}

manifest_names_the_library_absolutely_even_with_odd_characters() {
    settings=(XDG_DATA_HOME="$machine/data \"home\" & more")
    forge devices; exits 0
    local manifest="$machine/data \"home\" & more/forge/mesa25/manifests/lvp_icd.json"
    grep -qF "\"library_path\": \"$machine/data \\\"home\\\" & more/forge/mesa25/lib/libvulkan_lvp.so\"" "$manifest" || refuse "$(cat "$manifest")"
}

truncated_library_is_unpacked_again() {
    forge devices
    : > "$data/mesa25/lib/libvulkan_lvp.so"
    forge devices; exits 0; says "(mesa-vulkan-drivers)"
    [[ -s $data/mesa25/lib/libvulkan_lvp.so ]] || refuse "still empty"
    forge devices; quiet
}

half_unpacked_folder_is_unpacked_again() {
    forge devices
    mkdir -p "$data/.mesa25.partial/lib"; echo junk > "$data/.mesa25.partial/lib/libvulkan_lvp.so"
    rm "$data/mesa25/.complete" "$data/loader/lib/libvulkan.so.1"
    forge devices; exits 0; says "(mesa-vulkan-drivers)"; says "(libvulkan1)"
    [[ ! -e $data/.mesa25.partial ]] || refuse "the partial folder is still there"
}

moved_data_folder_is_unpacked_again() {
    forge devices; mv "$machine/home" "$machine/home2"
    mkdir "$machine/home"; mv "$machine/home2/.local" "$machine/home/.local"; forge devices; quiet
    settings=(XDG_DATA_HOME="$machine/elsewhere"); mkdir "$machine/elsewhere"; cp -r "$data" "$machine/elsewhere/forge"
    forge devices; says "(mesa-vulkan-drivers)"
    prints "VK_DRIVER_FILES=$machine/elsewhere/forge/mesa25"
}

two_at_once_unpack_once() {
    forge --version
    local first second
    (forge devices; exit "$code") & first=$!
    (forge devices; exit "$code") & second=$!
    wait "$first" || refuse "the first failed"; wait "$second" || refuse "the second failed"
    [[ $(grep -c 'mesa-vulkan-drivers' "$machine/apt-calls") == 1 ]] || refuse "apt was asked twice"
}

apt_gets_private_folders_and_a_signed_source_only() {
    forge devices
    grep -vqF -- "-c $data/apt/apt.conf" "$machine/apt-calls" && refuse "apt-get ran without the private configuration"
    grep -qF 'Dir::State "'"$data/apt/state"'";' "$data/apt/apt.conf" || refuse "state is not private"
    grep -q '^Signed-By: ' "$data/apt/own.sources" || [[ ! -f /usr/share/keyrings/debian-archive-keyring.gpg ]] || refuse "no keyring named"
    grep -q 'bookworm-backports' "$data/apt/own.sources" || refuse "no backports on Debian 12"
}

sources_leave_third_parties_out_and_keep_the_mirror() {
    cat > "$machine/apt/sources.list" <<'LIST'
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/keys/own.gpg] http://mirror.example/debian bookworm main contrib # ours
deb http://mirror.example/debian-security bookworm-security main
deb [signed-by=/keys/docker.gpg] https://download.docker.com/linux/debian bookworm stable
deb http://vendor.example/apt bookworm main
deb-src http://mirror.example/debian bookworm main
LIST
    printf 'Types: deb\nURIs: http://two.example/debian/\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By:\n -----BEGIN\n .\n abc\n\n# off\nEnabled: no\nTypes: deb\nURIs: http://off.example/debian\nSuites: bookworm\nComponents: main\n' > "$machine/apt/sources.list.d/two.sources"
    forge devices; exits 0
    local own; own=$(< "$data/apt/own.sources")
    for wanted in "URIs: http://mirror.example/debian" "Suites: bookworm bookworm-backports" "Signed-By: /keys/own.gpg" \
        "debian-security" "Suites: bookworm bookworm-updates bookworm-backports" " -----BEGIN"; do
        [[ $own == *"$wanted"* ]] || refuse "missing: $wanted" "$own"
    done
    for unwanted in docker vendor commented deb-src off.example; do
        [[ $own != *"$unwanted"* ]] || refuse "not wanted: $unwanted" "$own"
    done
}

comparing_installs_tensorflow_js_once_and_runs_no_script_of_it() {
    write_npm
    forge devices; [[ ! -e $machine/npm-calls ]] || refuse "npm ran for another command"
    forge bench compare --peers tfjs; exits 0; says "Installing TensorFlow.js into $data/peers/tfjs"
    grep -q -- --ignore-scripts "$machine/npm-calls" || refuse "scripts may run" "$(cat "$machine/npm-calls")"
    forge bench compare --peers tfjs; quiet
    [[ $(wc -l < "$machine/npm-calls") == 1 ]] || refuse "npm ran again"
    echo '{ "newer": true }' > "$repository/bench/peers/tfjs/package.json"; forge bench compare --peers=tfjs; says "Installing TensorFlow.js"
}

comparing_installs_only_peers_asked_for_and_not_against_a_no() {
    write_npm
    forge bench compare --peers torch; settings=(FORGE_SETUP=no); forge bench compare; forge bench compare --help
    [[ ! -e $machine/npm-calls ]] || refuse "npm ran"
}

failed_install_of_a_peer_is_said_and_tried_again() {
    write_npm 'npm error network'; forge bench compare --peers tfjs; exits 0; says "That failed: npm error network"
    write_npm; forge bench compare --peers tfjs; exits 0; says "Installing TensorFlow.js"
    forge bench compare --peers tfjs; quiet
}

unreachable_mirror_is_said_and_mended_by_the_next_run() {
    touch "$machine/offline"; forge devices; exits 4; says "Could not resolve the mirror"
    rm "$machine/offline"; forge devices; exits 0; says "Set-up done"
}

set_up_no_names_the_driver_and_the_packages() {
    settings=(FORGE_SETUP=no); forge devices; exits 0
    says "No usable Vulkan driver"; says "sudo apt-get install libvulkan1 mesa-vulkan-drivers libshaderc1 glslc"; says "FORGE_SETUP=yes"
    [[ ! -e $machine/apt-calls ]] || refuse "apt-get was called"
    prints_not VK_DRIVER_FILES
}

on_a_terminal_it_asks_and_yes_is_the_default() {
    forge_on_terminal $'\n' devices; exits 0
    says "Missing here: the Vulkan loader, a Vulkan driver"; says "MB, signed"; says "Go ahead? [Y/n]"; says "Set-up done."
    [[ -s $data/mesa25/lib/libvulkan_lvp.so ]] || refuse "nothing was unpacked"
    forge_on_terminal "" devices; exits 0; says_not "Go ahead?"
}

a_no_on_the_terminal_is_remembered_and_can_be_changed() {
    forge_on_terminal $'n\n' devices; exits 0
    says "Go ahead? [Y/n]"; says "No usable Vulkan driver"; says "sudo apt-get install"; says "FORGE_SETUP=yes ./forge"
    [[ ! -e $machine/apt-calls ]] || refuse "apt-get was called"
    forge_on_terminal $'y\n' devices; exits 0; says_not "Go ahead?"; says "FORGE_SETUP=yes ./forge"
    [[ ! -e $machine/apt-calls ]] || refuse "apt-get was called though the answer was no"
    settings=(FORGE_SETUP=yes); forge_on_terminal "" devices; exits 0; says_not "Go ahead?"; says "Set-up done."
    settings=(); rm "$data/mesa25/.complete"; forge_on_terminal $'\n' devices; says "Go ahead?"
}

end_of_input_on_the_terminal_is_a_no() {
    forge_on_terminal "" devices; exits 0; says "Go ahead?"; says "FORGE_SETUP=yes ./forge"
    [[ ! -e $machine/apt-calls ]] || refuse "apt-get was called"
}

a_switch_answers_before_the_terminal_is_asked() {
    settings=(FORGE_SETUP=no); forge_on_terminal $'y\n' devices; exits 0; says_not "Go ahead?"; says "No usable Vulkan driver"
    [[ ! -e $machine/apt-calls ]] || refuse "apt-get was called"
}

set_up_answer_other_than_yes_or_no_is_an_error() { settings=(FORGE_SETUP=perhaps); forge devices; exits 1; says "may be yes or no"; }

other_systems_get_their_own_packages() {
    local id
    for id in "fedora:dnf install vulkan-loader" "arch:pacman -S vulkan-icd-loader" "opensuse:dnf install" "opensuse:brew install"; do
        echo "ID=${id%%:*}" > "$machine/os-release"; forge devices; exits 0; says "${id#*:}"
        [[ ! -e $machine/apt-calls ]] || refuse "apt-get was called"
    done
}

derivatives_use_their_parents_release() {
    printf 'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n' > "$machine/os-release"
    echo 'deb http://archive.ubuntu.com/ubuntu noble main universe' > "$machine/apt/sources.list"
    forge devices; exits 0
    grep -q 'Suites: noble$' "$data/apt/own.sources" || refuse "$(cat "$data/apt/own.sources")"
}

gpu_with_its_driver_is_never_shadowed() {
    mkdir -p "$machine/root/dev" "$machine/root/etc/vulkan/icd.d"; touch "$machine/root/dev/nvidiactl"
    printf '{ "ICD": { "library_path": "libdl.so.2" } }' > "$machine/root/etc/vulkan/icd.d/nvidia_icd.json"
    forge devices; exits 0; prints_not VK_DRIVER_FILES; prints_not VK_ADD_DRIVER_FILES
    [[ ! -e $data/mesa25 ]] || refuse "a software driver was unpacked"
}

gpu_without_a_driver_is_said_and_software_only_added() {
    mkdir -p "$machine/root/dev"; touch "$machine/root/dev/nvidiactl"
    forge devices; exits 0; says "no Vulkan driver for it that loads"
    prints_not VK_DRIVER_FILES=; prints "VK_ADD_DRIVER_FILES=$data/mesa25"
}

manifest_whose_library_does_not_load_is_no_driver() {
    mkdir -p "$machine/root/usr/share/vulkan/icd.d"
    printf '{ "ICD": { "library_path": "libvulkan_absent_driver.so" } }' > "$machine/root/usr/share/vulkan/icd.d/lvp_icd.x86_64.json"
    forge devices; exits 0; says "(mesa-vulkan-drivers)"
}

drivers_the_user_names_win() {
    settings=(VK_ICD_FILENAMES=/mine.json); forge devices; exits 0
    prints "VK_ICD_FILENAMES=/mine.json"; prints_not VK_DRIVER_FILES
    [[ ! -e $data/mesa25 ]] || refuse "a driver was unpacked"
}

help_needs_no_set_up() { forge train --help; exits 0; [[ ! -e $machine/apt-calls ]] || refuse "apt-get was called"; }

fashion_mnist_comes_only_for_the_commands_that_read_it() {
    forge train cnn --data photos; forge train cnn --data=photos; forge evaluate runs/a --data photos; forge predict runs/a x.png
    settings=(FORGE_DATA="$machine"); forge train cnn; settings=()
    [[ ! -e $data/datasets ]] || refuse "the data set was unpacked"
    forge train cnn; exits 0; says "dataset-fashion-mnist"
    [[ -s $data/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz ]] || refuse "no data"
}

fashion_mnist_put_there_by_hand_is_left_alone() {
    mkdir -p "$data/datasets/fashion-mnist"; echo mine > "$data/datasets/fashion-mnist/train-images-idx3-ubyte.gz"
    forge train cnn; exits 0; ! grep -q fashion "$machine/err" || refuse "it was replaced or asked for"
    [[ $(< "$data/datasets/fashion-mnist/train-images-idx3-ubyte.gz") == mine ]] || refuse "it was replaced"
}

validation_layer_comes_when_asked_for() {
    settings=(FORGE_VALIDATION=1); forge devices; exits 0; says "vulkan-validationlayers"
    prints "VK_ADD_LAYER_PATH=$data/validation/manifests"
}

exit_code_is_the_programs() { forge fails; exits 7; }

signals_reach_the_program() {
    forge --version
    (cd / && exec env -i HOME="$machine/home" PATH="$machine/programs:/usr/bin:/bin" FORGE_SYSTEM_ROOT="$machine/root" FORGE_OS_RELEASE="$machine/os-release" \
        FORGE_APT_ETC="$machine/apt" "$repository/forge" wait > "$machine/out" 2> "$machine/err") &
    local child=$! tries=0
    while [[ ! -s $machine/waiting && $((++tries)) -lt 100 ]]; do sleep 0.1; done
    [[ $(cat "$machine/waiting") == "$child" ]] || refuse "the program is not the launcher's process"
    kill -TERM "$child"; wait "$child"; code=$?; exits 143
}

no_sdk_says_how_to_get_it() {
    mkdir "$machine/few"
    local name
    for name in bash env dirname readlink uname; do ln -s "$(command -v "$name")" "$machine/few/$name"; done
    programs=$machine/few; forge devices; exits 1; says "No .NET SDK found"; says "https://"
}

old_sdk_is_named() { write_dotnet 8.0.100; forge devices; exits 1; says "8.0.100"; says "version 10"; }

failed_build_shows_the_errors() {
    printf '#!/bin/bash\n[[ $1 == --version ]] && echo 10.0.100 && exit\necho "x.cs(1,1): error CS1002: ; expected"; exit 1\n' > "$machine/programs/dotnet"
    forge devices; exits 1; says "error CS1002"; says "build.log"
    forge devices; exits 1
}

program_is_built_without_machine_code_where_its_compiler_cannot_be_had() {
    touch "$machine/no-ready"; forge devices; exits 0; prints "argument devices"
    [[ $(wc -l < "$machine/builds") == 2 ]] || refuse "expected a second try"
    forge devices; quiet
}

killed_while_unpacking_is_mended_by_the_next_run() {
    forge --version
    printf '#!/bin/bash\nkill -9 $PPID\n' > "$machine/programs/dpkg-deb"; chmod +x "$machine/programs/dpkg-deb"
    forge devices; exits 137
    rm "$machine/programs/dpkg-deb"
    forge devices; exits 0; says "Set-up done"; prints "VK_DRIVER_FILES="
}

# suite NAME TOTAL PASSED FAILED EXIT-CODE
suite() { mkdir -p "$repository/tests/$1.Tests"; echo "${*:2}" > "$repository/tests/$1.Tests/outcome"; }
last_line() { [[ $(tail -n 1 "$machine/out") == "$1" ]] || refuse "expected the last line: $1"; }

suites_are_summed_and_the_tests_told_of_the_drivers() {
    suite A 5 5 0 0; suite B 9 7 0 0
    forge test --filter x; exits 0; last_line "12 passed, 0 failed, 2 skipped"
    prints "seen FORGE_TEST_TIER=fast"; prints "seen FORGE_TEST_ICD_mesa25=$data/mesa25/manifests/lvp_icd.json"
    prints "seen FORGE_TEST_ICD_swiftshader=$data/swiftshader/manifests/vk_swiftshader_icd.json"
    grep -q "^swiftshader|$data/swiftshader/manifests" "$data/drivers" || refuse "$(cat "$data/drivers")"
    grep -qE '^mesa25 +6 +8 +3.0$' "$machine/out" || refuse "the drivers' sums are missing"
    prints "seen FORGE_TEST_TOOLS13=$data/tools13"
    ! grep -q "^seen LD_LIBRARY_PATH=.*tools13" "$machine/out" || refuse "programs would meet another C library"
    "$data/tools13/lib/ld.so" --library-path "$data/tools13/lib" "$data/tools13/bin/glslc" || refuse "the newer tools do not run"
    grep -qx 'Suites: trixie' "$machine/apt-sources" || refuse "$(cat "$machine/apt-sources")"
    forge test --filter x; quiet
}

all_tests_fetch_the_older_mesa_too() {
    suite A 1 1 0 0; forge test --all --filter x; exits 0; last_line "1 passed, 0 failed"
    prints "seen FORGE_TEST_TIER=all"; prints "seen FORGE_TEST_ICD_mesa22=$data/mesa22/manifests"
}

failed_test_fails_the_run() { suite A 5 4 1 1; suite B 2 2 0 0; forge test --filter x; exits 1; last_line "6 passed, 1 failed"; }

untidy_sources_count_as_failures() {
    mkdir -p "$repository/.ci" "$repository/tests/launcher"
    cp "$here/../../.ci/run" "$repository/.ci/"; cp "$here"/*.sh "$repository/tests/launcher/"
    suite A 5 5 0 0; forge test --filter format; exits 0; prints "format:"; prints " 0 failed"
    touch "$machine/untidy"; forge test --filter format; exits 1; prints "not ok whitespace"; prints "error WHITESPACE"; prints "passed, 1 failed"
    rm "$machine/untidy"; seq 401 > "$repository/src/Forge.Cli/Long.cs"; forge test --filter format; exits 1
    prints "not ok lengths"; prints "401 ./src/Forge.Cli/Long.cs"
    forge test --filter x; exits 0
}

crashed_suite_counts_as_a_failure() {
    suite A 5 5 0 0; suite B none 0 0 134
    forge test --filter x; exits 1; prints "B.Tests ended early (exit code 134)"; last_line "5 passed, 1 failed"
}

no_tests_at_all_is_a_failure() { suite A 0 0 0 0; forge test --filter x; exits 1; prints "No test ran"; last_line "0 passed, 0 failed"; }

missing_test_driver_is_said_and_gone_without() {
    suite A 1 1 0 0; rm "$machine/packages/chromium-common.deb"
    forge test --filter x; exits 0; says "Going on without swiftshader"; last_line "1 passed, 0 failed"
}

gpu_run_takes_every_step_and_goes_on_after_a_failed_one() {
    gpu_run tune --quick --out "the results"; exits 1
    prints "FAILED: tune-sgemm (exit code 9"; prints "Everything is in $machine/the results"
    for wanted in "devices --device A card" "check --op MatMul --report $machine/the results/check.html --device A card" "bench step --model cnn28 --precision mixed-bf16 --history $machine/the results/history" \
        "bench op --op conv2d-dw" "profile --model cnn28" "bench history --from $machine/the results/history"; do
        grep -qF -- "$wanted" "$machine/calls" || refuse "no step: $wanted" "$(cat "$machine/calls")"
    done
    [[ -s "$machine/the results/01-devices.log" ]] || refuse "no log"
}

gpu_run_without_a_device_stops_at_once() { gpu_run devices; exits 4; [[ $(wc -l < "$machine/calls") == 1 ]] || refuse "$(cat "$machine/calls")"; }

gpu_run_with_an_unknown_option_is_usage() { gpu_run none --sideways; exits 2; says "usage: gpu-run"; }

unknown_test_option_is_usage() { forge test --sideways; exits 2; says "--sideways"; }

only=${1-}
bad=0
for name in $(sed -n 's/^\([a-z]*_[a-z0-9_]*\)() {.*/\1/p' "${BASH_SOURCE[0]}" | grep -v '^last_line$'); do
    [[ -z $only || $name == *"$only"* ]] || continue
    new_machine
    seen=$( "$name" 2>&1 )
    case $? in
        0) echo "ok $name" ;;
        77) echo "skip $name: $seen" ;;
        *) echo "not ok $name"; printf '%s\n' "$seen"; bad=1 ;;
    esac
done
exit $bad
