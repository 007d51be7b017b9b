# shellcheck shell=bash
# Sourced by scripts that need packages of npm.

# install_npm_packages LOCKED FOLDER: installs what LOCKED/package-lock.json names into FOLDER, unless it is there already.
install_npm_packages() {
    local locked=$1 folder=$2 installed=$2/installed-lock.json
    ! cmp -s "$locked/package-lock.json" "$installed" || return 0
    rm -f "$installed"
    cp "$locked/package.json" "$locked/package-lock.json" "$locked/.npmrc" "$folder/"
    (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --prefer-offline) >&2
    cp "$locked/package-lock.json" "$installed"
}
