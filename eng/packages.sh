# shellcheck shell=bash disable=SC2154 # setup.sh and system.sh set the folder and the distribution
# Unpacks signed Debian and Ubuntu packages into the user's data folder: no root, no source added, nothing replaced.
#
# A "set" is a folder $forge_data/NAME holding the unpacked files of a few packages and of what they need beyond
# the packages already installed. It appears whole (one rename) or not at all, and its .complete file lists every
# library's size, so that a damaged set is noticed and made again.

apt_folder() { printf '%s/apt' "$forge_data"; }

# Prints the machine's own distribution sources as deb822 stanzas, from files of either format.
# Third-party sources are left out: only a source for this release's suites, with component main, on a mirror whose
# address or keyring says debian or ubuntu. On Debian 12 the suite with Mesa 25 is added beside the main one.
own_sources() {
    local folder=${FORGE_APT_ETC:-/etc/apt} file
    for file in "$folder"/sources.list "$folder"/sources.list.d/*.list; do
        if [[ -f $file ]]; then one_line_to_deb822 "$file"; fi
    done
    for file in "$folder"/sources.list.d/*.sources; do
        if [[ -f $file ]]; then cat "$file"; echo; echo; fi
    done
}

one_line_to_deb822() {
    awk '
        $1 != "deb" { next }
        {
            sub(/[ \t]#.*/, ""); options = ""; rest = $0; sub(/^deb[ \t]+/, "", rest)
            if (match(rest, /^\[[^]]*\][ \t]*/)) { options = substr(rest, 2, RLENGTH - 1); rest = substr(rest, RLENGTH + 1); sub(/\].*/, "", options) }
            n = split(rest, word, /[ \t]+/)
            print "Types: deb\nURIs: " word[1] "\nSuites: " word[2]
            line = "Components:"; for (i = 3; i <= n; i++) if (word[i] != "") line = line " " word[i]; print line
            m = split(options, option, /[ \t]+/)
            for (i = 1; i <= m; i++) if (option[i] ~ /^signed-by=/) { sub(/^signed-by=/, "", option[i]); print "Signed-By: " option[i] }
            print ""
        }' "$1"
}

# Reads stanzas on stdin, prints those of the distribution itself. $1 codename, $2 suite to add or "", $3 default keyring or "".
distribution_stanzas() {
    awk -v codename="$1" -v extra="$2" -v keyring="$3" '
        BEGIN {
            RS = ""; FS = "\n"
            split("stable oldstable oldoldstable testing unstable sid", alias, " "); known[codename] = 1
            for (i in alias) known[alias[i]] = 1
        }
        function own(suite,   bare) { bare = suite; sub(/[-\/](updates|security|backports)$/, "", bare); return bare in known }
        {
            types = uris = suites = components = signed = enabled = ""; field = ""
            for (i = 1; i <= NF; i++) {
                if ($i ~ /^#/) continue
                if ($i ~ /^[ \t]/) { value = $i; if (field == "signed-by") { signed = signed "\n" value; continue } }
                else { field = tolower($i); sub(/:.*/, "", field); value = $i; sub(/^[^:]*:[ \t]*/, "", value) }
                if (field == "types") types = types " " value
                else if (field == "uris") uris = uris " " value
                else if (field == "suites") suites = suites " " value
                else if (field == "components") components = components " " value
                else if (field == "signed-by") signed = value
                else if (field == "enabled") enabled = tolower(value)
            }
            if ((" " types " ") !~ / deb / || enabled == "no" || (" " components " ") !~ / main /) next
            distribution = "(^|[.\/:])(debian|ubuntu)(-security|-ports|-archive)?([.\/ \n]|$)"
            if (uris !~ distribution && signed !~ /(debian|ubuntu)-archive/) next
            wanted = ""; base = 0; n = split(suites, suite, /[ \t]+/)
            for (i = 1; i <= n; i++) if (suite[i] != "" && own(suite[i])) {
                wanted = wanted " " suite[i]; if (suite[i] in known) base = 1; if (suite[i] == extra) have = 1
            }
            if (wanted == "") next
            if (base && extra != "" && !have) wanted = wanted " " extra
            if (signed == "") signed = keyring
            print "Types: deb\nURIs:" uris "\nSuites:" wanted "\nComponents:" components
            if (signed != "") print "Signed-By: " signed
            print ""
        }'
}

# Writes the private configuration and source list; nothing under /etc or /var is written.
prepare_apt() {
    local apt keyring="" candidate extra=""
    apt=$(apt_folder)
    mkdir -p "$apt/state/lists/partial" "$apt/cache" "$apt/archives"
    for candidate in /usr/share/keyrings/"$distribution"-archive-keyring.{gpg,pgp}; do
        [[ -f $candidate ]] && { keyring=$candidate; break; }
    done
    [[ $distribution == debian && $codename == bookworm ]] && extra=bookworm-backports
    own_sources | distribution_stanzas "$codename" "$extra" "$keyring" > "$apt/own.sources.new"
    [[ -s $apt/own.sources.new ]] || fail "found no $distribution source for '$codename' with component main under /etc/apt." \
        "Forge takes packages only from the machine's own mirror; add one there, or install: $(system_packages)"
    mv "$apt/own.sources.new" "$apt/own.sources"
    # The hooks of the machine's own configuration would touch its caches; proxies, certificates and retries are kept.
    cat > "$apt/apt.conf" <<CONF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::Contents-deb;
#clear Acquire::IndexTargets::deb::CNF;
Dir::Etc::sourcelist "$apt/own.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$apt/state";
Dir::State::lists "$apt/state/lists";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "$apt/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Log "$apt";
Debug::NoLocking "true";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
}

# apt-get on the private state, its words in the log: they matter only when something fails.
private_apt() { LC_ALL=C apt-get -q -y -c "$(apt_folder)/apt.conf" "$@" >> "$(apt_folder)/log" 2>&1 < /dev/null; }

update_lists() {
    local apt; apt=$(apt_folder)
    say "Reading the package lists of this machine's own mirror"
    private_apt update -o APT::Update::Error-Mode=any || fail "apt-get update failed: $(apt_reason)" "All of it: $apt/log"
    touch "$apt/state/updated"
}

apt_reason() { grep -E '^(E|W): ' "$(apt_folder)/log" | tail -n 1 || true; }

# download_set NAME [apt options] PACKAGE...: the packages, and what they need beyond what is installed, as files
# under apt/archives/NAME. Partial files stay for the next run to resume.
download_set() {
    local apt name=$1; shift
    apt=$(apt_folder)
    mkdir -p "$apt/archives/$name/partial"
    find "$apt/state/updated" -mmin -720 2>/dev/null | grep -q . || update_lists
    local fetch=(install --reinstall --download-only)
    [[ $1 == --alone ]] && { fetch=(download); shift; }
    local try
    for try in first second; do
        if (cd "$apt/archives/$name" && private_apt -o "Dir::Cache::archives=$apt/archives/$name" "${fetch[@]}" "$@"); then return; fi
        [[ $try == first ]] && update_lists     # the lists may be older than the mirror
    done
    fail "could not get the packages of $name ($*): $(apt_reason)" "All of it: $apt/log"
}

# unpack_set NAME ROOTS [apt options] PACKAGE...: makes the set unless it is whole. Of the unpacked files it keeps those
# named in ROOTS (words), the libraries these load that came along, their manifests, and the licences. Returns 1, with the
# reason in the log, when a root is absent from the packages or does not load here.
unpack_set() {
    local name=$1 roots=$2 apt target partial deb; shift 2
    apt=$(apt_folder) target=$forge_data/$name partial=$forge_data/.$name.partial
    set_is_whole "$name" && return
    say "Unpacking $(set_title "$name") (${*: -1}) into $target"
    download_set "$name" "$@"
    rm -rf "$partial" "$partial.all"; mkdir -p "$partial" "$partial.all"
    for deb in "$apt/archives/$name"/*.deb; do
        [[ -f $deb ]] || fail "apt found nothing to download for $name." "All of it: $apt/log"
        case ${deb##*/} in libc6_*|libc6-*|libc-*) continue ;; esac    # the C library is the machine's
        dpkg-deb -x "$deb" "$partial.all" || fail "$deb does not unpack." "Run the same command again."
        basename "$deb" .deb >> "$partial/.packages"
    done
    keep_needed "$partial.all" "$partial" "$roots" || { rm -rf "$partial.all"; return 1; }
    point_manifests_at "$partial" "$target"
    write_sizes "$partial"
    rm -rf "$target"; mv -T "$partial" "$target"
    rm -rf "${apt:?}/archives/$name" "$partial.all"
}

# keep_needed FROM TO ROOTS: moves the needed part of an unpacked tree, flattened to TO/lib, TO/bin and TO/manifests.
keep_needed() {
    local from=$1 to=$2 root file folder needed missing
    folder=$(find "$from/usr/lib" -maxdepth 1 -name '*-linux-gnu*' -type d | head -n 1)
    mkdir -p "$to/lib" "$to/licences"
    for root in $3; do
        file=$(find "$from" \( -type f -o -type l \) \( -path "*/bin/$root" -o -path "*/lib/*/$root" \) | head -n 1)
        [[ -n $file ]] || { echo "no $root among the packages" >> "$(apt_folder)/log"; return 1; }
        needed=$(LD_LIBRARY_PATH=${folder:-$from} ldd "$file" 2>> "$(apt_folder)/log")
        missing=$(grep 'not found' <<< "$needed") && { printf '%s:\n%s\n' "$root" "$missing" >> "$(apt_folder)/log"; return 1; }
        case $file in
            */bin/*) mkdir -p "$to/bin"; cp -L "$file" "$to/bin/$root" ;;
            *) cp -L "$file" "$to/lib/$root" ;;
        esac
        sed -n 's/.*=> \(.*\) (0x[0-9a-f]*)$/\1/p' <<< "$needed" | while IFS= read -r file; do
            if [[ $file == "$from"/* ]]; then cp -L "$file" "$to/lib/${file##*/}"; else printf '%s\n' "$file" >> "$to/.needs"; fi
        done
    done
    find "$from" -path '*/doc/*/copyright' | while IFS= read -r file; do
        root=${file%/copyright}; cp -L "$file" "$to/licences/${root##*/}" 2>> "$(apt_folder)/log" || true
    done
    find "$from" -path '*vulkan/*.json' -o -name vk_swiftshader_icd.json | while IFS= read -r file; do
        root=$(manifest_library "$file")
        [[ -f $to/lib/${root##*/} ]] || continue
        mkdir -p "$to/manifests"; cp "$file" "$to/manifests/"
    done
}

manifest_library() { sed -n 's/.*"library_path"[^"]*"\([^"]*\)".*/\1/p' "$1" | head -n 1; }

# Makes a manifest under $1 name its library by the absolute place it will have under $2.
point_manifests_at() {
    local manifest library
    for manifest in "$1"/manifests/*.json; do
        [[ -f $manifest ]] || continue
        library=$(manifest_library "$manifest")
        JSON_PATH=$2/lib/${library##*/} awk '
            /"library_path"/ {
                path = ENVIRON["JSON_PATH"]; gsub(/\\/, "\\\\\\\\", path); gsub(/"/, "\\\"", path)
                match($0, /"library_path"[ \t]*:[ \t]*"[^"]*"/)
                $0 = substr($0, 1, RSTART - 1) "\"library_path\": \"" path "\"" substr($0, RSTART + RLENGTH)
            }
            { print }' "$manifest" > "$manifest.new"
        mv "$manifest.new" "$manifest"
    done
}

# unpack_data NAME PACKAGE: the .gz files of a data package, in datasets/NAME.
unpack_data() {
    local name=datasets/$1 apt target partial deb
    apt=$(apt_folder) target=$forge_data/$name partial=$forge_data/datasets/.$1.partial
    set_is_whole "$name" && return
    say "Unpacking $(set_title "$1") ($2) into $target"
    download_set "$1" --alone "$2"
    rm -rf "$partial" "$partial.all"; mkdir -p "$partial" "$partial.all"
    for deb in "$apt/archives/$1"/*.deb; do
        dpkg-deb -x "$deb" "$partial.all" || fail "$deb does not unpack." "Run the same command again."
    done
    find "$partial.all" -type f \( -name '*.gz' -a -path "*/$1/*" -o -name copyright \) -exec cp {} "$partial/" \;
    write_sizes "$partial"
    rm -rf "$target"; mv -T "$partial" "$target"
    rm -rf "${apt:?}/archives/$1" "$partial.all"
}

list_sizes() { (cd "$1" && find . -type f ! -name '.*' ! -path './licences/*' -printf '%s %P\n' | LC_ALL=C sort); }
set_mark() { printf 'forge set 1, %s, %s\n' "$codename" "$forge_data"; }
write_sizes() { { set_mark; list_sizes "$1"; } > "$1/.complete"; }

# A set is whole when it was made for this release and place, every file has the size it was unpacked with, and the
# machine still has the libraries it was unpacked beside.
set_is_whole() {
    local folder=$forge_data/$1 library
    [[ -f $folder/.complete && $(< "$folder/.complete") == "$(set_mark; list_sizes "$folder")" ]] || return 1
    [[ -f $folder/.needs ]] || return 0
    while IFS= read -r library; do
        [[ -e $library ]] || return 1
    done < "$folder/.needs"
}
