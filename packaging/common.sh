# shellcheck shell=sh
# What the scripts of this directory share; each sources it.
umask 022
export LC_ALL=C TZ=UTC0

repository=$(cd "$(dirname "$0")/.." && pwd)
version=$(sed -n '/^\[workspace.package\]/,/^\[/ s/^version = "\(.*\)"/\1/p' "$repository/Cargo.toml")

# Every time in a release is that of the last commit, or of the release whose source this is.
if [ -z "${SOURCE_DATE_EPOCH-}" ]; then
    if [ -e "$repository/.git" ]; then
        SOURCE_DATE_EPOCH=$(git -C "$repository" log -1 --format=%ct)
    else
        SOURCE_DATE_EPOCH=$(stat -c %Y "$repository/Cargo.toml")
    fi
fi
export SOURCE_DATE_EPOCH

# Writes debian/changelog with an entry of this version first: changelog FILE.
changelog() {
    if ! head -n 1 "$1" | grep -qF "($version-"; then
        {
            printf 'sanid (%s-1) unstable; urgency=medium\n\n  * Release %s: see CHANGELOG.md.\n\n' "$version" "$version"
            printf ' -- The sanid developers <sanid@users.noreply.github.com>  %s\n\n' "$(date -R -d "@$SOURCE_DATE_EPOCH")"
            cat "$repository/packaging/debian/changelog"
        } >"$1"
    fi
}

# Writes the spec with this version and an entry of it: spec FILE.
spec() {
    day=$(date -d "@$SOURCE_DATE_EPOCH" '+%a %b %d %Y')
    entry="* $day The sanid developers <sanid@users.noreply.github.com> - $version-1\\n- Release $version: see CHANGELOG.md.\\n"
    sed "s/^Version:.*/Version:        $version/; /^%changelog/a $entry" "$repository/packaging/rpm/sanid.spec" >"$1.new"
    if grep -q "^\* .* - $version-1$" "$repository/packaging/rpm/sanid.spec"; then
        cp "$repository/packaging/rpm/sanid.spec" "$1.new"
    fi
    mv "$1.new" "$1"
}

# Copies what packages have besides programs: tree DIRECTORY.
tree() {
    mkdir -p "$1"
    for path in Cargo.toml CHANGELOG.md LICENSE-APACHE LICENSE-MIT README.md dist docs packaging; do
        cp -R "$repository/$path" "$1/"
    done
}
