# shellcheck shell=bash disable=SC2154 # setup.sh and system.sh set the folder and the distribution
# Programs of Debian 13 on Debian 12: from the machine's own mirror, signed by the same keyring, run through their own C library's loader.
# Only tests use them: cooperative matrices need a shader compiler that Debian 12 does not have.

newer_codename=trixie

# newer_sources CODENAME: the stanzas on stdin that are of the release itself, for the newer one instead.
newer_sources() {
    awk -v codename="$1" -v newer="$newer_codename" '
        BEGIN { RS = ""; FS = "\n" }
        {
            found = 0; text = ""
            for (i = 1; i <= NF; i++) {
                line = $i
                if (line ~ /^Suites:/) {
                    n = split(line, suite, /[ \t]+/)
                    for (k = 2; k <= n; k++) if (suite[k] == codename) found = 1
                    line = "Suites: " newer
                }
                text = text line "\n"
            }
            if (found) print text
        }'
}

# unpack_newer NAME PROGRAMS PACKAGE...: makes the set unless it is whole: the programs (words) in bin, every library they load in lib,
# the C library and its loader ld.so too. Run one as: lib/ld.so --library-path lib bin/PROGRAM.
unpack_newer() {
    local name=$1 programs=$2 apt newer target partial deb folder program file; shift 2
    set_is_whole "$name" && return
    apt=$(apt_folder) newer=$(apt_folder)/$newer_codename target=$forge_data/$name partial=$forge_data/.$name.partial
    say "Unpacking $(set_title "$name") ($* of Debian $newer_codename) into $target"
    mkdir -p "$newer/state/lists/partial" "$newer/cache" "$newer/archives/partial"
    newer_sources "$codename" < "$apt/own.sources" > "$newer/own.sources"
    [[ -s $newer/own.sources ]] || { echo "no source of $codename to take $newer_codename from" >> "$apt/log"; return 1; }
    # Nothing counts as installed: what the programs need comes along, whatever the machine has.
    : > "$newer/status"
    sed "s|\"$apt/|\"$newer/|; s|^Dir::Cache \"$apt\"|Dir::Cache \"$newer\"|; s|\"/var/lib/dpkg/status\"|\"$newer/status\"|" "$apt/apt.conf" > "$newer/apt.conf"
    newer_apt update -o APT::Update::Error-Mode=any || return 1
    newer_apt -o "Dir::Cache::archives=$newer/archives" install --download-only "$@" || return 1
    rm -rf "$partial" "$partial.all"; mkdir -p "$partial/bin" "$partial/lib" "$partial/licences" "$partial.all"
    for deb in "$newer/archives"/*.deb; do
        dpkg-deb -x "$deb" "$partial.all" || return 1
        basename "$deb" .deb >> "$partial/.packages"
    done
    folder=$(find "$partial.all/usr/lib" -maxdepth 1 -name '*-linux-gnu*' -type d | head -n 1)
    file=$(find "$folder" -maxdepth 1 -name 'ld-linux*.so.*' | head -n 1)
    [[ -n $file ]] || { echo "no loader among the packages of $name" >> "$apt/log"; return 1; }
    cp -L "$file" "$partial/lib/ld.so"
    for program in $programs; do
        cp -L "$partial.all/usr/bin/$program" "$partial/bin/$program" || return 1
        "$partial/lib/ld.so" --library-path "$folder" --list "$partial/bin/$program" 2>> "$apt/log" | sed -n 's/.*=> \(.*\) (0x[0-9a-f]*)$/\1/p' |
            while IFS= read -r file; do [[ $file == "$partial"/* ]] || cp -L "$file" "$partial/lib/${file##*/}"; done
        "$partial/lib/ld.so" --library-path "$partial/lib" "$partial/bin/$program" --version >> "$apt/log" 2>&1 || return 1
    done
    find "$partial.all" -path '*/doc/*/copyright' | while IFS= read -r file; do
        program=${file%/copyright}; cp -L "$file" "$partial/licences/${program##*/}" 2>> "$apt/log" || true
    done
    write_sizes "$partial"
    rm -rf "$target"; mv -T "$partial" "$target"
    rm -rf "$newer" "$partial.all"
}

newer_apt() { LC_ALL=C apt-get -q -y -c "$(apt_folder)/$newer_codename/apt.conf" "$@" >> "$(apt_folder)/log" 2>&1 < /dev/null; }
